//! Which annotations of objects entities take over.

use super::invalid::InvalidSetting;
use crate::entity::rules::is_key;
use std::str::FromStr;

/// The key of an annotation, or the beginning of keys and an asterisk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnnotationKeys(String);

impl FromStr for AnnotationKeys {
    type Err = InvalidSetting;

    fn from_str(text: &str) -> Result<Self, InvalidSetting> {
        let text = text.trim();
        let begins = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '/');
        let is_beginning = text.strip_suffix('*').is_some_and(|beginning| beginning.chars().all(begins));
        // What is empty names none, as an unset variable of a ConfigMap may be.
        if text.is_empty() || is_beginning || is_key(text) {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidSetting::new(text, "is not the key of an annotation, such as example.org/note or example.org/*"))
        }
    }
}

impl AnnotationKeys {
    /// Whether it means this key.
    pub fn has(&self, key: &str) -> bool {
        match self.0.strip_suffix('*') {
            Some(beginning) => key.starts_with(beginning),
            None => !self.0.is_empty() && key == self.0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_or_the_beginning_of_keys_is_meant() {
        let has = |keys: &str, key: &str| keys.parse::<AnnotationKeys>().unwrap().has(key);
        assert!(
            has("github.com/project-slug", "github.com/project-slug") && has(" example.org/* ", "example.org/note")
        );
        assert!(has("*", "example.org/note") && has("note", "note"));
        assert!(!has("github.com/project-slug", "github.com/project-slug-2") && !has("example.org/*", "example.com/x"));
        assert!(!has("", "note") && !has("", ""));
        for wrong in ["a b", "a/b/c", "**", "example.org/*/x", "$x*"] {
            assert!(wrong.parse::<AnnotationKeys>().is_err(), "{wrong}");
        }
    }
}
