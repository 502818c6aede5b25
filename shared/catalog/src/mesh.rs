//! The event mesh: an index of EventTypes, Brokers, Triggers and everything connected with them. For each change it
//! knows whose entities that affects.
//!
//! A pure state machine. [`Mesh::apply`] and [`Mesh::delete`] take a change in, and return the objects whose
//! descriptors must be rendered again. [`Mesh::render`] renders one. Objects may come in any order: the same objects
//! give the same descriptors.
//!
//! - `id`: the identity of an object;
//! - `object`: what one object says, without any other object;
//! - `graph`: all objects, what connects them, and the questions about it;
//! - `entity`: the entity of an object, made from the graph.

mod entity;
mod graph;
mod id;
mod object;

pub use graph::outside::Outside;
pub use id::Id;

use crate::{descriptor::Described, entity::EntityRef, settings::Settings};
use events::{Object, ObjectRef, Version};
use graph::{Graph, Known, affected::Extent};
use lru::LruCache;
use object::{
    node::Node,
    role::{Role, Roles},
};
use std::{collections::BTreeSet, num::NonZeroUsize};

/// How many deleted objects are remembered, so that a late event does not create them again.
const MAX_DELETED: NonZeroUsize = NonZeroUsize::new(10_000).expect("10,000 is not zero");

/// The event mesh of one cluster.
#[derive(Debug)]
pub struct Mesh {
    settings: Settings,
    roles: Roles,
    graph: Graph,
    deleted: LruCache<Id, Known<Version>>,
    /// The number of the latest comparison with the cluster.
    round: u64,
}

/// What an object means now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rendered {
    /// Its bucket object.
    pub described: Described,
    /// As of which version: that of the object, or that of its deletion.
    pub version: Version,
    /// Whether the object exists.
    pub presence: Presence,
}

/// Whether an object exists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    /// It does.
    Exists,
    /// It was deleted.
    Deleted,
}

impl Mesh {
    /// An empty mesh.
    pub fn new(settings: Settings) -> Self {
        let deleted = LruCache::new(MAX_DELETED);
        Self { settings, roles: Roles::default(), graph: Graph::default(), deleted, round: 0 }
    }

    /// Takes in an object as it is now, and returns whose descriptors that affects. An object that is older than what
    /// is known affects nothing.
    pub fn apply(&mut self, object: &Object) -> BTreeSet<Id> {
        let id = Id::of(object.reference());
        if self.version(&id).is_some_and(|known| object.version().is_before(known)) {
            return BTreeSet::new();
        }
        self.take(&id, object)
    }

    /// Takes in that an object was deleted, as of this version, and returns whose descriptors that affects.
    pub fn delete(&mut self, object: &ObjectRef, version: &Version) -> BTreeSet<Id> {
        let id = Id::of(object);
        if self.version(&id).is_some_and(|known| version.is_before(known)) {
            return BTreeSet::new();
        }
        self.remove(&id, version.clone())
    }

    /// Begins a comparison with the cluster. From now on the cluster's lists count, even if what is known seems newer:
    /// the cluster may have been restored. What an event says during the comparison still counts if it is newer.
    pub fn begin_comparison(&mut self) {
        self.round += 1;
    }

    /// Takes in an object of a list, and returns whose descriptors that affects.
    pub fn listed(&mut self, object: &Object) -> BTreeSet<Id> {
        let id = Id::of(object.reference());
        let known = self.graph.known(&id).map(|known| (&known.it.version, known.round));
        let known = known.or_else(|| self.deleted.peek(&id).map(|known| (&known.it, known.round)));
        match known {
            Some((version, round)) if round == self.round && object.version().is_before(version) => BTreeSet::new(),
            _ => self.take(&id, object),
        }
    }

    /// The objects of a kind which neither a list nor an event has mentioned since the comparison began.
    pub fn missing(&self, group: &str, kind: &str) -> Vec<Id> {
        let is_of = |id: &Id| id.group() == group && id.kind() == kind;
        let missing = self.graph.iter().filter(|(id, known)| is_of(id) && known.round < self.round);
        missing.map(|(id, _)| id.clone()).collect()
    }

    /// Removes those of these objects which nothing has mentioned since the comparison began, as of the version of the
    /// list. Returns whose descriptors that affects.
    pub fn remove_missing(&mut self, missing: &[Id], listed: &str) -> BTreeSet<Id> {
        let mut affected = BTreeSet::new();
        for id in missing {
            let Some(known) = self.graph.known(id).filter(|known| known.round < self.round) else { continue };
            let version = Version { uid: known.it.version.uid.clone(), resource_version: listed.to_owned() };
            affected.extend(self.remove(id, version));
        }
        affected
    }

    /// What an object means now.
    pub fn render(&self, id: &Id) -> Rendered {
        match self.graph.node(id) {
            Some(node) => {
                let described = entity::described(&self.graph, &self.roles, &self.settings, id, node);
                Rendered { described, version: node.version.clone(), presence: Presence::Exists }
            }
            None => {
                let version = self.deleted.peek(id).map(|known| known.it.clone()).unwrap_or_default();
                let described = Described::empty(self.settings.layout.key(id));
                Rendered { described, version, presence: Presence::Deleted }
            }
        }
    }

    /// The group and the kind that a CustomResourceDefinition makes a source or a channel.
    pub fn defines(&self, definition: &Id) -> Option<(&str, &str)> {
        self.roles.defined_by(definition.name())
    }

    /// The Components that entities of the mesh name and the mesh does not write, sorted.
    pub fn outside(&self) -> Vec<Outside> {
        self.graph.outside()
    }

    /// The System of the namespace of an object, if it has one.
    pub fn system_of(&self, object: &ObjectRef) -> Option<EntityRef> {
        let namespace = Id::of_namespace(object.namespace()?)?;
        let system = self.graph.node(&namespace)?.relations.summary.entity.clone();
        system.filter(|_| self.graph.has_members(namespace.name()))
    }

    /// The objects that exist, as far as is known.
    pub fn ids(&self) -> impl Iterator<Item = &Id> {
        self.graph.iter().map(|(id, _)| id)
    }

    /// As of which version an object, or its deletion, is known.
    pub fn version(&self, id: &Id) -> Option<&Version> {
        self.graph.node(id).map(|node| &node.version).or_else(|| Some(&self.deleted.peek(id)?.it))
    }

    /// The objects whose descriptors mention an object, as it is now.
    pub fn affected_by(&self, id: &Id) -> BTreeSet<Id> {
        self.graph.affected(id, Extent::Summary)
    }

    /// Whether a change of an object can matter: because of its kind, or because it is known or named.
    pub fn concerns(&self, object: &ObjectRef) -> bool {
        self.graph.mentions(&Id::of(object)) || self.roles.of(object.group(), object.kind()) != Role::Workload
    }

    /// The objects of which nothing is known, and which this one names as a subscriber, sink or step, or which own what
    /// it names.
    pub fn unknown_references(&self, id: &Id) -> Vec<ObjectRef> {
        self.graph.unknown_references(id)
    }

    /// Whether the descriptor of an object depends on something unread: on what it names and what owns that, or on its
    /// Namespace. If EventTypes, Triggers, Subscriptions and their hubs decide what it provides, consumes or lets pass,
    /// also on those. And on the definitions that make a kind a source or a channel.
    pub fn depends_on_unread(&self, id: &Id, is_unread: impl Fn(&ObjectRef) -> bool) -> bool {
        self.graph.depends_on_unread(id, is_unread)
    }

    fn take(&mut self, id: &Id, object: &Object) -> BTreeSet<Id> {
        let mut affected = self.learn(id, Some(object));
        let (it, round) = (Node::of(object, &self.roles, &self.settings), self.round);
        if let Some(known) = self.graph.known_mut(id).filter(|known| known.it.is_like(&it)) {
            // What is known stays where it is: memory in which old and new are mixed does not shrink.
            (known.it.version, known.round) = (it.version, round);
            return affected;
        }
        self.deleted.pop(id);
        affected.extend(self.graph.change(id, Some(Known { it, round })));
        affected
    }

    fn remove(&mut self, id: &Id, version: Version) -> BTreeSet<Id> {
        let mut affected = self.learn(id, None);
        affected.extend(self.graph.change(id, None));
        self.deleted.put(id.clone(), Known { it: version, round: self.round });
        affected
    }

    /// What a CustomResourceDefinition says, or its deletion, changes how the objects of its kind are read.
    fn learn(&mut self, id: &Id, definition: Option<&Object>) -> BTreeSet<Id> {
        if (id.group(), id.kind()) != ("apiextensions.k8s.io", "CustomResourceDefinition") {
            return BTreeSet::new();
        }
        let changed = self.roles.learn(id.name(), definition);
        if changed.is_empty() {
            return BTreeSet::new();
        }
        let is_of = |id: &Id| changed.iter().any(|(group, kind)| id.group() == &**group && id.kind() == &**kind);
        let is_changed = |(id, node): &(&Id, &Known<Node>)| is_of(id) || node.it.relations.mentions_kind(is_of);
        let of_kind: Vec<_> = self.graph.iter().filter(is_changed).map(|(id, _)| id.clone()).collect();
        let mut affected = BTreeSet::new();
        for id in of_kind {
            let Some(Known { it: node, round }) = self.graph.known(&id) else { continue };
            let (version, round, is_failed) = (node.version.clone(), *round, node.is_failed);
            let mut read = node.object().map(|object| Node::of(&object, &self.roles, &self.settings));
            read.iter_mut()
                .for_each(|node| (node.version, node.is_failed) = (version.clone(), is_failed || node.is_failed));
            affected.extend(self.graph.change(&id, read.map(|it| Known { it, round })));
        }
        affected
    }
}
