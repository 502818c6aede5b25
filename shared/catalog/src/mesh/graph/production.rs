//! Which EventTypes an object provides or produces.

use super::Graph;
use crate::mesh::{
    id::Id,
    object::{destination::Via, node::Node, relations::Relations, role::Role},
};
use std::collections::BTreeSet;

impl Graph {
    /// The EventTypes that a hub has.
    pub(crate) fn provided(&self, hub: &Id) -> BTreeSet<Id> {
        self.aliases(hub).iter().flat_map(|hub| self.arriving(hub)).cloned().collect()
    }

    /// The EventTypes of what an object produces: those that it owns, except those of the events that it takes, and those
    /// that refer to it as what provides them. Of a source also those that were created for it, and those with the type
    /// and source that it names, if both name the same hub. What something else owns is not among the latter two.
    pub(crate) fn produced(&self, id: &Id) -> BTreeSet<Id> {
        let owned = self.links.named.of(id).filter(|it| self.is_owned(it, |owner| owner == id));
        let mut produced: BTreeSet<_> = owned.filter(|it| self.is_cataloged(it)).cloned().collect();
        produced.extend(self.represents(id).iter().flat_map(|it| self.provided_by(it)).cloned());
        let Some(source) = self.node(id).map(|node| &node.relations).filter(|it| it.summary.role == Role::Source)
        else {
            return produced;
        };
        let namespace: Box<str> = id.namespace().unwrap_or_default().into();
        let place = |word: &str| (namespace.clone(), word.into());
        let made_for = self.links.made_for.of(&place(id.name())).filter(|it| !self.is_owned(it, |_| true));
        produced.extend(made_for.cloned());
        for said in source.produced() {
            let candidates = self.links.declared.of(&place(&said.ty));
            let fitting = candidates.filter(|it| self.declared(it).is_some_and(|declared| declared.is_of(said)));
            produced.extend(fitting.filter(|it| !self.is_owned(it, |_| true) && self.is_at_sink(it, source)).cloned());
        }
        produced
    }

    /// The objects that may produce an EventType.
    pub(crate) fn producers(&self, id: &Id, event_type: &Relations) -> BTreeSet<Id> {
        let Some(declared) = event_type.declared() else { return BTreeSet::new() };
        let place = |word: &str| (id.namespace().unwrap_or_default().into(), word.into());
        let named = declared.source_name.iter().flat_map(|name| self.links.sources.of(&place(name)));
        let producing = self.links.producing.of(&place(&declared.ty));
        let sources = event_type.summary.owners.iter().chain(named).chain(producing).cloned();
        let providers = self.providers(event_type).into_iter().filter_map(|provider| self.represented_by(provider));
        sources.chain(providers).collect()
    }

    pub(super) fn is_cataloged(&self, id: &Id) -> bool {
        self.node(id).is_some_and(|node| node.relations.summary.entity.is_some())
    }

    /// Whether such an object owns an EventType. The hub of its events does not count, though Knative makes it an
    /// owner, too.
    fn is_owned(&self, id: &Id, is_such: impl Fn(&Id) -> bool) -> bool {
        let Some(relations) = self.node(id).map(|node| &node.relations).filter(|it| it.declared().is_some()) else {
            return false;
        };
        let mut owners = relations.summary.owners.iter().filter(|owner| relations.hub.as_ref() != Some(owner));
        owners.any(is_such)
    }

    /// Whether an EventType is at the hub to which a source sends, as far as both name one.
    fn is_at_sink(&self, event_type: &Id, source: &Relations) -> bool {
        let hub = self.node(event_type).and_then(|node: &Node| node.relations.hub.as_ref());
        let sink = source.to(Via::Sink).find_map(|sink| sink.id());
        match (hub, sink) {
            (Some(hub), Some(sink)) => self.hub(hub) == self.hub(sink),
            _ => true,
        }
    }
}
