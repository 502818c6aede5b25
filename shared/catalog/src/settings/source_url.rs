//! Where people can look at a source object.

use super::invalid::InvalidSetting;
use crate::{naming::Layout, secret::is_in_url};
use events::Object;
use std::str::FromStr;

/// A URL template over `{cluster}`, `{group}`, `{kind}`, `{namespace}` and `{name}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceUrl(String);

impl FromStr for SourceUrl {
    type Err = InvalidSetting;

    fn from_str(text: &str) -> Result<Self, InvalidSetting> {
        let rule = "is not an http or https URL without a secret, with placeholders {cluster}, {group}, {kind}, {namespace} and {name}";
        let filled = fill(text, &["x"; 5]);
        let usable =
            url::Url::parse(&filled).is_ok_and(|url| matches!(url.scheme(), "http" | "https") && !is_in_url(&url));
        if usable && !filled.contains(['{', '}']) {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidSetting::new(text, rule))
        }
    }
}

impl SourceUrl {
    /// The URL of this object.
    pub fn of(&self, object: &Object, layout: &Layout) -> String {
        let reference = object.reference();
        let namespace = reference.namespace().unwrap_or_default();
        fill(&self.0, &[layout.cluster(), reference.group(), reference.kind(), namespace, reference.name()])
    }
}

/// The values are parts of an [`ObjectRef`] and so need no encoding in a path.
fn fill(template: &str, values: &[&str; 5]) -> String {
    let names = ["{cluster}", "{group}", "{kind}", "{namespace}", "{name}"];
    names.iter().zip(values).fold(template.to_owned(), |url, (name, value)| url.replace(name, value))
}
