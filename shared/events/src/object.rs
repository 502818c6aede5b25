//! A Kubernetes object as an event carries it.

use crate::ObjectRef;
use serde_json::{Map, Value, json};

/// A whole Kubernetes object of any kind, whose identity was checked.
#[derive(Debug, Clone, PartialEq)]
pub struct Object {
    reference: ObjectRef,
    value: Value,
}

/// Data that is no Kubernetes object.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotAnObject {
    /// A part of the identity is missing.
    #[error("not a Kubernetes object: {0} is missing or not a string")]
    Missing(&'static str),
    /// A part of the identity is impossible.
    #[error("not a Kubernetes object: {0}")]
    Invalid(#[from] crate::InvalidRef),
}

/// Which state of which life of an object something speaks of.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Version {
    /// `metadata.uid`; empty if the object has none.
    pub uid: String,
    /// `metadata.resourceVersion`; empty if the object has none.
    pub resource_version: String,
}

impl Version {
    /// The place of this version among those of its group and resource, which Kubernetes orders as integers;
    /// `None` if it does not parse and thus cannot be compared.
    pub fn order(&self) -> Option<u128> {
        self.resource_version.parse().ok()
    }

    /// Whether this version is known to be older than the other.
    pub fn is_before(&self, other: &Self) -> bool {
        matches!((self.order(), other.order()), (Some(ours), Some(theirs)) if ours < theirs)
    }
}

impl TryFrom<Value> for Object {
    type Error = NotAnObject;

    fn try_from(value: Value) -> Result<Self, NotAnObject> {
        let text = |pointer: &str| value.pointer(pointer).and_then(Value::as_str);
        let reference = ObjectRef::new(
            text("/apiVersion").ok_or(NotAnObject::Missing("apiVersion"))?,
            text("/kind").ok_or(NotAnObject::Missing("kind"))?,
            text("/metadata/namespace"),
            text("/metadata/name").ok_or(NotAnObject::Missing("metadata.name"))?,
        )?;
        Ok(Self { reference, value })
    }
}

impl Object {
    /// The same without anything but its identity and version.
    pub fn bare(&self) -> Self {
        let mut value = json!({"apiVersion": self.reference.api_version(), "kind": self.reference.kind()});
        for field in ["name", "namespace", "uid", "resourceVersion"] {
            value["metadata"][field] = self.value["metadata"].get(field).cloned().unwrap_or_default();
        }
        Self { reference: self.reference.clone(), value }
    }

    /// Its identity.
    pub fn reference(&self) -> &ObjectRef {
        &self.reference
    }

    /// Its state and life; what Kubernetes could not have written counts as absent.
    pub fn version(&self) -> Version {
        let plain = |pointer| self.text(pointer).filter(|text| is_plain(text)).unwrap_or_default().to_owned();
        Version { uid: plain("/metadata/uid"), resource_version: plain("/metadata/resourceVersion") }
    }

    /// A label's value.
    pub fn label(&self, key: &str) -> Option<&str> {
        self.map("labels")?.get(key)?.as_str()
    }

    /// An annotation's value.
    pub fn annotation(&self, key: &str) -> Option<&str> {
        self.map("annotations")?.get(key)?.as_str()
    }

    /// All annotations, sorted by key; those that are no strings are none.
    pub fn annotations(&self) -> impl Iterator<Item = (&str, &str)> {
        self.map("annotations").into_iter().flatten().filter_map(|(key, value)| Some((key.as_str(), value.as_str()?)))
    }

    /// Whether the object is on its way out, its finalizers still at work.
    pub fn is_deleting(&self) -> bool {
        self.text("/metadata/deletionTimestamp").is_some()
    }

    /// The value at a JSON pointer (RFC 6901).
    pub fn at(&self, pointer: &str) -> Option<&Value> {
        self.value.pointer(pointer)
    }

    /// The string at a JSON pointer (RFC 6901).
    pub fn text(&self, pointer: &str) -> Option<&str> {
        self.at(pointer)?.as_str()
    }

    /// The same without this field of its spec, for what only needs the rest.
    pub fn without_spec(mut self, field: &str) -> Self {
        if let Some(spec) = self.value.get_mut("spec").and_then(Value::as_object_mut) {
            spec.remove(field);
        }
        self
    }

    fn map(&self, field: &str) -> Option<&Map<String, Value>> {
        self.value.get("metadata")?.get(field)?.as_object()
    }
}

/// Whether the text is short, and of characters that can stand in a header.
fn is_plain(text: &str) -> bool {
    text.len() <= 64 && text.bytes().all(|b| b.is_ascii_graphic())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_version_that_kubernetes_could_not_have_written_is_none() {
        let version = |uid: &str| {
            let metadata = json!({"name": "x", "uid": uid, "resourceVersion": "7"});
            let object = json!({"apiVersion": "x.org/v1", "kind": "X", "metadata": metadata});
            Object::try_from(object).unwrap().version()
        };
        assert_eq!(version("a654c14b").uid, "a654c14b");
        assert_eq!(version(&"x".repeat(65)).uid, "");
        assert_eq!(version("a\nb").uid, "");
        assert_eq!(version("é").resource_version, "7");
    }
}
