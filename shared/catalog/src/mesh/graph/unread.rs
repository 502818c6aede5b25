//! Whether a descriptor depends on something that was not read yet, or cannot be read.

use super::Graph;
use crate::mesh::{
    id::Id,
    object::{address::channels_behind, destination::Via, relations::Relations, role::Role},
};
use events::ObjectRef;

/// All that provides or consumes events depends on these.
const BETWEEN: [(&str, &str); 3] = [
    ("eventing.knative.dev/v1", "Trigger"),
    ("eventing.knative.dev/v1beta2", "EventType"),
    ("messaging.knative.dev/v1", "Subscription"),
];

impl Graph {
    /// Whether the descriptor of an object depends on something unread.
    pub(crate) fn depends_on_unread(&self, id: &Id, is_unread: impl Fn(&ObjectRef) -> bool) -> bool {
        let Some(relations) = self.node(id).map(|node| &node.relations) else { return false };
        let of_kind = |(api_version, kind): (&str, &str)| {
            ObjectRef::new(api_version, kind, id.namespace(), "any").is_ok_and(|any| is_unread(&any))
        };
        let is_between = match relations.summary.role {
            Role::Trigger | Role::Subscription => of_kind(BETWEEN[1]),
            Role::EventType => {
                [BETWEEN[0], BETWEEN[2]].into_iter().any(of_kind)
                    || self.subscribers_of(relations).any(|id| is_unread(&id))
            }
            role => role.has_component() && BETWEEN.into_iter().any(of_kind),
        };
        // What it consumes depends on the hubs of all that call it or what it owns.
        let callers = self.with_owned(id).into_iter().flat_map(|called| self.links.named.of(&called));
        let mut hubs = callers.filter_map(|caller| self.node(caller)?.relations.hub.as_ref());
        let namespace = id.namespace().and_then(Id::of_namespace);
        let destinations = relations.destinations.iter().filter_map(|destination| destination.id());
        let named = destinations.chain(&relations.hub).chain(self.arrivals(relations)).chain(self.reply_targets(id));
        let named = named.flat_map(|named| {
            let channels = channels_behind(named).into_iter().map(|channel| Id::of(&channel));
            self.with_owners(named).into_iter().chain(channels)
        });
        // Where their events arrive, nobody knows.
        let mut senders = self.links.unknown_senders.iter();
        is_between
            || relations.summary.role.has_component()
                && (hubs.any(|hub| is_unread(hub)) || senders.any(|sender| is_unread(sender)))
            || of_kind(("apiextensions.k8s.io/v1", "CustomResourceDefinition"))
            || namespace.into_iter().chain(named).any(|id| is_unread(&id))
    }

    /// The subscribers to which an EventType is delivered, and what owns them.
    fn subscribers_of<'a>(&'a self, event_type: &'a Relations) -> impl Iterator<Item = Id> {
        let deliveries = self.matching(event_type).into_iter().filter_map(|(delivery, _)| self.node(delivery));
        let subscribers = deliveries.flat_map(|node| node.relations.to(Via::Subscriber));
        subscribers.filter_map(|it| it.id()).flat_map(|id| self.with_owners(id))
    }
}
