//! Whose descriptors a change affects.

use super::{Graph, cataloged_as::CatalogedAs};
use crate::attributes::Answer;
use crate::mesh::{
    id::Id,
    object::{address::channels_behind, destination::Via, node::Node, role::Role},
};
use std::collections::BTreeSet;

/// How much of an object changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Extent {
    /// Nothing that the descriptors of other objects mention.
    Itself,
    /// Its hub, what it names or what it declares.
    Relations,
    /// Also what other descriptors show of it.
    Summary,
    /// Whether it exists, its role, or what it carries.
    Part,
}

impl Graph {
    /// How much of an object changes when it becomes this.
    pub(crate) fn extent(&self, id: &Id, becomes: Option<&Node>) -> Extent {
        match (self.node(id), becomes) {
            (Some(before), Some(after)) if before.relations == after.relations => Extent::Itself,
            (Some(before), Some(after)) if before.relations.summary == after.relations.summary => Extent::Relations,
            (Some(before), Some(after)) if before.relations.summary.has_same_part(&after.relations.summary) => {
                Extent::Summary
            }
            (None, None) => Extent::Itself,
            _ => Extent::Part,
        }
    }

    /// The objects whose descriptors mention an object as it is in the index, so far as it changes. Always the object
    /// itself.
    pub(crate) fn affected(&self, id: &Id, extent: Extent) -> BTreeSet<Id> {
        let mut affected = BTreeSet::from([id.clone()]);
        if extent == Extent::Itself {
            return affected;
        }
        let Some(node) = self.node(id) else {
            // While it is unknown, what serves it or another owner may represent it and what it owns.
            if extent == Extent::Part {
                self.of_named(id, extent, &mut affected);
            }
            return affected;
        };
        for event_type in self.sends_by(id, node).iter().flat_map(|sender| self.links.from.all.of(sender)) {
            affected.insert(event_type.clone());
            affected.extend(self.node(event_type).into_iter().flat_map(|it| self.of_event_type(event_type, it)));
        }
        match node.relations.summary.role {
            Role::EventType => affected.extend(self.of_event_type(id, node)),
            Role::Trigger | Role::Subscription => self.of_consumer(id, &mut affected),
            Role::Namespace => affected.extend(self.links.members.of(&id.name().into()).cloned()),
            _ if extent >= Extent::Summary => self.of_named(id, extent, &mut affected),
            _ => {}
        }
        if extent >= Extent::Summary && node.relations.summary.entity.is_some() {
            affected.extend(self.system_of(id));
        }
        affected
    }

    /// Where the events of an EventType arrive, who produces them, and who takes them.
    fn of_event_type(&self, id: &Id, node: &Node) -> BTreeSet<Id> {
        let mut affected = self.producers(id, &node.relations);
        let arrivals = self.arrivals(&node.relations).into_iter();
        affected.extend(arrivals.map(|hub| self.represented_by(hub).unwrap_or_else(|| hub.clone())));
        for (delivery, answer) in self.matching(&node.relations) {
            let consumer = self.consumer(delivery);
            // What consumes for another one, or only may, names the EventType itself.
            if answer == Answer::Maybe || !matches!(consumer, Some(CatalogedAs::Mesh(..))) {
                affected.insert(delivery.clone());
            }
            affected.extend(consumer.and_then(CatalogedAs::of_mesh));
        }
        affected
    }

    /// A Trigger or Subscription, and the Component that consumes through it.
    fn of_delivery(&self, id: &Id, affected: &mut BTreeSet<Id>) {
        affected.insert(id.clone());
        let subscribers = self.node(id).into_iter().flat_map(|node| node.relations.to(Via::Subscriber));
        affected.extend(subscribers.filter_map(|subscriber| self.represented_by(subscriber.id()?)));
    }

    /// The same, and the EventTypes that it delivers, which say who consumes them.
    fn of_consumer(&self, id: &Id, affected: &mut BTreeSet<Id>) {
        self.of_delivery(id, affected);
        let delivered = self.node(id).map(|node| self.matches(&node.relations)).unwrap_or_default();
        affected.extend(delivered.into_iter().map(|(event_type, _)| event_type.clone()));
    }

    /// All that name an object or what it represents, and what represents it.
    fn of_named(&self, id: &Id, extent: Extent, affected: &mut BTreeSet<Id>) {
        for stood_for in self.with_owned(id) {
            affected.extend(self.represented_by(&stood_for));
            for namer in self.links.named.of(&stood_for) {
                affected.insert(namer.clone());
                if self.is_subscriber(&stood_for, namer) {
                    self.of_consumer(namer, affected);
                }
            }
            affected.extend(self.links.deliveries.of(&stood_for).cloned());
            let callers = self.links.deliveries.of(&stood_for).chain(self.links.named.of(&stood_for));
            let callers = callers.filter_map(|caller| self.node(caller));
            affected.extend(callers.flat_map(|caller| self.replying(caller)).cloned());
            if extent == Extent::Part || !self.is_hub(&stood_for) {
                affected.extend(self.arriving(&stood_for).cloned());
            }
            if extent == Extent::Part {
                self.of_hub(&stood_for, affected);
                self.of_carrier(&stood_for, affected);
                self.of_channels_behind(&stood_for, id, affected);
            }
        }
    }

    /// The hub that a Channel carries: the EventTypes and Triggers of the Channel are those of that hub, and the other
    /// way around.
    fn of_carrier(&self, carrier: &Id, affected: &mut BTreeSet<Id>) {
        let hub = self.hub(carrier);
        if hub != carrier {
            self.of_aliases(hub, affected);
        }
    }

    /// The other channels that a Service would address without this one.
    fn of_channels_behind(&self, service: &Id, besides: &Id, affected: &mut BTreeSet<Id>) {
        let others = channels_behind(service).into_iter().map(|channel| Id::of(&channel));
        for other in others.filter(|other| other != besides && self.is_hub(other)) {
            self.of_aliases(self.hub(&other), affected);
        }
    }

    /// A hub, and what arrives at it or is delivered from it, whatever carries or addresses it.
    fn of_aliases(&self, hub: &Id, affected: &mut BTreeSet<Id>) {
        affected.insert(hub.clone());
        for alias in self.aliases(hub) {
            affected.extend(self.arriving(&alias).cloned());
            self.of_hub(&alias, affected);
        }
    }

    /// What is delivered from a hub, and to whom.
    fn of_hub(&self, hub: &Id, affected: &mut BTreeSet<Id>) {
        for delivery in self.links.deliveries.of(hub) {
            self.of_delivery(delivery, affected);
        }
    }

    /// The Namespace, if its System may exist only because of this object.
    fn system_of(&self, id: &Id) -> Option<Id> {
        let namespace = id.namespace()?;
        let is_needed_anyway = self.links.members.count(&namespace.into()) > 1;
        Id::of_namespace(namespace).filter(|system| !is_needed_anyway && self.node(system).is_some())
    }
}
