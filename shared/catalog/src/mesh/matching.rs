//! Which EventTypes reach whom.

use super::{Mesh, declared::Declared, destination::Via, id::Id, node::Node, relations::Relations, role::Role};
use crate::{attributes::Answer, filter::Filter};
use std::collections::{BTreeSet, HashMap};

impl Mesh {
    /// The EventTypes whose events a Trigger or Subscription brings to its subscriber, for certain or perhaps.
    pub(super) fn matches(&self, delivery: &Relations) -> Vec<(&Id, Answer)> {
        let (Some(filter), Some(hub)) = (delivery.filter(), delivery.hub.as_ref()) else { return Vec::new() };
        let hub = self.hub(hub);
        if !self.node(hub).is_some_and(|node| node.relations.face.role.is_hub()) {
            return Vec::new();
        }
        let answered = |id| Some((id, self.answer(filter, self.declared(id)?)?));
        let types = filter.types();
        let mut matches = Vec::new();
        for hub in self.aliases(hub) {
            match &types {
                None => matches.extend(self.links.provided.of(hub).filter_map(answered)),
                Some(types) => {
                    for ty in types.iter().map(|ty| ty.as_str().into()).chain([ANY.into()]) {
                        matches.extend(self.links.provided_by_type.of(&(hub.clone(), ty)).filter_map(answered));
                    }
                }
            }
        }
        matches
    }

    /// The Triggers and Subscriptions that bring the events of an EventType, for certain or perhaps.
    pub(super) fn matching(&self, event_type: &Relations) -> Vec<&Id> {
        let (Some(declared), Some(hub)) = (event_type.declared(), event_type.hub.as_ref()) else { return Vec::new() };
        let is_matching = |id: &&Id| {
            let filter = self.node(id).and_then(|node| node.relations.filter());
            filter.is_some_and(|filter| self.answer(filter, declared).is_some())
        };
        let mut matching = Vec::new();
        for hub in self.aliases(self.hub(hub)) {
            match declared.indexed() {
                ANY => matching.extend(self.links.standing.of(hub).filter(is_matching)),
                ty => {
                    let by_type = self.links.by_type.of(&(hub.clone(), ty.into()));
                    matching.extend(by_type.chain(self.links.open.of(hub)).filter(is_matching));
                }
            }
        }
        matching
    }

    /// What reaches an object for which a Component of ours stands: by Triggers and Subscriptions, or since EventTypes refer
    /// to it, which a source does whose sink it is.
    pub(super) fn consumed(&self, id: &Id) -> HashMap<&Id, Answer> {
        let mut consumed = HashMap::new();
        let stood_for = self.stands_before(id);
        for stood_for in &stood_for {
            for node in self.links.named.of(stood_for).filter_map(|namer| self.node(namer)) {
                if node.relations.to(Via::Subscriber).any(|it| it.id() == Some(stood_for)) {
                    for (event_type, answer) in self.matches(&node.relations) {
                        let known = consumed.entry(event_type).or_insert(Answer::No);
                        *known = known.or(answer);
                    }
                }
            }
        }
        let is_hub = self.node(id).is_some_and(|node| node.relations.face.role.is_hub());
        let direct = stood_for.iter().filter(|_| !is_hub).flat_map(|id| self.links.provided.of(id));
        consumed.extend(direct.map(|event_type| (event_type, Answer::Yes)));
        consumed
    }

    /// The EventTypes that a hub has.
    pub(super) fn provided(&self, hub: &Id) -> BTreeSet<Id> {
        self.aliases(hub).flat_map(|hub| self.links.provided.of(hub)).cloned().collect()
    }

    /// The EventTypes of what an object produces: those that it owns, but for those of the events that it takes; of a source
    /// also those that were made for it, or say what it says where both name the same hub, unless something else owns them.
    pub(super) fn produced(&self, id: &Id) -> BTreeSet<Id> {
        let owned = self.links.named.of(id).filter(|it| self.is_owned(it, |owner| owner == id));
        let mut produced: BTreeSet<_> = owned.filter(|it| self.is_cataloged(it)).cloned().collect();
        let Some(source) = self.node(id).map(|node| &node.relations).filter(|it| it.face.role == Role::Source) else {
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

    /// The sources that may produce an EventType.
    pub(super) fn producers(&self, id: &Id, event_type: &Relations) -> BTreeSet<Id> {
        let Some(declared) = event_type.declared() else { return BTreeSet::new() };
        let place = |word: &str| (id.namespace().unwrap_or_default().into(), word.into());
        let named = declared.of_source.iter().flat_map(|name| self.links.sources.of(&place(name)));
        let producing = self.links.producing.of(&place(&declared.ty));
        event_type.face.owners.iter().chain(named).chain(producing).cloned().collect()
    }

    /// What stands behind a Channel that carries another one, or a Broker; else the hub itself.
    pub(super) fn hub<'a>(&'a self, hub: &'a Id) -> &'a Id {
        let Some(face) = self.node(hub).map(|node| &node.relations.face) else { return hub };
        let is_hub = |id: &&Id| self.node(id).is_some_and(|node| node.relations.face.role.is_hub());
        let carried = face.owners.iter().find(is_hub).filter(|_| face.may_carry());
        carried.unwrap_or(hub)
    }

    /// A hub and the Channels that carry it.
    fn aliases<'a>(&'a self, hub: &'a Id) -> impl Iterator<Item = &'a Id> {
        [hub].into_iter().chain(self.links.carriers.of(hub).filter(move |id| self.hub(id) == hub))
    }

    fn answer(&self, filter: &Filter, declared: &Declared) -> Option<Answer> {
        Some(filter.answer(&declared.pins)).filter(|answer| *answer != Answer::No)
    }

    fn declared(&self, id: &Id) -> Option<&Declared> {
        self.node(id)?.relations.declared()
    }

    fn is_cataloged(&self, id: &Id) -> bool {
        self.node(id).is_some_and(|node| node.relations.face.entity.is_some())
    }

    /// Whether such an object owns an EventType and is not what its events are sent to, which Knative makes their owner, too.
    fn is_owned(&self, id: &Id, is_such: impl Fn(&Id) -> bool) -> bool {
        let Some(relations) = self.node(id).map(|node| &node.relations).filter(|it| it.declared().is_some()) else {
            return false;
        };
        let mut owners = relations.face.owners.iter().filter(|owner| relations.hub.as_ref() != Some(owner));
        owners.any(is_such)
    }

    /// Whether an EventType is at the hub into which a source sends, as far as both name one.
    fn is_at_sink(&self, event_type: &Id, source: &Relations) -> bool {
        let hub = self.node(event_type).and_then(|node: &Node| node.relations.hub.as_ref());
        let sink = source.to(Via::Sink).find_map(|sink| sink.id());
        match (hub, sink) {
            (Some(hub), Some(sink)) => self.hub(hub) == self.hub(sink),
            _ => true,
        }
    }
}

/// Where an EventType is indexed whose type is a template.
const ANY: &str = "";

impl Declared {
    /// The type under which it is indexed.
    pub(super) fn indexed(&self) -> &str {
        self.pins.event_type().unwrap_or(ANY)
    }
}
