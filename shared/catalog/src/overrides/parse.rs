//! Reads what a user wrote into an annotation.

use crate::{
    entity::{EntityRef, rules::is_tag},
    secret::quoted,
};
use std::collections::BTreeSet;

/// Takes a valid value. Returns what is wrong with an invalid one.
pub(crate) fn one<S: From<T>, T>(slot: &mut S, read: Result<T, String>) -> Vec<String> {
    read.map(|value| *slot = value.into()).err().into_iter().collect()
}

/// Takes the valid values. Returns what is wrong with each of the others.
pub(crate) fn many<T: Ord>(slot: &mut BTreeSet<T>, read: impl IntoIterator<Item = Result<T, String>>) -> Vec<String> {
    read.into_iter().filter_map(|item| item.map(|value| slot.insert(value)).err()).collect()
}

/// A text of one line, trimmed, of at most so many characters.
pub(crate) fn text(text: &str, most: usize) -> Result<String, String> {
    let text = rendered(text)?.trim();
    if text.is_empty() {
        Err("is empty".into())
    } else if text.chars().count() > most {
        Err(format!("is longer than {most} characters"))
    } else if text.chars().any(char::is_control) {
        Err("has control characters. Write it in one line".into())
    } else {
        Ok(text.to_owned())
    }
}

/// The items of a list, separated by commas or line breaks.
pub(crate) fn items(text: &str) -> impl Iterator<Item = &str> {
    text.split([',', '\n']).map(str::trim).filter(|item| !item.is_empty())
}

/// A tag as Backstage takes it.
pub(crate) fn tag(text: &str) -> Result<String, String> {
    if is_tag(rendered(text)?) {
        Ok(text.to_owned())
    } else {
        Err(format!(
            "{} is not a valid tag. Write at most 63 lower-case letters, digits, ':', '+' or '#', separated by '-'",
            quoted(text)
        ))
    }
}

/// A ref. A missing kind or namespace is filled in.
pub(crate) fn reference(text: &str, kind: &str, namespace: &str) -> Result<EntityRef, String> {
    EntityRef::parse(rendered(text)?, kind, namespace).map_err(|error| error.to_string())
}

/// The ref of an owner, which is a group by default.
pub(crate) fn owner(text: &str) -> Result<EntityRef, String> {
    reference(text, "group", "default")
}

/// A ref with its kind, because Backstage assumes none for `dependsOn`.
pub(crate) fn with_kind(text: &str, namespace: &str) -> Result<EntityRef, String> {
    if !rendered(text)?.contains(':') {
        return Err(format!("{} has no kind. Write component:<name> or resource:<name>", quoted(text)));
    }
    reference(text, "", namespace)
}

/// The text itself, unless it has an expression that a Template should have rendered. Not even a note quotes that: in
/// the catalog expressions are only where the scaffolder runs them.
pub(crate) fn rendered(text: &str) -> Result<&str, String> {
    if text.contains("${{") { Err("has an expression that no Template has rendered".into()) } else { Ok(text) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_one_short_line() {
        assert_eq!(text("  Todo app ", 10).as_deref(), Ok("Todo app"));
        for wrong in ["", " ", "a\nb", "a\u{7}b", "12345678901"] {
            assert!(text(wrong, 10).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn an_expression_is_not_even_quoted() {
        let wrong = [text("${{ x }}", 10), tag("${{x}}"), reference("${{x}}", "api", "x").map(|it| it.to_string())];
        assert!(wrong.into_iter().all(|read| read.is_err_and(|why| !why.contains('$'))));
        assert!(with_kind("component:${{x}}", "x").is_err_and(|why| !why.contains('$')));
    }

    #[test]
    fn lists_are_separated_by_commas_or_lines() {
        assert_eq!(items("a, b\n\nc,").collect::<Vec<_>>(), ["a", "b", "c"]);
    }

    #[test]
    fn a_dependency_names_its_kind() {
        assert_eq!(
            with_kind("resource:bucket", "shop").map(|it| it.to_string()).as_deref(),
            Ok("resource:shop/bucket")
        );
        assert!(with_kind("bucket", "shop").is_err_and(|why| why.contains("component:")));
    }
}
