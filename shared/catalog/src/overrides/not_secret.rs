//! What an object says is no secret, although it looks like one.

use super::parse;
use events::Object;

/// The annotation: a list of fields (`spec.license`), of annotations, labels, or parts of an entity (`description`).
pub(crate) const KEY: &str = "callboard.dev/not-secret";

/// What to do about what only looks like a secret.
pub(crate) const ADVICE: &str = "List what is none in callboard.dev/not-secret";

/// The most items of the list that count.
const MAX: usize = 100;

/// What an object says is no secret.
pub(crate) struct NotSecret<'a>(Vec<&'a str>);

impl<'a> NotSecret<'a> {
    /// Reads the annotation.
    pub(crate) fn of(object: &'a Object) -> Self {
        Self(object.annotation(KEY).map(|text| parse::items(text).take(MAX).collect()).unwrap_or_default())
    }

    /// Whether it names this path, or one that this path is in.
    pub(crate) fn has(&self, path: &str) -> bool {
        let is_in = |rest: &str| rest.is_empty() || rest.starts_with(['.', '[', '{']);
        self.0.iter().any(|named| path.strip_prefix(named).is_some_and(is_in))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_path_is_named_with_all_that_is_in_it() {
        let metadata = json!({"name": "x", "annotations": {KEY: "spec.license, example.org/hash\nspec.keys[]"}});
        let object = json!({"apiVersion": "example.org/v1", "kind": "App", "metadata": metadata});
        let object = Object::try_from(object).unwrap();
        let named = NotSecret::of(&object);
        for path in ["spec.license", "spec.license.key", "spec.license{}", "example.org/hash", "spec.keys[].a"] {
            assert!(named.has(path), "{path}");
        }
        for path in ["spec", "spec.licenseKey", "example.org/hashes", "spec.keys", ""] {
            assert!(!named.has(path), "{path}");
        }
    }
}
