//! The identity of a Kubernetes object.

use crate::names::{is_kind, is_label, is_label_1035, is_object_name, is_subdomain};
use std::fmt;

/// What stands for the core group, whose name is empty, where it needs one.
pub const CORE: &str = "core";

/// Group, version, kind, namespace and name of a Kubernetes object, checked so that each part can stand in a
/// bucket key and in an entity's name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectRef {
    group: String,
    version: String,
    kind: String,
    namespace: Option<String>,
    name: String,
}

/// An identity that no Kubernetes object can have.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field} {value:?} is not one that a Kubernetes object can have")]
pub struct InvalidRef {
    field: &'static str,
    value: String,
}

impl ObjectRef {
    /// `api_version` is `group/version`, or `version` alone for the core group. An empty namespace is none: that is
    /// how ApiServerSource announces a cluster-scoped object. That of a Kratix Promise is none either: Kubernetes drops
    /// what its file says.
    pub fn new(api_version: &str, kind: &str, namespace: Option<&str>, name: &str) -> Result<Self, InvalidRef> {
        let invalid = |field, value: &str| Err(InvalidRef { field, value: value.chars().take(80).collect() });
        let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
        let is_cluster_scoped = group == "platform.kratix.io" && kind == "Promise";
        let namespace = namespace.filter(|namespace| !namespace.is_empty() && !is_cluster_scoped);
        // In keys, `core` stands for the group without a name. No API server has a group that is called so.
        let is_group = if api_version.contains('/') { is_subdomain(group) && group != CORE } else { group.is_empty() };
        if !is_group || !is_label_1035(version) {
            return invalid("apiVersion", api_version);
        }
        if !is_kind(kind) {
            return invalid("kind", kind);
        }
        if let Some(namespace) = namespace
            && !is_label(namespace)
        {
            return invalid("namespace", namespace);
        }
        if !is_object_name(name) {
            return invalid("name", name);
        }
        Ok(Self {
            group: group.to_owned(),
            version: version.to_owned(),
            kind: kind.to_owned(),
            namespace: namespace.map(str::to_owned),
            name: name.to_owned(),
        })
    }

    /// The same without a version, for those who compare objects whatever version names them.
    pub fn unversioned(&self) -> Self {
        Self { version: String::new(), ..self.clone() }
    }

    /// The API group; empty for the core group.
    pub fn group(&self) -> &str {
        &self.group
    }

    /// The version within the group, such as `v1alpha1`; empty if it is [`unversioned`](Self::unversioned).
    pub fn version(&self) -> &str {
        &self.version
    }

    /// The kind, in the case in which the API server gives it.
    pub fn kind(&self) -> &str {
        &self.kind
    }

    /// The namespace; `None` for a cluster-scoped object.
    pub fn namespace(&self) -> Option<&str> {
        self.namespace.as_deref()
    }

    /// The name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// `group/version`, or `version` for the core group.
    pub fn api_version(&self) -> String {
        if self.group.is_empty() { self.version.clone() } else { format!("{}/{}", self.group, self.version) }
    }
}

/// The CloudEvents subject of what we emit: `<kind>.<group>/<namespace>/<name>`, without the parts that are empty.
impl fmt::Display for ObjectRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.kind.to_ascii_lowercase())?;
        if !self.group.is_empty() {
            write!(f, ".{}", self.group)?;
        }
        if let Some(namespace) = &self.namespace {
            write!(f, "/{namespace}")?;
        }
        write!(f, "/{}", self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_namespace_is_that_of_a_cluster_scoped_object() {
        let promise = ObjectRef::new("platform.kratix.io/v1alpha1", "Promise", Some(""), "app").unwrap();
        assert_eq!(promise.namespace(), None);
        assert_eq!(promise.to_string(), "promise.platform.kratix.io/app");
    }

    #[test]
    fn a_promise_is_cluster_scoped_whatever_its_file_says() {
        let promise = ObjectRef::new("platform.kratix.io/v1alpha1", "Promise", Some("default"), "app").unwrap();
        assert_eq!((promise.namespace(), promise.to_string().as_str()), (None, "promise.platform.kratix.io/app"));
        let other = ObjectRef::new("example.org/v1", "Promise", Some("default"), "app").unwrap();
        assert_eq!(other.namespace(), Some("default"));
    }

    #[test]
    fn the_subject_of_a_core_object_has_no_group() {
        let service = ObjectRef::new("v1", "Service", Some("shop"), "cart").unwrap();
        assert_eq!(service.to_string(), "service/shop/cart");
        assert_eq!(service.api_version(), "v1");
    }

    #[test]
    fn a_kind_may_have_a_hyphen_and_a_part_of_a_group_be_long() {
        let group = format!("{}.example.org", "x".repeat(64));
        let object = ObjectRef::new(&format!("{group}/v1"), "queue-claim", Some("team-a"), "orders").unwrap();
        assert_eq!(object.to_string(), format!("queue-claim.{group}/team-a/orders"));
    }

    #[test]
    fn what_could_leave_its_place_in_the_bucket_is_no_identity() {
        for (api_version, kind, namespace, name) in [
            ("v1", "App", None, ".."),
            ("v1", "App", None, "a/b"),
            ("v1", "App", None, "a%2fb"),
            ("v1", "App", None, ""),
            ("v1", "App", None, "a\nb"),
            ("v1", "App", Some(".."), "a"),
            ("../v1", "App", None, "a"),
            ("/v1", "App", None, "a"),
            ("core/v1", "Service", Some("shop"), "a"),
            ("a/b/c", "App", None, "a"),
            ("v1", "", None, "a"),
            ("v1", "A/p", None, "a"),
            ("v1", "a-", None, "a"),
            ("1", "App", None, "a"),
        ] {
            assert!(
                ObjectRef::new(api_version, kind, namespace, name).is_err(),
                "{api_version} {kind} {namespace:?} {name}"
            );
        }
    }
}
