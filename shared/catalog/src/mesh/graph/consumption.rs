//! Which EventTypes an object consumes, and who consumes an EventType.

use super::{Graph, cataloged_as::CatalogedAs};
use crate::{
    attributes::Answer,
    mesh::{
        id::Id,
        object::{destination::Via, node::Node},
    },
};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Who gets the events of an EventType, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Consumer<'a> {
    /// As which it is cataloged, if it is.
    pub(crate) cataloged_as: Option<CatalogedAs>,
    /// The Trigger or Subscription. `None` for one without an entity, and for what a source sends to its sink.
    pub(crate) through: Option<&'a Id>,
    /// Whether it gets all of the events.
    pub(crate) answer: Answer,
}

impl Graph {
    /// The EventTypes that reach what the Component of an object represents. Triggers and Subscriptions deliver them, or
    /// what sends them has it as its sink.
    pub(crate) fn consumed(&self, id: &Id) -> HashMap<&Id, Answer> {
        let mut consumed = HashMap::new();
        let represented = self.represents(id);
        for represented in &represented {
            for delivery in self.links.named.of(represented).filter(|delivery| self.is_consumer(id, delivery)) {
                let Some(node) = self.node(delivery) else { continue };
                if self.is_subscriber(represented, delivery) {
                    for (event_type, answer) in self.matches(&node.relations) {
                        let known = consumed.entry(event_type).or_insert(Answer::No);
                        *known = known.or(answer);
                    }
                }
            }
        }
        let is_hub = self.is_hub(id);
        let direct = represented.iter().filter(|_| !is_hub).flat_map(|id| self.arriving(id));
        consumed.extend(direct.map(|event_type| (event_type, Answer::Yes)));
        consumed
    }

    /// Whether an object is the subscriber of a Trigger or Subscription.
    pub(super) fn is_subscriber(&self, id: &Id, delivery: &Id) -> bool {
        let mut subscribers = self.node(delivery).into_iter().flat_map(|node| node.relations.to(Via::Subscriber));
        subscribers.any(|it| it.id() == Some(id))
    }

    /// Whether a Trigger or Subscription delivers to the Component of this object.
    fn is_consumer(&self, id: &Id, delivery: &Id) -> bool {
        matches!(self.consumer(delivery), Some(CatalogedAs::Mesh(consumer, _)) if consumer == *id)
    }

    /// Who consumes an EventType, in the order of the Triggers and Subscriptions. Only what the catalog shows: a
    /// Component of the mesh, or a Trigger or Subscription that has an entity.
    pub(crate) fn consumers<'a>(&'a self, event_type: &'a Node) -> Vec<Consumer<'a>> {
        let through = |(id, answer)| {
            let cataloged_as = self.consumer(id);
            let through = Some(id).filter(|id| self.is_cataloged(id));
            let is_shown = through.is_some() || matches!(cataloged_as, Some(CatalogedAs::Mesh(..)));
            is_shown.then_some(Consumer { cataloged_as, through, answer })
        };
        let deliveries: BTreeMap<_, _> = self.matching(&event_type.relations).into_iter().collect();
        let delivering = deliveries.into_iter().filter(|(id, _)| self.is_on_hub(id));
        let sinks: BTreeSet<_> =
            self.arrivals(&event_type.relations).into_iter().filter(|id| !self.is_hub(id)).collect();
        let direct = sinks.into_iter().filter_map(|sink| self.cataloged_as(sink)).map(|it| Consumer {
            cataloged_as: Some(it),
            through: None,
            answer: Answer::Yes,
        });
        delivering.filter_map(through).chain(direct).collect()
    }

    /// Whether a Trigger or Subscription takes events from a Broker or Channel that is there.
    fn is_on_hub(&self, delivery: &Id) -> bool {
        let hub = self.node(delivery).and_then(|node| node.relations.hub.as_ref());
        hub.is_some_and(|hub| self.is_hub(self.hub(hub)))
    }
}
