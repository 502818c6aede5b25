//! All objects of the mesh, and what connects them.

pub(crate) mod affected;
mod arrivals;
pub(crate) mod cataloged_as;
pub(crate) mod consumption;
mod links;
mod matching;
pub(crate) mod outside;
mod production;
mod unread;

use super::{
    id::Id,
    object::{node::Node, role::Role},
};
use links::{Change, Links};
use std::collections::{BTreeSet, HashMap};

/// All objects of the mesh, and the indexes over them.
#[derive(Debug, Default)]
pub(crate) struct Graph {
    nodes: HashMap<Id, Known<Node>>,
    links: Links,
}

/// What is known, and since which comparison.
#[derive(Debug)]
pub(crate) struct Known<T> {
    pub(crate) it: T,
    pub(crate) round: u64,
}

impl Graph {
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&Id, &Known<Node>)> {
        self.nodes.iter()
    }

    pub(crate) fn known(&self, id: &Id) -> Option<&Known<Node>> {
        self.nodes.get(id)
    }

    pub(crate) fn known_mut(&mut self, id: &Id) -> Option<&mut Known<Node>> {
        self.nodes.get_mut(id)
    }

    pub(crate) fn node(&self, id: &Id) -> Option<&Node> {
        self.nodes.get(id).map(|known| &known.it)
    }

    /// Whether an object is known or named.
    pub(crate) fn mentions(&self, id: &Id) -> bool {
        self.nodes.contains_key(id) || self.links.named.count(id) > 0 || self.links.from.all.count(id) > 0
    }

    /// Whether any object of a namespace has an entity.
    pub(crate) fn has_members(&self, namespace: &str) -> bool {
        self.links.members.count(&namespace.into()) > 0
    }

    /// Replaces a node, and returns who is affected before and after.
    pub(crate) fn change(&mut self, id: &Id, node: Option<Known<Node>>) -> BTreeSet<Id> {
        let extent = self.extent(id, node.as_ref().map(|node| &node.it));
        let has_none = self.has_no_entity(id, node.as_ref());
        let mut affected = self.affected(id, extent);
        let nodes = [self.node(id), node.as_ref().map(|node| &node.it)];
        let senders = nodes.into_iter().flatten().flat_map(|node| {
            let reference = node.relations.declared().and(node.relations.hub.clone());
            self.sends_by(id, node).into_iter().chain(reference)
        });
        let senders = senders.collect();
        self.set_senders(&senders, Change::Unlink);
        if let Some(known) = self.nodes.remove(id) {
            self.links.unlink(id, &known.it.relations);
        }
        if let Some(node) = node {
            self.links.link(id, &node.it.relations);
            self.nodes.insert(id.clone(), node);
        }
        self.set_senders(&senders, Change::Link);
        self.set_unknown(senders);
        affected.extend(self.affected(id, extent));
        if has_none {
            affected.remove(id);
        }
        affected
    }

    /// Takes note of which of these send the events of an EventType and are not known.
    fn set_unknown(&mut self, senders: BTreeSet<Id>) {
        for sender in senders {
            match self.links.from.all.count(&sender) > 0 && !self.nodes.contains_key(&sender) {
                true => drop(self.links.unknown_senders.insert(sender)),
                false => drop(self.links.unknown_senders.remove(&sender)),
            }
        }
    }

    /// Whether an object surely had no entity, and gets none.
    fn has_no_entity(&self, id: &Id, becomes: Option<&Known<Node>>) -> bool {
        if becomes.is_some_and(|node| node.it.is_failed) {
            return false;
        }
        let becomes = becomes.map(|node| &node.it.relations.summary);
        match self.node(id).map(|node| &node.relations.summary) {
            Some(is) => is.entity.is_none() && becomes.is_none_or(|becomes| becomes.entity.is_none()),
            None => becomes.is_some_and(|becomes| becomes.role == Role::Workload),
        }
    }
}
