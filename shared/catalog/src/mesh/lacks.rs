//! What an object's descriptor would not say because something cannot be read.

use super::{Mesh, id::Id, role::Role};
use events::ObjectRef;

/// On these all who provide or consume depend.
const BETWEEN: [(&str, &str); 3] = [
    ("eventing.knative.dev/v1", "Trigger"),
    ("eventing.knative.dev/v1beta2", "EventType"),
    ("messaging.knative.dev/v1", "Subscription"),
];

impl Mesh {
    /// Whether the descriptor of an object tells of something unread: of what it names and what owns that, of its Namespace;
    /// of EventTypes, Triggers, Subscriptions and their hubs, where they decide what it provides, consumes or lets pass; and of
    /// the definitions which tell what is a source or a channel.
    pub fn lacks(&self, id: &Id, is_unread: impl Fn(&ObjectRef) -> bool) -> bool {
        let Some(relations) = self.node(id).map(|node| &node.relations) else { return false };
        let of_kind = |(api_version, kind): (&str, &str)| {
            ObjectRef::new(api_version, kind, id.namespace(), "any").is_ok_and(|any| is_unread(&any))
        };
        let is_between = match relations.face.role {
            Role::Trigger | Role::Subscription => of_kind(BETWEEN[1]),
            role => role.has_component() && BETWEEN.into_iter().any(of_kind),
        };
        // What it consumes hangs on the hubs of all that call it or what it owns.
        let callers = self.stood_for(id).into_iter().flat_map(|called| self.links.named.of(&called));
        let mut hubs = callers.filter_map(|caller| self.node(caller)?.relations.hub.as_ref());
        let namespace = id.namespace().and_then(Id::of_namespace);
        let destinations = relations.destinations.iter().filter_map(|destination| destination.id());
        let named = destinations.chain(&relations.hub).flat_map(|named| self.ancestry(named));
        is_between
            || relations.face.role.has_component() && hubs.any(|hub| is_unread(hub))
            || of_kind(("apiextensions.k8s.io/v1", "CustomResourceDefinition"))
            || namespace.into_iter().chain(named).any(|id| is_unread(&id))
    }
}
