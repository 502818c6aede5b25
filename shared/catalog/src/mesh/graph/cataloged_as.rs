//! As which Component an object is cataloged: its own, or that of what owns it.

use super::Graph;
use crate::entity::EntityRef;
use crate::mesh::{
    id::Id,
    object::{destination::Destination, events::Meaning, summary::Summary},
};
use events::ObjectRef;

/// How far owners are followed: Pod, ReplicaSet, Deployment and what created that.
const GENERATIONS: usize = 5;

/// The Component as which an object is cataloged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum CatalogedAs {
    /// The Component of this object, which Callboard writes.
    Callboard(Id, EntityRef),
    /// A third-party Component.
    ThirdParty(EntityRef),
}

impl CatalogedAs {
    pub(crate) fn component(self) -> EntityRef {
        match self {
            Self::Callboard(_, component) | Self::ThirdParty(component) => component,
        }
    }
}

impl Graph {
    /// The Component of an object. In this order: the one it names, Callboard's, the one that its labels name, that of
    /// its nearest owner.
    pub(crate) fn cataloged_as(&self, id: &Id) -> Option<CatalogedAs> {
        self.with_owners(id).iter().find_map(|id| self.own_component(id))
    }

    /// The Component at a destination.
    pub(crate) fn component_at(&self, destination: &Destination) -> Option<EntityRef> {
        Some(self.cataloged_as(destination.id()?)?.component())
    }

    /// The object whose Component represents this one, if Callboard writes that Component.
    pub(crate) fn represented_by(&self, id: &Id) -> Option<Id> {
        match self.cataloged_as(id)? {
            CatalogedAs::Callboard(id, _) => Some(id),
            CatalogedAs::ThirdParty(_) => None,
        }
    }

    /// The objects that the Component of this one represents.
    pub(crate) fn represents(&self, id: &Id) -> Vec<Id> {
        self.with_owned(id).into_iter().filter(|it| self.represented_by(it).as_ref() == Some(id)).collect()
    }

    /// An object and all that it owns.
    pub(crate) fn with_owned(&self, id: &Id) -> Vec<Id> {
        let is_owned_by =
            |owner: &Id, id: &Id| self.addressed(id).is_some_and(|summary| summary.owners.contains(owner));
        generations(id, |owner| self.links.named.of(owner).filter(|id| is_owned_by(owner, id)).cloned().collect())
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
        generations(id, |id| match self.addressed(id) {
            Some(summary) if self.own_component(id).is_none() => summary.owners.to_vec(),
            _ => Vec::new(),
        })
    }

    fn own_component(&self, id: &Id) -> Option<CatalogedAs> {
        let summary = self.addressed(id)?;
        let own = || {
            Some(CatalogedAs::Callboard(id.clone(), summary.entity.clone().filter(|_| summary.role.has_component())?))
        };
        summary.third_party.clone().map(CatalogedAs::ThirdParty).or_else(own)
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
