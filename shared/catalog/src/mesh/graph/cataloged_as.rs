//! As which Component an object is cataloged: its own, or that of what owns it.

use super::Graph;
use crate::entity::EntityRef;
use crate::mesh::{
    id::Id,
    object::{
        address::{served_as, served_by},
        destination::{Destination, Via},
        events::Meaning,
        summary::Summary,
    },
};
use events::ObjectRef;

/// How far owners are followed: Pod, ReplicaSet, Deployment and what created that.
const GENERATIONS: usize = 5;

/// The Component as which an object is cataloged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum CatalogedAs {
    /// The Component of this object, which the mesh writes.
    Mesh(Id, EntityRef),
    /// A Component that the mesh does not write: a third-party one, or that of a resource request.
    Elsewhere(EntityRef),
}

impl CatalogedAs {
    pub(crate) fn component(self) -> EntityRef {
        match self {
            Self::Mesh(_, component) | Self::Elsewhere(component) => component,
        }
    }

    /// The object whose Component the mesh writes.
    pub(crate) fn of_mesh(self) -> Option<Id> {
        if let Self::Mesh(id, _) = self { Some(id) } else { None }
    }
}

impl Graph {
    /// The Component of an object. In this order: the one it names, the one that Callboard writes, the one that its
    /// labels name, that of its nearest owner. A third-party object need not be a resource request: what labels say
    /// counts before what its group lets suppose, and an owner may be anything.
    pub(crate) fn cataloged_as(&self, id: &Id) -> Option<CatalogedAs> {
        let unsaid = self.addressed(id).filter(|summary| summary.belongs_to().is_none());
        let request = unsaid.and_then(|summary| summary.request.clone());
        let own = || self.with_owners(id).iter().find_map(|id| self.own_component(id));
        request.map(CatalogedAs::Elsewhere).or_else(own)
    }

    /// The Component at a destination.
    pub(crate) fn component_at(&self, destination: &Destination) -> Option<EntityRef> {
        Some(self.cataloged_as(destination.id()?)?.component())
    }

    /// The object whose Component represents this one, if the mesh writes that Component.
    pub(crate) fn represented_by(&self, id: &Id) -> Option<Id> {
        self.cataloged_as(id)?.of_mesh()
    }

    /// The Component to which a Trigger or Subscription delivers. In this order: the one it names, that of its
    /// subscriber, the one that its labels name.
    pub(crate) fn consumer(&self, delivery: &Id) -> Option<CatalogedAs> {
        let relations = &self.node(delivery)?.relations;
        let (named, elsewhere) = (relations.summary.named.clone(), relations.summary.elsewhere.clone());
        let subscriber = || relations.to(Via::Subscriber).find_map(|it| self.cataloged_as(it.id()?));
        named.map(CatalogedAs::Elsewhere).or_else(subscriber).or_else(|| elsewhere.map(CatalogedAs::Elsewhere))
    }

    /// The objects that the Component of this one represents.
    pub(crate) fn represents(&self, id: &Id) -> Vec<Id> {
        self.with_owned(id).into_iter().filter(|it| self.represented_by(it).as_ref() == Some(id)).collect()
    }

    /// An object and all that it owns, or is served as.
    pub(crate) fn with_owned(&self, id: &Id) -> Vec<Id> {
        let is_owned_by =
            |owner: &Id, id: &Id| self.addressed(id).is_some_and(|summary| summary.owners.contains(owner));
        generations(id, |owner| {
            let owned = self.links.named.of(owner).filter(|id| is_owned_by(owner, id)).cloned();
            owned.chain(served_as(owner).as_ref().map(Id::of)).collect()
        })
    }

    /// The objects of which nothing is known, and which this one names as a subscriber, sink or step, or as what provides
    /// its events, or which own what it names.
    pub(crate) fn unknown_references(&self, id: &Id) -> Vec<ObjectRef> {
        let Some(relations) = self.node(id).map(|node| &node.relations) else { return Vec::new() };
        let destinations = relations.destinations.iter().filter_map(|destination| destination.to.as_ref());
        let destinations = destinations.flat_map(|to| self.unknown(&to.id, &to.reference));
        let is_sender = relations.declared().is_some_and(|declared| declared.reference == Meaning::Sender);
        let sender = relations.hub.iter().filter(|_| is_sender).flat_map(|sender| self.unknown(sender, sender));
        destinations.chain(sender).collect()
    }

    /// This object if nothing is known of it, and those of its owners of which nothing is known.
    fn unknown(&self, id: &Id, reference: &ObjectRef) -> Vec<ObjectRef> {
        let unknown = self.with_owners(id).into_iter().filter(|it| self.node(it).is_none());
        unknown.map(|it| if it == *id { reference.clone() } else { ObjectRef::clone(&it) }).collect()
    }

    /// An object and its owners, the nearest first, up to the first that has a Component.
    pub(crate) fn with_owners(&self, id: &Id) -> Vec<Id> {
        generations(id, |id| {
            if self.own_component(id).is_some() {
                return Vec::new();
            }
            let owners = self.addressed(id).map(|summary| summary.owners.to_vec()).unwrap_or_default();
            let servants = served_by(id).into_iter().map(|it| Id::of(&it)).filter(|it| self.addressed(it).is_some());
            owners.into_iter().chain(servants).collect()
        })
    }

    fn own_component(&self, id: &Id) -> Option<CatalogedAs> {
        let summary = self.addressed(id)?;
        let own = || summary.entity.clone().map(|component| CatalogedAs::Mesh(id.clone(), component));
        let elsewhere = |component: &Option<EntityRef>| component.clone().map(CatalogedAs::Elsewhere);
        elsewhere(&summary.named).or_else(own).or_else(|| elsewhere(&summary.elsewhere))
    }

    /// The summary of an object that may represent others.
    fn addressed(&self, id: &Id) -> Option<&Summary> {
        Some(&self.node(id)?.relations.summary).filter(|summary| summary.role.is_addressed())
    }
}

/// An object and what follows from it, one generation after the other, each object once.
fn generations(from: &Id, further: impl Fn(&Id) -> Vec<Id>) -> Vec<Id> {
    let mut all = vec![from.clone()];
    let mut last = 0;
    for _ in 0..GENERATIONS {
        let following: Vec<_> = all[last..].iter().flat_map(&further).collect();
        last = all.len();
        for id in following {
            if !all.contains(&id) {
                all.push(id);
            }
        }
    }
    all
}
