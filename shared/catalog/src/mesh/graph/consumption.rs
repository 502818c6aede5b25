//! Which EventTypes an object consumes.

use super::Graph;
use crate::{
    attributes::Answer,
    mesh::{id::Id, object::destination::Via},
};
use std::collections::HashMap;

impl Graph {
    /// The EventTypes that reach what the Component of an object represents. Triggers and Subscriptions deliver them, or
    /// what sends them has it as its sink.
    pub(crate) fn consumed(&self, id: &Id) -> HashMap<&Id, Answer> {
        let mut consumed = HashMap::new();
        let represented = self.represents(id);
        for represented in &represented {
            for node in self.links.named.of(represented).filter_map(|namer| self.node(namer)) {
                if node.relations.to(Via::Subscriber).any(|it| it.id() == Some(represented)) {
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
}
