//! Which Component stands for an object: whose it is that a Trigger calls.

use super::{Mesh, destination::Destination, face::Face, id::Id, role::Role};
use crate::entity::EntityRef;
use events::ObjectRef;

/// How far owners are followed: Pod, ReplicaSet, Deployment and what made that.
const GENERATIONS: usize = 5;

/// The Component that stands for an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Stand {
    /// That of this object, which we write.
    Ours(Id, EntityRef),
    /// One that others write.
    Others(EntityRef),
}

impl Stand {
    pub(super) fn component(self) -> EntityRef {
        match self {
            Self::Ours(_, component) | Self::Others(component) => component,
        }
    }
}

impl Mesh {
    /// The Component of an object: the one it names, else ours, else the one it is labelled with, else that of its nearest
    /// owner.
    pub(super) fn stands_for(&self, id: &Id) -> Option<Stand> {
        self.ancestry(id).iter().find_map(|id| self.stands_itself(id))
    }

    /// The Component at a destination.
    pub(super) fn component_at(&self, destination: &Destination) -> Option<EntityRef> {
        Some(self.stands_for(destination.id()?)?.component())
    }

    /// The object with a Component of ours that stands for this one.
    pub(super) fn ours(&self, id: &Id) -> Option<Id> {
        match self.stands_for(id)? {
            Stand::Ours(id, _) => Some(id),
            Stand::Others(_) => None,
        }
    }

    /// The objects for which the Component of this one stands.
    pub(super) fn stands_before(&self, id: &Id) -> Vec<Id> {
        self.stood_for(id).into_iter().filter(|it| self.ours(it).as_ref() == Some(id)).collect()
    }

    /// The objects that this one may stand for: itself, and what it owns.
    pub(super) fn stood_for(&self, id: &Id) -> Vec<Id> {
        let is_owned_by = |owner: &Id, id: &Id| self.addressed(id).is_some_and(|face| face.owners.contains(owner));
        generations(id, |owner| self.links.named.of(owner).filter(|id| is_owned_by(owner, id)).cloned().collect())
    }

    /// This object where nothing is known of it, or the owners that would tell its Component.
    pub(super) fn unknown(&self, id: &Id, reference: &ObjectRef) -> Vec<ObjectRef> {
        let ancestry = self.ancestry(id).into_iter().filter(|it| self.node(it).is_none());
        ancestry.map(|it| if it == *id { reference.clone() } else { ObjectRef::clone(&it) }).collect()
    }

    /// An object and its owners, the nearest first, as far as one of them has a Component.
    pub(super) fn ancestry(&self, id: &Id) -> Vec<Id> {
        generations(id, |id| match self.addressed(id) {
            Some(face) if self.stands_itself(id).is_none() => face.owners.to_vec(),
            _ => Vec::new(),
        })
    }

    fn stands_itself(&self, id: &Id) -> Option<Stand> {
        let face = self.addressed(id)?;
        let ours = || Some(Stand::Ours(id.clone(), face.entity.clone().filter(|_| face.role.has_component())?));
        face.elsewhere.clone().map(Stand::Others).or_else(ours)
    }

    /// The face of what may stand for something.
    fn addressed(&self, id: &Id) -> Option<&Face> {
        Some(&self.node(id)?.relations.face).filter(|face| face.role.is_addressed())
    }
}

/// A beginning and what follows from it, a generation after the other, each once.
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

impl Role {
    /// Whether its entity is a Component.
    pub(super) fn has_component(self) -> bool {
        match self {
            Self::Broker | Self::Channel | Self::Source | Self::Flow | Self::Sink | Self::Service => true,
            Self::EventType | Self::Trigger | Self::Subscription | Self::Namespace | Self::Workload => false,
        }
    }

    /// Whether a Trigger may name it as its subscriber, or it owns what a Trigger may name.
    fn is_addressed(self) -> bool {
        self.has_component() || self == Self::Workload
    }
}
