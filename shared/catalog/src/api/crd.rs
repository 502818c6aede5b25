//! The API that a Promise offers: what its `spec.api` says, read tolerantly.

use events::{InvalidRef, ObjectRef, names};
use serde_json::Value;

/// The API of a Promise, in the version that Kubernetes stores and Kratix itself uses.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Api<'a> {
    /// The API group.
    pub(crate) group: &'a str,
    /// The version's name, such as `v1`.
    pub(crate) version: &'a str,
    /// The kind as the author wrote it, which may be in lower case.
    pub(crate) kind: &'a str,
    /// The plural as the author wrote it, which may be irregular.
    pub(crate) plural: &'a str,
    /// Whether its objects are in a namespace or in the cluster.
    pub(crate) scope: Scope,
    /// The schema of its objects, if there is one.
    pub(crate) schema: Option<&'a Value>,
}

/// Whether the objects of an API are in a namespace or in the cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scope {
    /// In a namespace.
    Namespaced,
    /// In the cluster.
    Cluster,
}

/// Why nothing can be requested from a Promise.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NoApi {
    /// It offers nothing.
    #[error("it has no API")]
    Absent,
    /// Kubernetes would not take it as a definition.
    #[error("its API is {0}, not CustomResourceDefinition of apiextensions.k8s.io/v1")]
    NotACrd(String),
    /// The list of versions is missing or empty.
    #[error("its API has no versions")]
    NoVersions,
    /// A part of the identity is missing.
    #[error("its API has no {0}")]
    Missing(&'static str),
    /// The plural cannot be part of a path.
    #[error("its API has the plural {0:?}, which is not a valid DNS label")]
    Plural(String),
    /// Group, version or kind cannot be.
    #[error("its API is invalid: {0}")]
    Invalid(#[from] InvalidRef),
}

impl<'a> Api<'a> {
    /// Reads `spec.api` of a Promise.
    pub(crate) fn read(api: Option<&'a Value>) -> Result<Self, NoApi> {
        let api = api.filter(|api| !is_empty(api)).ok_or(NoApi::Absent)?;
        check_type(api)?;
        let text = |pointer: &str, name| api.pointer(pointer).and_then(Value::as_str).ok_or(NoApi::Missing(name));
        let stored = stored_version(api)?;
        let read = Self {
            group: text("/spec/group", "spec.group")?,
            version: stored.get("name").and_then(Value::as_str).ok_or(NoApi::Missing("name of its version"))?,
            kind: text("/spec/names/kind", "spec.names.kind")?,
            plural: text("/spec/names/plural", "spec.names.plural")?,
            scope: if text("/spec/scope", "spec.scope") == Ok("Cluster") { Scope::Cluster } else { Scope::Namespaced },
            schema: stored.pointer("/schema/openAPIV3Schema").filter(|schema| schema.is_object()),
        };
        ObjectRef::new(&read.api_version(), read.kind, None, read.plural)?;
        if !names::is_label_1035(read.plural) {
            return Err(NoApi::Plural(read.plural.chars().take(80).collect()));
        }
        Ok(read)
    }

    /// `<group>/<version>`.
    pub(crate) fn api_version(&self) -> String {
        format!("{}/{}", self.group, self.version)
    }

    /// The schema of `spec` of its objects.
    pub(crate) fn spec_schema(&self) -> Option<&'a Value> {
        self.schema?.pointer("/properties/spec")
    }
}

fn is_empty(api: &Value) -> bool {
    api.is_null() || api.as_object().is_some_and(serde_json::Map::is_empty)
}

fn check_type(api: &Value) -> Result<(), NoApi> {
    let text = |field| api.get(field).and_then(Value::as_str).unwrap_or("nothing");
    match (text("apiVersion"), text("kind")) {
        ("apiextensions.k8s.io/v1", "CustomResourceDefinition") => Ok(()),
        (version, kind) => Err(NoApi::NotACrd(format!("{kind} of {version}").chars().take(120).collect())),
    }
}

fn stored_version(api: &Value) -> Result<&Value, NoApi> {
    let versions = api.pointer("/spec/versions").and_then(Value::as_array).ok_or(NoApi::NoVersions)?;
    let stored = versions.iter().find(|version| version.get("storage") == Some(&Value::Bool(true)));
    stored.or(versions.first()).ok_or(NoApi::NoVersions)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn crd(spec: &Value) -> Value {
        json!({"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "spec": spec})
    }

    fn reason(api: &Value) -> String {
        Api::read(Some(api)).map(|api| api.api_version()).unwrap_err().to_string()
    }

    #[test]
    fn the_storage_version_counts_even_if_it_is_not_the_first() {
        let api = crd(&json!({
            "group": "example.org", "names": {"kind": "app", "plural": "apps"}, "scope": "Namespaced",
            "versions": [{"name": "v1"}, {"name": "v2", "storage": true, "schema": {"openAPIV3Schema": {"properties": {"spec": {"type": "object"}}}}}],
        }));
        let api = Api::read(Some(&api)).unwrap();
        assert_eq!((api.api_version().as_str(), api.kind), ("example.org/v2", "app"));
        assert_eq!(api.spec_schema(), Some(&json!({"type": "object"})));
    }

    #[test]
    fn a_promise_without_an_api_is_not_one_with_a_broken_api() {
        assert_eq!(Api::read(None), Err(NoApi::Absent));
        assert_eq!(Api::read(Some(&Value::Null)), Err(NoApi::Absent));
        assert_eq!(Api::read(Some(&json!({}))), Err(NoApi::Absent));
        assert_eq!(
            reason(&json!("no")),
            "its API is nothing of nothing, not CustomResourceDefinition of apiextensions.k8s.io/v1"
        );
        assert_eq!(reason(&crd(&json!({"versions": []}))), "its API has no versions");
        assert_eq!(reason(&crd(&json!({"versions": [{"name": "v1"}]}))), "its API has no spec.group");
    }

    #[test]
    fn what_could_break_out_of_a_manifest_is_not_an_api() {
        for (group, kind, plural, version) in [
            ("a.b", "A\nB", "as", "v1"),
            ("a.b", "A", "../as", "v1"),
            ("a.b", "A", "{as}", "v1"),
            ("a.b", "A", "1as", "v1"),
            ("a.b", "A", "as", "1"),
            ("a.b\nx: y", "A", "as", "v1"),
            ("", "A", "as", "v1"),
            ("a.b", "A", "as", "${{ x }}"),
        ] {
            let names = json!({"kind": kind, "plural": plural});
            let api = crd(&json!({"group": group, "names": names, "versions": [{"name": version}]}));
            assert!(Api::read(Some(&api)).is_err(), "{group} {kind} {plural} {version}");
        }
    }
}
