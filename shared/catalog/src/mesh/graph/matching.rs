//! Which EventTypes pass which Trigger or Subscription.

use super::Graph;
use crate::{
    alone::ended,
    attributes::Answer,
    filter::Filter,
    mesh::{
        id::Id,
        object::{
            address::{channels_behind, served_as},
            events::{ANY_TYPE, DeclaredEvents},
            relations::Relations,
        },
    },
};
use std::collections::BTreeSet;

impl Graph {
    /// The EventTypes that a Trigger or Subscription delivers to its subscriber, for certain or perhaps.
    pub(crate) fn matches(&self, delivery: &Relations) -> Vec<(&Id, Answer)> {
        let (Some(filter), Some(hub)) = (delivery.filter(), delivery.hub.as_ref()) else { return Vec::new() };
        let hub = self.hub(hub);
        if !self.is_hub(hub) {
            return Vec::new();
        }
        let answered = |id| Some((id, self.answer(filter, self.declared(id)?)?));
        let types = filter.types();
        let mut matches = Vec::new();
        for hub in self.aliases(hub) {
            match &types {
                None => matches.extend(self.arriving(&hub).filter_map(answered)),
                Some(types) => {
                    for ty in types.iter().map(String::as_str).chain([ANY_TYPE]) {
                        matches.extend(self.arriving_of_type(&hub, ty).filter_map(answered));
                    }
                }
            }
        }
        matches
    }

    /// The Triggers and Subscriptions that deliver the events of an EventType, for certain or perhaps.
    pub(crate) fn matching(&self, event_type: &Relations) -> Vec<(&Id, Answer)> {
        let Some(declared) = event_type.declared() else { return Vec::new() };
        let answered = |id| Some((id, self.answer(self.node(id)?.relations.filter()?, declared)?));
        let mut matching = Vec::new();
        for hub in self.arrivals(event_type).into_iter().flat_map(|hub| self.aliases(hub)) {
            match declared.index_type() {
                ANY_TYPE => matching.extend(self.links.deliveries.of(&hub).filter_map(answered)),
                ty => {
                    let by_type = self.links.by_type.of(&(hub.clone(), ty.into()));
                    matching.extend(by_type.chain(self.links.open.of(&hub)).filter_map(answered));
                }
            }
        }
        matching
    }

    /// Whether an object is known, and EventTypes refer to it as their Broker or Channel.
    pub(crate) fn is_hub(&self, id: &Id) -> bool {
        self.node(id).is_some_and(|node| node.relations.summary.role.is_hub())
    }

    /// The Broker or Channel that is meant: the one that a Channel carries, or that a Service addresses; otherwise the
    /// object itself.
    pub(crate) fn hub<'a>(&'a self, hub: &'a Id) -> &'a Id {
        let hub = self.channel_behind(hub).unwrap_or(hub);
        let Some(summary) = self.node(hub).map(|node| &node.relations.summary) else { return hub };
        let carried = summary.owners.iter().find(|id| self.is_hub(id)).filter(|_| summary.may_carry());
        carried.unwrap_or(hub)
    }

    /// A hub, the Channels that carry it, and the Services that address these.
    pub(super) fn aliases(&self, hub: &Id) -> BTreeSet<Id> {
        let is_alias = |id: &Id| self.hub(id) == hub;
        let carriers = self.links.carriers.of(hub).filter(|id| is_alias(id)).cloned();
        let mut aliases: BTreeSet<_> = [hub.clone()].into_iter().chain(carriers).collect();
        let served = aliases.iter().filter_map(|id| Some(Id::of(&served_as(id)?)));
        let served: Vec<_> = served.filter(is_alias).collect();
        aliases.extend(served);
        aliases
    }

    /// The channel that a Service addresses, as far as it is known.
    fn channel_behind(&self, service: &Id) -> Option<&Id> {
        let mut channels = channels_behind(service).into_iter().map(|channel| Id::of(&channel));
        let known = channels.find(|id| self.is_hub(id))?;
        Some(self.nodes.get_key_value(&known)?.0)
    }

    /// Of a filter on which Callboard fails nothing is known.
    fn answer(&self, filter: &Filter, declared: &DeclaredEvents) -> Option<Answer> {
        let answer = ended(|| filter.answer(&declared.pins)).unwrap_or(Answer::Maybe);
        Some(answer).filter(|answer| *answer != Answer::No)
    }

    pub(super) fn declared(&self, id: &Id) -> Option<&DeclaredEvents> {
        self.node(id)?.relations.declared()
    }
}
