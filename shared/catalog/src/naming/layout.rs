//! Where Callboard's bucket objects are in the bucket.

use super::{
    key::{Key, RealKind},
    located::Located,
    names,
};
use crate::entity::{EntityNamespace, EntityRef};
use events::{CORE, ObjectRef};

/// How the bucket of one cluster is laid out: entities under `<prefix>/<cluster>/`, state under
/// `state/<prefix>/<cluster>/`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layout {
    prefix: String,
    cluster: String,
}

/// A prefix or cluster name that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{setting} {value:?} {rule}")]
pub struct InvalidLayout {
    setting: &'static str,
    value: String,
    rule: &'static str,
}

impl Layout {
    /// `prefix` is one or more path segments; `cluster` is a DNS label other than `default`.
    pub fn new(prefix: &str, cluster: &str) -> Result<Self, InvalidLayout> {
        let segment = |text: &str| {
            let allowed = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
            !text.is_empty() && !text.starts_with('.') && text.bytes().all(allowed)
        };
        let invalid = |setting, value: &str, rule| Err(InvalidLayout { setting, value: value.to_owned(), rule });
        if !prefix.split('/').all(segment) || prefix.split('/').next() == Some("state") || prefix.len() > 200 {
            let rule = "must be path segments of letters, digits, '-', '_' and '.'. No segment may begin with '.', and the first must not be state";
            return invalid("prefix", prefix, rule);
        }
        if EntityNamespace::fit(cluster).as_str() != cluster {
            return invalid("cluster", cluster, "must be at most 63 lower-case letters, digits and '-'");
        }
        if cluster == "default" {
            return invalid(
                "cluster",
                cluster,
                "is the namespace of the entities of the cluster main. Choose another name",
            );
        }
        Ok(Self { prefix: prefix.to_owned(), cluster: cluster.to_owned() })
    }

    /// The cluster's name in Callboard.
    pub fn cluster(&self) -> &str {
        &self.cluster
    }

    /// The key of the bucket object of this source object.
    pub fn key(&self, object: &ObjectRef) -> Key {
        let group = if object.group().is_empty() { CORE } else { object.group() };
        let namespace = object.namespace().map(|namespace| format!("{namespace}/")).unwrap_or_default();
        let path = format!("{group}/{}/{namespace}{}", object.kind().to_ascii_lowercase(), segments(object.name()));
        Key { root: self.root(), path, kind: RealKind(Some(object.kind().to_owned())) }
    }

    /// The System of the namespace of an object, and the key at which it is if the namespace has one. `None` for an object
    /// in no namespace.
    pub fn system_of(&self, object: &ObjectRef) -> Option<(Key, EntityRef)> {
        let namespace = ObjectRef::new("v1", "Namespace", None, object.namespace()?).ok()?;
        Some((self.key(&namespace), names::system(self, namespace.name()).entity_ref()))
    }

    /// The source object whose bucket object has a key; `None` if no source object has it, so that Callboard does not
    /// manage it.
    pub fn read(&self, key: &str) -> Option<Located> {
        let path = key.strip_prefix(&self.entities())?.strip_suffix(".yaml")?;
        let parts: Vec<_> = path.split('/').collect();
        let (group, kind, rest) = match parts[..] {
            [group, kind, ref rest @ ..] => (group, kind, rest),
            _ => return None,
        };
        let (namespace, name) = match *rest {
            [name] => (None, name.to_owned()),
            [part, end] => match first_of(part) {
                Some(first) => (None, format!("{first}{end}")),
                None => (Some(part), end.to_owned()),
            },
            [namespace, part, end] => (Some(namespace), format!("{}{end}", first_of(part)?)),
            _ => return None,
        };
        let api_version = if group == CORE { "v1".to_owned() } else { format!("{group}/v1") };
        let object = ObjectRef::new(&api_version, kind, namespace, &name).ok()?;
        let owner = || Located {
            // It does not say in which case the kind is.
            key: self.key(&object).of_any_case(),
            group: object.group().to_owned(),
            kind: kind.to_owned(),
            namespace: namespace.map(str::to_owned),
            name: name.clone(),
        };
        Some(owner()).filter(|owner| owner.key.to_string() == key)
    }

    /// `<prefix>/<cluster>`.
    pub fn root(&self) -> String {
        format!("{}/{}", self.prefix, self.cluster)
    }

    /// What the keys of all entities begin with.
    pub fn entities(&self) -> String {
        format!("{}/", self.root())
    }

    /// What the keys of all tombstones begin with.
    pub fn tombstones(&self) -> String {
        self.state("tombstones/")
    }

    /// The key of a file of Callboard's own state.
    pub fn state(&self, name: &str) -> String {
        format!("state/{}/{}/{name}", self.prefix, self.cluster)
    }

    /// The entity namespace of a Kubernetes namespace, or of what is cluster-scoped.
    pub fn namespace(&self, namespace: Option<&str>) -> EntityNamespace {
        match (self.cluster.as_str(), namespace) {
            ("main", None) => EntityNamespace::fit("default"),
            ("main", Some(namespace)) => EntityNamespace::fit(namespace),
            (cluster, None) => EntityNamespace::fit(cluster),
            (cluster, Some(namespace)) => EntityNamespace::fit(&format!("{cluster}-{namespace}")),
        }
    }
}

/// The longest name that is one segment of a key. Many stores keep a segment as a file, whose name has 255 bytes at most, and
/// `.yaml` and `.json` are a part of it.
const WHOLE: usize = 250;

/// How much of a longer name is in its first segment.
const FIRST: usize = 200;

/// Ends the first segment of a longer name, so that it is never named like a file.
const MORE: char = '_';

/// A name as the end of a key: one segment, or two if it is too long. Nothing of it is lost, for `resync` needs the name.
fn segments(name: &str) -> String {
    match name.split_at_checked(FIRST) {
        Some((first, rest)) if name.len() > WHOLE => format!("{first}{MORE}/{rest}"),
        _ => name.to_owned(),
    }
}

/// The begin of a longer name, if a segment is one. No namespace is that long.
fn first_of(segment: &str) -> Option<&str> {
    segment.strip_suffix(MORE).filter(|first| first.len() == FIRST)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_key_names_its_object(
            group in "|core|apps|[a-z0-9]([a-z0-9-]{0,8}[a-z0-9])?(\\.[a-z]{1,5}){1,3}",
            kind in "[A-Z][A-Za-z0-9]{0,10}",
            namespace in prop::option::of("[a-z0-9]([a-z0-9-]{0,8}[a-z0-9])?"),
            name in "[!-$&-.0-\\[\\]-~]{1,20}|[a-z_.-]{195,253}",
        ) {
            prop_assume!(group != "core" && name != "." && name != "..");
            let api_version = if group.is_empty() { "v1".to_owned() } else { format!("{group}/v1beta1") };
            let object = ObjectRef::new(&api_version, &kind, namespace.as_deref(), &name).unwrap();
            let layout = Layout::new("a/entities", "east").unwrap();
            let key = layout.key(&object);
            let located = layout.read(&key.to_string());
            let kind = kind.to_ascii_lowercase();
            for path in [key.to_string(), key.tombstone()] {
                prop_assert!(path.split('/').all(|segment| segment.len() <= 255), "{}", path);
            }
            prop_assert_eq!(located, Some(Located { key, group, kind, namespace, name }));
        }
    }

    #[test]
    fn a_key_that_no_object_has_is_not_managed() {
        let layout = Layout::new("entities", "main").unwrap();
        for key in [
            "",
            "entities/main/notes.yaml",
            "entities/main/x.org/app/todo",
            "entities/main/x.org/app/todo.yml",
            "entities/main/x.org/App/todo.yaml",
            "entities/main/x.org/app/a/b/todo.yaml",
            "entities/main/x.org/app/../todo.yaml",
            "entities/main/x.org//todo.yaml",
            "entities/main/x.org/app/.yaml",
            "entities/main/X.org/app/todo.yaml",
            "entities/main2/x.org/app/todo.yaml",
            "other/main/x.org/app/todo.yaml",
        ] {
            assert_eq!(layout.read(key), None, "{key}");
        }
    }

    /// Stores that keep a segment as a file take 255 bytes of it.
    #[test]
    fn a_name_that_is_no_file_name_has_two_segments() {
        let of = |length: usize| key("x.org/v1", "App", Some("shop"), &"x".repeat(length));
        assert_eq!(of(250).to_string(), format!("entities/main/x.org/app/shop/{}.yaml", "x".repeat(250)));
        for length in 251..=253 {
            let (first, rest) = ("x".repeat(200), "x".repeat(length - 200));
            assert_eq!(of(length).to_string(), format!("entities/main/x.org/app/shop/{first}_/{rest}.yaml"));
        }
        let layout = Layout::new("entities", "main").unwrap();
        // Such a key is that of no other object, nor does a file stand where its folder has to be.
        let (first, rest) = ("x".repeat(200), "x".repeat(50));
        for key in [format!("{first}_/{rest}"), format!("{first}/{rest}x"), "x".repeat(251), format!("shop/{first}_/a")]
        {
            assert_eq!(layout.read(&format!("entities/main/x.org/app/{key}.yaml")), None, "{key}");
        }
    }

    fn key(api_version: &str, kind: &str, namespace: Option<&str>, name: &str) -> Key {
        let layout = Layout::new("entities", "main").unwrap();
        layout.key(&ObjectRef::new(api_version, kind, namespace, name).unwrap())
    }

    #[test]
    fn a_key_is_made_of_identity_alone() {
        let app = key("workshop.kratix.io/v1", "App", Some("default"), "todo");
        assert_eq!(app.to_string(), "entities/main/workshop.kratix.io/app/default/todo.yaml");
        assert_eq!(app.tombstone(), "state/entities/main/tombstones/workshop.kratix.io/app/default/todo.json");
        let promise = key("platform.kratix.io/v1alpha1", "Promise", None, "app");
        assert_eq!(promise.to_string(), "entities/main/platform.kratix.io/promise/app.yaml");
        assert_eq!(key("v1", "Service", Some("a"), "b").to_string(), "entities/main/core/service/a/b.yaml");
    }

    #[test]
    fn clusters_do_not_share_namespaces() {
        let (main, east) = (Layout::new("entities", "main").unwrap(), Layout::new("entities", "east").unwrap());
        assert_eq!(main.namespace(None).as_str(), "default");
        assert_eq!(main.namespace(Some("shop")).as_str(), "shop");
        assert_eq!(east.namespace(None).as_str(), "east");
        assert_eq!(east.namespace(Some("shop")).as_str(), "east-shop");
    }

    #[test]
    fn the_system_of_an_object_is_at_the_key_of_its_namespace() {
        let layout = Layout::new("entities", "east").unwrap();
        let app = ObjectRef::new("workshop.kratix.io/v1", "App", Some("shop"), "todo").unwrap();
        let (key, system) = layout.system_of(&app).unwrap();
        assert_eq!(key.to_string(), "entities/east/core/namespace/shop.yaml");
        assert_eq!(system.as_str(), "system:east/namespace-shop");
        let promise = ObjectRef::new("platform.kratix.io/v1alpha1", "Promise", None, "app").unwrap();
        assert_eq!(layout.system_of(&promise), None);
    }

    #[test]
    fn a_layout_that_would_leave_its_place_is_rejected() {
        for (prefix, cluster) in [
            ("", "main"),
            ("/a", "main"),
            ("a/", "main"),
            ("../a", "main"),
            ("state/a", "main"),
            ("a", ""),
            ("a", "A"),
            ("a", "a/b"),
            ("a", "default"),
        ] {
            assert!(Layout::new(prefix, cluster).is_err(), "{prefix} {cluster}");
        }
    }
}
