//! Extensions which a SinkBinding sets on every event.

use cloudevents::{Event, event::SpecVersion};
use std::{collections::BTreeMap, str::FromStr};

/// The value of `K_CE_OVERRIDES`; an empty one overrides nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Overrides(BTreeMap<String, String>);

impl Overrides {
    pub(crate) fn apply(&self, event: &mut Event) {
        for (name, value) in &self.0 {
            event.set_extension(name, value.clone());
        }
    }
}

impl FromStr for Overrides {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text.trim().is_empty() {
            return Ok(Self::default());
        }
        let mut overrides: BTreeMap<String, Option<BTreeMap<String, String>>> = serde_json::from_str(text)
            .map_err(|error| format!(r#"not of the shape {{"extensions": {{"name": "value"}}}}: {error}"#))?;
        let extensions = overrides.remove("extensions").flatten().unwrap_or_default();
        match extensions.keys().find(|name| !is_extension(name)) {
            Some(name) => Err(format!("{name:?} is no name of an extension")),
            None => Ok(Self(extensions)),
        }
    }
}

fn is_extension(name: &str) -> bool {
    let chars = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    !name.is_empty() && name.chars().all(chars) && name != "data" && !SpecVersion::V10.attribute_names().contains(&name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_overridden_by_what_says_nothing() {
        for nothing in ["", " ", "{}", r#"{"extensions":null}"#, r#"{"extensions":{}}"#] {
            assert_eq!(nothing.parse(), Ok(Overrides::default()), "{nothing}");
        }
    }

    #[test]
    fn what_is_no_extension_is_refused() {
        for (bad, says) in [
            ("x", "not of the shape"),
            ("[]", "not of the shape"),
            (r#"{"extensions":{"a":1}}"#, "not of the shape"),
            (r#"{"extensions":{"Stage":"x"}}"#, r#""Stage" is no name"#),
            (r#"{"extensions":{"":"x"}}"#, r#""" is no name"#),
            (r#"{"extensions":{"id":"x"}}"#, r#""id" is no name"#),
        ] {
            let refused = bad.parse::<Overrides>().unwrap_err();
            assert!(refused.starts_with(says), "{bad}: {refused}");
        }
    }
}
