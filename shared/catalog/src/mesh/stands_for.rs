//! Which Component stands for an object: whose it is that a Trigger calls.

use super::{Mesh, destination::Destination, id::Id, node::Node, role::Role};
use crate::EntityRef;
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
    /// The Component of an object: the one it names, else ours, else the one it is labelled with, else its owner's.
    pub(super) fn stands_for(&self, id: &Id) -> Option<Stand> {
        self.stands_within(id, GENERATIONS)
    }

    fn stands_within(&self, id: &Id, generations: usize) -> Option<Stand> {
        let face = &self.node(id)?.relations.face;
        match (&face.elsewhere, &face.entity) {
            (Some(component), _) => return Some(Stand::Others(component.clone())),
            (None, Some(entity)) if face.role.has_component() => return Some(Stand::Ours(id.clone(), entity.clone())),
            _ => {}
        }
        let left = generations.checked_sub(1)?;
        face.owners.iter().find_map(|owner| self.stands_within(owner, left))
    }

    /// This object where nothing is known of it, or the owners that would tell its Component.
    pub(super) fn unknown(&self, id: &Id, reference: &ObjectRef) -> Vec<ObjectRef> {
        let (mut unknown, mut asked) = (Vec::new(), vec![(id.clone(), reference.clone())]);
        for _ in 0..GENERATIONS {
            let mut owners = Vec::new();
            for (id, reference) in asked {
                match self.node(&id).map(|node| &node.relations.face) {
                    None => unknown.push(reference),
                    Some(face) if face.role == Role::Workload && face.elsewhere.is_none() => {
                        owners.extend(face.owners.iter().map(|owner| (owner.clone(), ObjectRef::clone(owner))));
                    }
                    Some(_) => {}
                }
            }
            asked = owners;
        }
        unknown
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
        let mut all = vec![id.clone()];
        let mut last = 0..1;
        for _ in 0..GENERATIONS {
            let owned: Vec<_> = all[last.clone()].iter().flat_map(|owner| self.owned(owner)).cloned().collect();
            let known = all.len();
            for id in owned {
                if !all.contains(&id) {
                    all.push(id);
                }
            }
            last = known..all.len();
        }
        all
    }

    /// What it owns for which it may stand.
    fn owned<'a>(&'a self, owner: &'a Id) -> impl Iterator<Item = &'a Id> {
        let owns = move |node: &Node| {
            let face = &node.relations.face;
            face.role.is_addressed() && face.owners.contains(owner)
        };
        self.links.named.of(owner).filter(move |id| self.node(id).is_some_and(owns))
    }
}

impl Role {
    /// Whether its entity is a Component.
    fn has_component(self) -> bool {
        match self {
            Self::Broker | Self::Channel | Self::Source | Self::Flow | Self::Sink | Self::Service => true,
            Self::EventType | Self::Trigger | Self::Subscription | Self::Namespace | Self::Workload => false,
        }
    }

    /// Whether a Trigger may name it as its subscriber, or it owns what a Trigger may name.
    fn is_addressed(self) -> bool {
        match self {
            Self::Broker | Self::Channel | Self::Source | Self::Flow | Self::Sink | Self::Service | Self::Workload => {
                true
            }
            Self::EventType | Self::Trigger | Self::Subscription | Self::Namespace => false,
        }
    }
}
