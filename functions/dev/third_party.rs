//! Third-party entities that the story names, so that Backstage shows no dangling reference.

use catalog::{
    ComponentSpec, Dependencies, Described, Entity, EntityName, EntityNamespace, EntityRef, GroupSpec, Metadata, Notes,
    Ownership, Settings, Spec,
};
use events::Object;
use serde_json::json;
use std::collections::BTreeSet;

/// The owner of everything here, a team, and a Component that a Service names.
pub(super) fn entities(settings: &Settings) -> [Described; 3] {
    let group = || Spec::Group(GroupSpec { ty: "team".to_owned(), children: Vec::new() });
    [
        described("Group", "guests", group(), settings),
        described("Group", "team-a", group(), settings),
        described("Component", "logger", Spec::Component(component()), settings),
    ]
}

fn component() -> ComponentSpec {
    ComponentSpec {
        ty: "service".to_owned(),
        lifecycle: "production".to_owned(),
        ownership: Ownership {
            owner: EntityRef::new("group", &EntityNamespace::fit("default"), &EntityName::fit("guests")),
            system: None,
        },
        provides_apis: BTreeSet::new(),
        consumes_apis: BTreeSet::new(),
        dependencies: Dependencies::default(),
    }
}

fn described(kind: &str, name: &str, spec: Spec, settings: &Settings) -> Described {
    let source = json!({"apiVersion": "backstage.io/v1alpha1", "kind": kind, "metadata": {"name": name}});
    let source = Object::try_from(source).expect("apiVersion, kind and name are there and valid");
    let metadata = Metadata::new(EntityNamespace::fit("default"), EntityName::fit(name));
    Described::new(&source, settings, vec![Entity::new(metadata, spec)], Notes::default())
}
