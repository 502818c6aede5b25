//! Where the events of an EventType arrive, and which EventTypes arrive at an object.

use super::{Graph, links::Change};
use crate::mesh::{
    id::Id,
    object::{
        destination::{Destination, Via},
        events::Meaning,
        node::Node,
        relations::Relations,
    },
};
use std::collections::BTreeSet;

impl Graph {
    /// Where the events of an EventType arrive: Brokers, Channels, or what takes them without any. None if nobody knows.
    pub(crate) fn arrivals<'a>(&'a self, event_type: &'a Relations) -> Vec<&'a Id> {
        let (Some(declared), Some(reference)) = (event_type.declared(), event_type.hub.as_ref()) else {
            return Vec::new();
        };
        let arrivals = match declared.reference {
            Meaning::Place => vec![reference],
            Meaning::Sender => self.receivers(reference),
        };
        arrivals.into_iter().map(|id| self.hub(id)).collect()
    }

    /// What provides the events of an EventType and is no Broker or Channel that carries them: that to which it refers, or
    /// the subscriber whose replies a Trigger or Subscription brings.
    pub(crate) fn providers<'a>(&'a self, event_type: &'a Relations) -> Vec<&'a Id> {
        let is_sender = event_type.declared().is_some_and(|declared| declared.reference == Meaning::Sender);
        let Some(reference) = event_type.hub.as_ref().filter(|_| is_sender) else { return Vec::new() };
        match self.node(reference).filter(|node| node.relations.filter().is_some()) {
            Some(delivery) => delivery.relations.to(Via::Subscriber).filter_map(Destination::id).collect(),
            None => vec![reference],
        }
    }

    /// The EventTypes whose events an object provides: those that refer to it, or to what brings its replies.
    pub(super) fn provided_by<'a>(&'a self, id: &'a Id) -> impl Iterator<Item = &'a Id> {
        [id].into_iter().chain(self.callers(id).map(|(caller, _)| caller)).flat_map(|it| self.links.from.all.of(it))
    }

    /// The EventTypes whose events arrive at an object.
    pub(super) fn arriving<'a>(&'a self, at: &Id) -> impl Iterator<Item = &'a Id> + use<'a> {
        let sent = self.links.senders.of(at).flat_map(|sender| self.links.from.all.of(sender));
        self.links.at.all.of(at).chain(sent)
    }

    /// The same, of one type.
    pub(super) fn arriving_of_type<'a>(&'a self, at: &Id, ty: &str) -> impl Iterator<Item = &'a Id> + use<'a> {
        let there = self.links.at.by_type.of(&(at.clone(), ty.into()));
        there.chain(self.sent_of_type(at, ty))
    }

    /// The EventTypes of a type that are sent to an object. The shorter list is searched: that of what sends to it, or that
    /// of the type.
    fn sent_of_type(&self, at: &Id, ty: &str) -> Vec<&Id> {
        let ty: Box<str> = ty.into();
        let (senders, of_type) = (&self.links.senders, &self.links.from_type);
        if senders.count(at) <= of_type.count(&ty) {
            let sent = |sender: &Id| self.links.from.by_type.of(&(sender.clone(), ty.clone()));
            return senders.of(at).flat_map(sent).collect();
        }
        let sender = |id: &Id| self.node(id)?.relations.hub.as_ref();
        of_type.of(&ty).filter(|id| sender(id).is_some_and(|sender| senders.has(at, sender))).collect()
    }

    /// Where the replies of an object arrive that says it replies to who calls it. None of any other.
    pub(crate) fn reply_targets<'a>(&'a self, id: &'a Id) -> Vec<&'a Id> {
        let is_replying = self.node(id).is_some_and(|node| node.relations.replies_to_caller());
        let callers = self.callers(id).filter(|_| is_replying);
        callers.flat_map(|(_, caller)| caller.relations.sends_to()).collect()
    }

    /// The objects whose receivers a node decides: itself, and what replies through it.
    pub(super) fn sends_by(&self, id: &Id, node: &Node) -> BTreeSet<Id> {
        [id].into_iter().chain(self.replying(node)).cloned().collect()
    }

    /// The subscribers of a Trigger or Subscription that say they reply.
    pub(super) fn replying<'a>(&'a self, delivery: &'a Node) -> impl Iterator<Item = &'a Id> {
        let is_replying = |it: &&Id| self.node(it).is_some_and(|node| node.relations.replies_to_caller());
        delivery.relations.to(Via::Subscriber).filter_map(Destination::id).filter(is_replying)
    }

    /// Keeps the index of what sends where, before and after a change.
    pub(super) fn set_senders(&mut self, senders: &BTreeSet<Id>, change: Change) {
        for sender in senders.iter().filter(|sender| self.links.from.all.count(sender) > 0).collect::<Vec<_>>() {
            let receivers: Vec<_> = self.receivers(sender).into_iter().cloned().collect();
            receivers.into_iter().for_each(|receiver| self.links.senders.set(receiver, sender, change));
        }
    }

    /// Where the events arrive that an object sends.
    fn receivers<'a>(&'a self, sender: &'a Id) -> Vec<&'a Id> {
        let sent = self.node(sender).map(|node| node.relations.sends_to()).unwrap_or_default();
        sent.into_iter().chain(self.reply_targets(sender)).collect()
    }

    /// The Triggers and Subscriptions that bring events to an object.
    fn callers<'a>(&'a self, id: &'a Id) -> impl Iterator<Item = (&'a Id, &'a Node)> {
        let named_by = self.links.named.of(id).filter_map(|caller| Some((caller, self.node(caller)?)));
        named_by.filter(move |(_, caller)| caller.relations.to(Via::Subscriber).any(|it| it.id() == Some(id)))
    }
}
