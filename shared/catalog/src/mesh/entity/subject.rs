//! An object with all that its entity needs.

use super::{inherited::Inherited, words};
use crate::{
    descriptor::metadata,
    entity::{EntityRef, Metadata, Ownership, rules::is_tag},
    mesh::{
        graph::Graph,
        id::Id,
        object::{relations::Relations, role::Role},
    },
    naming::names::Named,
    overrides::Overrides,
    settings::Settings,
    status::{State, links},
};
use events::Object;
use std::collections::BTreeSet;

/// An object with all that is needed to make its entity.
pub(crate) struct Subject<'a> {
    pub(crate) id: &'a Id,
    pub(crate) object: &'a Object,
    pub(crate) relations: &'a Relations,
    pub(crate) named: Named,
    pub(crate) overrides: Overrides,
    pub(crate) ownership: Ownership,
    pub(crate) inherited: Inherited,
}

impl Subject<'_> {
    /// What every entity of the mesh has, including what it takes over from its object.
    pub(crate) fn metadata(&self, graph: &Graph, settings: &Settings, description: Option<String>) -> Metadata {
        let (object, overrides) = (self.object, &self.overrides);
        let mut metadata = self.named.metadata();
        metadata.title = Some(words::title(graph, self));
        metadata.description = description;
        let tags = ["event-mesh".to_owned(), object.reference().kind().to_ascii_lowercase()];
        metadata.tags.extend(tags.into_iter().filter(|tag| is_tag(tag)));
        metadata.labels.extend(self.inherited.labels.clone());
        metadata.annotations.extend(self.inherited.annotations.clone());
        if let Some(namespace) = object.reference().namespace() {
            metadata.annotations.insert("backstage.io/kubernetes-namespace".to_owned(), namespace.to_owned());
        }
        if self.relations.summary.role == Role::Service {
            metadata.links.extend(links::of_status(object).into_iter().filter(|link| !link.url.contains(".svc.")));
        }
        match self.relations.summary.role {
            Role::EventType | Role::Namespace => metadata::fill_plain(&mut metadata, object, overrides, settings),
            _ => metadata::fill_component(&mut metadata, object, State::of_knative(object), overrides, settings),
        }
        metadata
    }

    /// The lifecycle: an override, otherwise what its deletion says.
    pub(crate) fn lifecycle(&self) -> String {
        let lifecycle = if self.object.is_deleting() { "deprecated" } else { "production" };
        self.overrides.lifecycle.clone().unwrap_or_else(|| lifecycle.to_owned())
    }

    /// The type: an override, otherwise this one.
    pub(crate) fn ty(&self, ty: impl FnOnce() -> String) -> String {
        self.overrides.ty.clone().unwrap_or_else(ty)
    }

    /// `<group>:<kind>`, as Knative's Event Mesh plugin has it.
    pub(crate) fn group_and_kind(&self) -> String {
        format!("{}:{}", self.id.group(), self.id.kind())
    }

    /// These refs, except its own.
    pub(crate) fn others(&self, refs: impl IntoIterator<Item = EntityRef>) -> BTreeSet<EntityRef> {
        let own = self.named.entity_ref();
        refs.into_iter().filter(|entity| *entity != own).collect()
    }
}
