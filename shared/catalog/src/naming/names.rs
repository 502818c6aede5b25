//! The one place that names the entities of a source object, so that other entities can refer to them.

use super::layout::Layout;
use crate::entity::{EntityName, EntityNamespace, Metadata};

/// The Component of a resource request, or of an object of the event mesh.
pub(crate) fn component(layout: &Layout, kind: &str, namespace: Option<&str>, name: &str) -> Named {
    Named::new("component", layout.namespace(namespace), &format!("{}-{name}", kind.to_ascii_lowercase()))
}

/// The Component of a Promise.
pub(crate) fn promise(layout: &Layout, promise: &str) -> Named {
    Named::new("component", layout.namespace(None), promise)
}

/// The API that a Promise offers.
pub(crate) fn promise_api(layout: &Layout, promise: &str) -> Named {
    Named::new("api", layout.namespace(None), &format!("{promise}-promise-api"))
}

/// The Template that requests something from a Promise.
pub(crate) fn promise_template(layout: &Layout, promise: &str) -> Named {
    Named::new("template", layout.namespace(None), &format!("{promise}-promise-template"))
}

/// The API of an EventType.
pub(crate) fn event_type(layout: &Layout, namespace: Option<&str>, name: &str) -> Named {
    Named::new("api", layout.namespace(namespace), name)
}

/// The System of a Namespace.
pub(crate) fn system(layout: &Layout, namespace: &str) -> Named {
    Named::new("system", layout.namespace(None), &format!("namespace-{namespace}"))
}

/// Kind, namespace and name of an entity that Callboard writes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Named {
    kind: &'static str,
    pub(crate) namespace: EntityNamespace,
    pub(crate) name: EntityName,
}

impl Named {
    fn new(kind: &'static str, namespace: EntityNamespace, name: &str) -> Self {
        Self { kind, namespace, name: EntityName::fit(name) }
    }

    /// The ref by which other entities refer to it.
    pub(crate) fn entity_ref(&self) -> crate::entity::EntityRef {
        crate::entity::EntityRef::new(self.kind, &self.namespace, &self.name)
    }

    /// Metadata that says no more than the name.
    pub(crate) fn metadata(&self) -> Metadata {
        Metadata::new(self.namespace.clone(), self.name.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_kratix_objects_stay_as_they_are() {
        let layout = Layout::new("entities", "main").unwrap();
        let refs = [
            component(&layout, "app", Some("default"), "todoer"),
            promise(&layout, "app"),
            promise_api(&layout, "app"),
            promise_template(&layout, "app"),
        ];
        assert_eq!(
            refs.map(|named| named.entity_ref().to_string()),
            [
                "component:default/app-todoer",
                "component:default/app",
                "api:default/app-promise-api",
                "template:default/app-promise-template"
            ]
        );
    }

    #[test]
    fn a_request_is_in_the_namespace_of_its_object_and_a_promise_in_that_of_the_cluster() {
        let layout = Layout::new("entities", "east").unwrap();
        assert_eq!(
            component(&layout, "App", Some("shop"), "cart").entity_ref().as_str(),
            "component:east-shop/app-cart"
        );
        assert_eq!(promise(&layout, "app").entity_ref().as_str(), "component:east/app");
    }
}
