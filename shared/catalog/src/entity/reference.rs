//! References between entities.

use super::name::{EntityName, EntityNamespace};
use crate::secret;
use serde::{Serialize, Serializer};
use std::fmt;

/// A full entity ref `<kind>:<namespace>/<name>`, in lower case as Backstage compares refs.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EntityRef(String);

/// A text that is not a valid entity ref.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0} is not a valid entity ref. Write [<kind>:][<namespace>/]<name>")]
pub struct InvalidEntityRef(String);

impl EntityRef {
    /// The ref of an entity; `kind` is one of Backstage's.
    pub fn new(kind: &str, namespace: &EntityNamespace, name: &EntityName) -> Self {
        Self(format!("{}:{namespace}/{name}", kind.to_ascii_lowercase()))
    }

    /// Reads a ref as users write it, `[<kind>:][<namespace>/]<name>`, and fills in what is missing.
    ///
    /// Stricter than Backstage's own `parseEntityRef`, which takes a name with slashes.
    pub fn parse(text: &str, kind: &str, namespace: &str) -> Result<Self, InvalidEntityRef> {
        let text = text.trim();
        let (kind, rest) = text.split_once(':').unwrap_or((kind, text));
        let (namespace, name) = rest.split_once('/').unwrap_or((namespace, rest));
        let whole = format!("{kind}:{namespace}/{name}").to_ascii_lowercase();
        let valid = kind.len() <= 63
            && kind.starts_with(|c: char| c.is_ascii_alphabetic())
            && kind.bytes().all(|b| b.is_ascii_alphanumeric())
            && EntityNamespace::fit(&namespace.to_ascii_lowercase()).as_str().eq_ignore_ascii_case(namespace)
            && EntityName::fit(&name.to_ascii_lowercase()).as_str().eq_ignore_ascii_case(name)
            && !secret::is_token(text);
        if valid { Ok(Self(whole)) } else { Err(InvalidEntityRef(secret::quoted(text))) }
    }

    /// The ref as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name of the entity, in lower case.
    pub fn name(&self) -> &str {
        self.0.rsplit_once('/').map_or(&self.0, |(_, name)| name)
    }
}

impl fmt::Display for EntityRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Serialize for EntityRef {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_is_filled_in() {
        let parsed = |text| EntityRef::parse(text, "group", "default").map(|parsed| parsed.to_string());
        assert_eq!(parsed("team-a").as_deref(), Ok("group:default/team-a"));
        assert_eq!(parsed("org/team-a").as_deref(), Ok("group:org/team-a"));
        assert_eq!(parsed("User:Jane").as_deref(), Ok("user:default/jane"));
    }

    #[test]
    fn a_ref_that_no_entity_can_have_is_rejected() {
        for text in ["", "a b", "user:", ":x", "a/b/c", "a:b:c/d/e", "-x", "group:A_B/x", "${{ x }}", "1st:x", "9:x"] {
            assert!(EntityRef::parse(text, "group", "default").is_err(), "{text}");
        }
        assert!(EntityRef::parse(&format!("{}:x", "k".repeat(63)), "", "default").is_ok());
        assert!(EntityRef::parse(&format!("{}:x", "k".repeat(64)), "", "default").is_err());
    }
}
