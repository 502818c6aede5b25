//! Names that are valid for Backstage by construction, made from identity alone.

use serde::Serialize;
use sha2::{Digest, Sha256};
use std::fmt;

/// The longest name and namespace that Backstage takes (`@backstage/catalog-model`, CommonValidatorFunctions).
const MAX: usize = 63;

/// `metadata.name` of an entity: at most 63 characters of `[a-z0-9._-]`, beginning and ending with a letter or digit.
///
/// Lower case only, because Backstage compares refs in lower case.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct EntityName(String);

/// `metadata.namespace` of an entity: a DNS label.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct EntityNamespace(String);

impl EntityName {
    /// The text itself if it is a valid name. Otherwise it is cut and marked with a short hash of the whole text.
    pub fn fit(text: &str) -> Self {
        Self(fit(text, |b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'.' | b'_' | b'-')))
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl EntityNamespace {
    /// The text itself if it is a DNS label. Otherwise it is cut and marked with a short hash of the whole text.
    pub fn fit(text: &str) -> Self {
        Self(fit(text, |b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'-')))
    }

    /// The namespace as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for EntityName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for EntityNamespace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn fit(text: &str, allowed: impl Fn(u8) -> bool) -> String {
    let edge = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    let bytes = text.as_bytes();
    let valid = bytes.len() <= MAX
        && bytes.iter().all(|b| allowed(*b))
        && bytes.first().is_some_and(|b| edge(*b))
        && bytes.last().is_some_and(|b| edge(*b));
    if valid {
        return text.to_owned();
    }
    let hash = hex::encode(Sha256::digest(bytes));
    let readable: String =
        text.to_ascii_lowercase().bytes().map(|b| if allowed(b) { char::from(b) } else { '-' }).collect();
    let readable = readable.trim_matches(|c: char| !c.is_ascii_alphanumeric());
    let readable = readable[..readable.len().min(MAX - 9)].trim_end_matches(|c: char| !c.is_ascii_alphanumeric());
    if readable.is_empty() { hash[..8].to_owned() } else { format!("{readable}-{}", &hash[..8]) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_valid_name_stays_as_it_is() {
        for name in ["app-todoer", "dev.knative.apiserver.resource.add", "a", &"x".repeat(63)] {
            assert_eq!(EntityName::fit(name).as_str(), name);
        }
    }

    #[test]
    fn what_does_not_fit_is_cut_and_keeps_a_hash_of_the_whole() {
        let (one, two) = (format!("{}1", "x".repeat(80)), format!("{}2", "x".repeat(80)));
        assert_eq!(EntityName::fit(&one).as_str().len(), 63);
        assert_ne!(EntityName::fit(&one), EntityName::fit(&two));
        assert_eq!(EntityName::fit("system:a").as_str(), "system-a-3cf97c0d");
        assert_eq!(EntityName::fit("::").as_str().len(), 8);
        assert_eq!(EntityNamespace::fit("a.b").as_str().split('-').count(), 3);
    }
}
