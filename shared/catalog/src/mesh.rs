//! The event mesh: an index of EventTypes, Brokers, Triggers and all that is connected with them, which knows for each
//! change whose entities it affects.
//!
//! A pure state machine. [`Mesh::apply`] and [`Mesh::delete`] take in what happened, and tell whose descriptors must be made
//! anew; [`Mesh::made`] makes one. Objects may come in any order: the same objects give the same descriptors.

mod affected;
mod api;
mod component;
mod copied;
mod declared;
mod described;
mod destination;
mod face;
mod id;
mod lacks;
mod links;
mod matching;
mod node;
mod relations;
mod role;
mod stands_for;

pub use id::Id;

use crate::{descriptor::Described, settings::Settings};
use events::{Object, ObjectRef, Version};
use links::Links;
use lru::LruCache;
use node::Node;
use role::{Role, Roles};
use std::{
    collections::{BTreeSet, HashMap},
    num::NonZeroUsize,
};

/// How many deleted objects are remembered, so that a late event does not raise them.
const DEAD: NonZeroUsize = NonZeroUsize::new(10_000).expect("10,000 is not zero");

/// The event mesh of one cluster.
#[derive(Debug)]
pub struct Mesh {
    settings: Settings,
    roles: Roles,
    nodes: HashMap<Id, Known<Node>>,
    links: Links,
    dead: LruCache<Id, Known<Version>>,
    /// The number of the latest comparison with the cluster.
    round: u64,
}

/// What is known, and since which comparison.
#[derive(Debug)]
struct Known<T> {
    it: T,
    round: u64,
}

/// What an object means now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Made {
    /// Its bucket object.
    pub described: Described,
    /// As of which version: that of the object, or that of its deletion.
    pub version: Version,
    /// Whether it lives.
    pub life: Life,
}

/// Whether an object lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Life {
    /// It does.
    Lives,
    /// It was deleted.
    Gone,
}

impl Mesh {
    /// An empty mesh.
    pub fn new(settings: Settings) -> Self {
        let (roles, nodes, links) = (Roles::default(), HashMap::new(), Links::default());
        Self { settings, roles, nodes, links, dead: LruCache::new(DEAD), round: 0 }
    }

    /// Takes in how an object is; whose descriptors that affects. What is older than what is known affects nothing.
    pub fn apply(&mut self, object: &Object) -> BTreeSet<Id> {
        let id = Id::of(object.reference());
        if self.version(&id).is_some_and(|known| object.version().is_before(known)) {
            return BTreeSet::new();
        }
        self.take(&id, object)
    }

    /// Takes in that an object is gone, as of this version; whose descriptors that affects.
    pub fn delete(&mut self, object: &ObjectRef, version: &Version) -> BTreeSet<Id> {
        let id = Id::of(object);
        if self.version(&id).is_some_and(|known| version.is_before(known)) {
            return BTreeSet::new();
        }
        self.bury(&id, version.clone())
    }

    /// Begins a comparison with the cluster. What its lists say counts from now on, but for what events tell meanwhile:
    /// that is newer, or taken for a cluster that counts anew.
    pub fn begin(&mut self) {
        self.round += 1;
    }

    /// Takes in an object of a list; whose descriptors that affects.
    pub fn listed(&mut self, object: &Object) -> BTreeSet<Id> {
        let id = Id::of(object.reference());
        let told = self.nodes.get(&id).map(|known| (&known.it.version, known.round));
        let told = told.or_else(|| self.dead.peek(&id).map(|known| (&known.it, known.round)));
        match told {
            Some((version, round)) if round == self.round && object.version().is_before(version) => BTreeSet::new(),
            _ => self.take(&id, object),
        }
    }

    /// What of a kind neither a list nor an event told of since the comparison began.
    pub fn missing(&self, group: &str, kind: &str) -> Vec<Id> {
        let is_of = |id: &Id| id.group() == group && id.kind() == kind;
        let missing = self.nodes.iter().filter(|(id, known)| is_of(id) && known.round < self.round);
        missing.map(|(id, _)| id.clone()).collect()
    }

    /// Takes in that of these all are gone, as of this version, of which nothing was told since the comparison began; whose
    /// descriptors that affects.
    pub fn lost(&mut self, missing: &[Id], listed: &str) -> BTreeSet<Id> {
        let mut affected = BTreeSet::new();
        for id in missing {
            let Some(known) = self.nodes.get(id).filter(|known| known.round < self.round) else { continue };
            let version = Version { uid: known.it.version.uid.clone(), resource_version: listed.to_owned() };
            affected.extend(self.bury(id, version));
        }
        affected
    }

    /// The group and the kind that a CustomResourceDefinition makes a source or a channel of.
    pub fn defines(&self, definition: &Id) -> Option<(&str, &str)> {
        self.roles.defined_by(definition.name())
    }

    /// The objects which live, as far as is known.
    pub fn ids(&self) -> impl Iterator<Item = &Id> {
        self.nodes.keys()
    }

    /// As of which version an object, or its deletion, is known.
    pub fn version(&self, id: &Id) -> Option<&Version> {
        self.node(id).map(|node| &node.version).or_else(|| Some(&self.dead.peek(id)?.it))
    }

    /// Whose descriptors tell of an object, as it is now.
    pub fn touched(&self, id: &Id) -> BTreeSet<Id> {
        self.affected(id, affected::Extent::Face)
    }

    /// Whether a change of an object can matter: by its kind, or because it is known or named.
    pub fn concerns(&self, object: &ObjectRef) -> bool {
        let id = Id::of(object);
        let is_named = self.nodes.contains_key(&id) || self.links.named.count(&id) > 0;
        is_named || self.roles.of(object.group(), object.kind()) != Role::Workload
    }

    /// The objects which this one names as a subscriber, sink or step, or which own such a one, and of which nothing is known.
    pub fn sought(&self, id: &Id) -> Vec<ObjectRef> {
        let destinations = self.node(id).into_iter().flat_map(|node| &node.relations.destinations);
        let named = destinations.filter_map(|destination| destination.to.as_ref());
        named.flat_map(|to| self.unknown(&to.id, &to.reference)).collect()
    }

    fn take(&mut self, id: &Id, object: &Object) -> BTreeSet<Id> {
        let mut affected = self.learn(id, Some(object));
        let (it, round) = (Node::of(object, &self.roles, &self.settings), self.round);
        if let Some(known) = self.nodes.get_mut(id).filter(|known| known.it.is_like(&it)) {
            // What is known stays where it is: memory in which old and new lie side by side does not shrink.
            (known.it.version, known.round) = (it.version, round);
            return affected;
        }
        self.dead.pop(id);
        affected.extend(self.change(id, Some(Known { it, round })));
        affected
    }

    fn bury(&mut self, id: &Id, version: Version) -> BTreeSet<Id> {
        let mut affected = self.learn(id, None);
        affected.extend(self.change(id, None));
        self.dead.put(id.clone(), Known { it: version, round: self.round });
        affected
    }

    /// What a CustomResourceDefinition says, or that it is gone, changes how objects of its kind are read.
    fn learn(&mut self, id: &Id, definition: Option<&Object>) -> BTreeSet<Id> {
        if (id.group(), id.kind()) != ("apiextensions.k8s.io", "CustomResourceDefinition") {
            return BTreeSet::new();
        }
        let news = self.roles.learn(id.name(), definition);
        if news.is_empty() {
            return BTreeSet::new();
        }
        let is_news = |id: &&Id| news.iter().any(|(group, kind)| id.group() == &**group && id.kind() == &**kind);
        let of_kind: Vec<_> = self.nodes.keys().filter(is_news).cloned().collect();
        let mut affected = BTreeSet::new();
        for id in of_kind {
            let Some(Known { it: node, round }) = self.nodes.get(&id) else { continue };
            let (version, round) = (node.version.clone(), *round);
            let mut read = node.object().map(|object| Node::of(&object, &self.roles, &self.settings));
            read.iter_mut().for_each(|node| node.version = version.clone());
            affected.extend(self.change(&id, read.map(|it| Known { it, round })));
        }
        affected
    }

    /// Replaces a node; who is affected before and after.
    fn change(&mut self, id: &Id, node: Option<Known<Node>>) -> BTreeSet<Id> {
        let extent = self.extent(id, node.as_ref().map(|node| &node.it));
        let has_none = self.has_no_entity(id, node.as_ref());
        let mut affected = self.affected(id, extent);
        if let Some(known) = self.nodes.remove(id) {
            self.links.unlink(id, &known.it.relations);
        }
        if let Some(node) = node {
            self.links.link(id, &node.it.relations);
            self.nodes.insert(id.clone(), node);
        }
        affected.extend(self.affected(id, extent));
        if has_none {
            affected.remove(id);
        }
        affected
    }

    /// Whether it is known that an object had no entity, and it gets none.
    fn has_no_entity(&self, id: &Id, becomes: Option<&Known<Node>>) -> bool {
        let becomes = becomes.map(|node| &node.it.relations.face);
        match self.node(id).map(|node| &node.relations.face) {
            Some(is) => is.entity.is_none() && becomes.is_none_or(|becomes| becomes.entity.is_none()),
            None => becomes.is_some_and(|becomes| becomes.role == Role::Workload),
        }
    }

    fn node(&self, id: &Id) -> Option<&Node> {
        self.nodes.get(id).map(|known| &known.it)
    }
}
