//! The indexes over all objects. By them a change finds what it affects, without a scan.

use crate::mesh::{
    id::Id,
    object::{events::Meaning, relations::Relations, role::Role},
};
use std::{
    collections::{BTreeSet, HashMap},
    hash::Hash,
};

/// Several values under a key.
#[derive(Debug)]
pub(crate) struct Index<K>(HashMap<K, BTreeSet<Id>>);

/// A namespace and a word in it.
type Place = (Box<str>, Box<str>);

/// The indexes over all nodes.
#[derive(Debug, Default)]
pub(crate) struct Links {
    /// The EventTypes that refer to where their events arrive.
    pub(crate) at: Referring,
    /// The EventTypes that refer to what sends their events.
    pub(crate) from: Referring,
    /// The same by type alone.
    pub(crate) from_type: Index<Box<str>>,
    /// Those of what sends them that are not known.
    pub(crate) unknown_senders: BTreeSet<Id>,
    /// The objects that send to this one, as far as EventTypes refer to them.
    pub(crate) senders: Index<Id>,
    /// The Triggers and Subscriptions on a hub.
    pub(crate) deliveries: Index<Id>,
    /// Those that events of any type might pass.
    pub(crate) open: Index<Id>,
    /// Those that let only a few types pass, by these types.
    pub(crate) by_type: Index<(Id, Box<str>)>,
    /// Who names an object as a destination or an owner.
    pub(crate) named: Index<Id>,
    /// The Channels without an entity that an object owns, and that may carry it.
    pub(crate) carriers: Index<Id>,
    /// The EventTypes of a namespace by their type.
    pub(crate) declared: Index<Place>,
    /// The EventTypes that Knative created for a source of this name.
    pub(crate) made_for: Index<Place>,
    /// The sources of a namespace that produce a type.
    pub(crate) producing: Index<Place>,
    /// The sources of a namespace by name.
    pub(crate) sources: Index<Place>,
    /// The objects of a namespace that have an entity.
    pub(crate) members: Index<Box<str>>,
}

/// EventTypes by that to which they refer.
#[derive(Debug, Default)]
pub(crate) struct Referring {
    pub(crate) all: Index<Id>,
    pub(crate) by_type: Index<(Id, Box<str>)>,
}

impl<K> Default for Index<K> {
    fn default() -> Self {
        Self(HashMap::new())
    }
}

impl<K: Hash + Eq> Index<K> {
    /// The objects under a key, in order.
    pub(crate) fn of<'a>(&'a self, key: &K) -> impl Iterator<Item = &'a Id> + use<'a, K> {
        self.0.get(key).into_iter().flatten()
    }

    /// Whether this object is under a key.
    pub(crate) fn has(&self, key: &K, id: &Id) -> bool {
        self.0.get(key).is_some_and(|ids| ids.contains(id))
    }

    /// The number of objects under a key.
    pub(crate) fn count(&self, key: &K) -> usize {
        self.0.get(key).map_or(0, BTreeSet::len)
    }

    pub(super) fn set(&mut self, key: K, id: &Id, change: Change) {
        match change {
            Change::Link => drop(self.0.entry(key).or_default().insert(id.clone())),
            Change::Unlink => {
                if let Some(ids) = self.0.get_mut(&key) {
                    ids.remove(id);
                    if ids.is_empty() {
                        self.0.remove(&key);
                    }
                }
            }
        }
    }
}

#[derive(Clone, Copy)]
pub(super) enum Change {
    Link,
    Unlink,
}

impl Links {
    pub(crate) fn link(&mut self, id: &Id, relations: &Relations) {
        self.set(id, relations, Change::Link);
    }

    pub(crate) fn unlink(&mut self, id: &Id, relations: &Relations) {
        self.set(id, relations, Change::Unlink);
    }

    fn set(&mut self, id: &Id, relations: &Relations, change: Change) {
        let summary = &relations.summary;
        let place = |word: &str| (id.namespace().unwrap_or_default().into(), word.into());
        let named = relations.destinations.iter().filter_map(|it| it.id()).chain(&summary.owners);
        named.for_each(|other| self.named.set(other.clone(), id, change));
        if let (Some(declared), Some(_)) = (relations.declared(), &summary.entity) {
            self.declared.set(place(&declared.ty), id, change);
            if let Some(source) = &declared.source_name {
                self.made_for.set(place(source), id, change);
            }
            if let Some(reference) = &relations.hub {
                let referring = match declared.reference {
                    Meaning::Place => &mut self.at,
                    Meaning::Sender => {
                        self.from_type.set(declared.index_type().into(), id, change);
                        &mut self.from
                    }
                };
                referring.all.set(reference.clone(), id, change);
                referring.by_type.set((reference.clone(), declared.index_type().into()), id, change);
            }
        }
        if let (Some(filter), Some(hub)) = (relations.filter(), &relations.hub) {
            self.deliveries.set(hub.clone(), id, change);
            match filter.types() {
                Some(types) => types.into_iter().for_each(|ty| self.by_type.set((hub.clone(), ty.into()), id, change)),
                None => self.open.set(hub.clone(), id, change),
            }
        }
        if summary.may_carry() {
            summary.owners.iter().for_each(|owner| self.carriers.set(owner.clone(), id, change));
        }
        if summary.role == Role::Source {
            self.sources.set(place(id.name()), id, change);
            relations.produced().iter().for_each(|it| self.producing.set(place(&it.ty), id, change));
        }
        if let (Some(namespace), Some(_)) = (id.namespace(), &summary.entity) {
            self.members.set(namespace.into(), id, change);
        }
    }
}
