//! A kind of object, and where the API server has it.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// All that a path or a query takes as it is.
const PLAIN: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// A kind of object that the API server has, in one version.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Kind {
    group: String,
    version: String,
    kind: String,
    plural: String,
    scope: Scope,
}

/// Whether objects are in namespaces.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Scope {
    Cluster,
    Namespaced,
}

impl Kind {
    pub(crate) fn new(group: &str, version: &str, kind: &str, plural: &str, scope: Scope) -> Self {
        let [group, version, kind, plural] = [group, version, kind, plural].map(str::to_owned);
        Self { group, version, kind, plural, scope }
    }

    /// Kratix's Promise, which needs no discovery.
    pub fn promise() -> Self {
        Self::new("platform.kratix.io", "v1alpha1", "Promise", "promises", Scope::Cluster)
    }

    /// The same kind in another version of its group.
    pub fn in_version(self, version: &str) -> Self {
        Self { version: version.to_owned(), ..self }
    }

    /// Knative's ApiServerSource, which needs no discovery.
    pub fn api_server_source() -> Self {
        Self::new("sources.knative.dev", "v1", "ApiServerSource", "apiserversources", Scope::Namespaced)
    }

    pub(crate) fn custom_resource_definition() -> Self {
        let plural = "customresourcedefinitions";
        Self::new("apiextensions.k8s.io", "v1", "CustomResourceDefinition", plural, Scope::Cluster)
    }

    pub(crate) fn core_namespace() -> Self {
        Self::new("", "v1", "Namespace", "namespaces", Scope::Cluster)
    }

    /// The API group; empty for the core group.
    pub fn group(&self) -> &str {
        &self.group
    }

    /// The version within the group.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// The kind, in the case in which the API server gives it.
    pub fn kind(&self) -> &str {
        &self.kind
    }

    /// The name of the kind in paths and in RBAC rules.
    pub fn plural(&self) -> &str {
        &self.plural
    }

    /// Whether its objects are in namespaces.
    pub fn is_namespaced(&self) -> bool {
        self.scope == Scope::Namespaced
    }

    /// `group/version`, or `version` for the core group.
    pub fn api_version(&self) -> String {
        if self.group.is_empty() { self.version.clone() } else { format!("{}/{}", self.group, self.version) }
    }

    /// Where its objects are listed. Those of a cluster-scoped kind are in no namespace, whatever is given.
    pub(crate) fn path(&self, namespace: Option<&str>) -> String {
        let version = version_path(&self.group, &self.version);
        let namespace = namespace.filter(|namespace| self.is_namespaced() && !namespace.is_empty());
        let namespace = namespace.map(|namespace| format!("/namespaces/{}", encoded(namespace)));
        format!("{version}{}/{}", namespace.unwrap_or_default(), encoded(&self.plural))
    }
}

/// `plural.group`, as RBAC and kubectl name it.
impl std::fmt::Display for Kind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.plural)?;
        if self.group.is_empty() { Ok(()) } else { write!(f, ".{}", self.group) }
    }
}

/// The path of what a group serves in a version.
pub(crate) fn version_path(group: &str, version: &str) -> String {
    let version = encoded(version);
    if group.is_empty() { format!("/api/{version}") } else { format!("/apis/{}/{version}", encoded(group)) }
}

/// The text as a path or a query takes it.
pub(crate) fn encoded(text: &str) -> String {
    utf8_percent_encode(text, PLAIN).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_follows_group_and_scope() {
        let app = Kind::new("example.org", "v1", "App", "apps", Scope::Namespaced);
        assert_eq!(app.path(None), "/apis/example.org/v1/apps");
        assert_eq!(app.path(Some("")), "/apis/example.org/v1/apps");
        assert_eq!(app.path(Some("shop")), "/apis/example.org/v1/namespaces/shop/apps");
        assert_eq!(Kind::core_namespace().path(Some("shop")), "/api/v1/namespaces");
        assert_eq!(Kind::promise().path(Some("shop")), "/apis/platform.kratix.io/v1alpha1/promises");
    }

    #[test]
    fn a_name_cannot_leave_its_place_in_a_path() {
        assert_eq!(encoded("a?b#c/../%"), "a%3Fb%23c%2F..%2F%25");
    }
}
