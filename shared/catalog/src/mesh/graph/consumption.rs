//! Which EventTypes an object consumes.

use super::Graph;
use crate::{
    attributes::Answer,
    mesh::{id::Id, object::destination::Via},
};
use std::collections::HashMap;

impl Graph {
    /// The EventTypes that reach what the Component of an object represents. Triggers and Subscriptions deliver them,
    /// or they refer to it, as those of a source do whose sink it is.
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
        let is_hub = self.node(id).is_some_and(|node| node.relations.summary.role.is_hub());
        let direct = represented.iter().filter(|_| !is_hub).flat_map(|id| self.links.provided.of(id));
        consumed.extend(direct.map(|event_type| (event_type, Answer::Yes)));
        consumed
    }
}
