//! Who consumes an EventType, in words.

use super::{called, in_words};
use crate::{
    attributes::Answer,
    mesh::{
        graph::{Graph, cataloged_as::CatalogedAs, consumption::Consumer},
        id::Id,
        object::{destination::Via, node::Node},
    },
};

/// The most consumers that a description names, and that a document does.
const MAX_IN_SENTENCES: usize = 10;
const MAX_IN_LIST: usize = 100;

/// Who consumes an EventType.
pub(crate) struct Consumers {
    /// Those that get each event.
    surely: Vec<String>,
    /// Those that may get some.
    maybe: Vec<String>,
}

impl Consumers {
    pub(crate) fn of(graph: &Graph, id: &Id, event_type: &Node) -> Self {
        let all = graph.consumers(event_type);
        let those = |answer| {
            let those = all.iter().filter(move |it| it.answer == answer);
            those.map(|it| described(graph, id, it)).collect()
        };
        Self { surely: those(Answer::Yes), maybe: those(Answer::Maybe) }
    }

    /// Sentences for a description.
    pub(crate) fn in_sentences(&self) -> String {
        let sentence = |head: &str, all: &[String]| {
            (!all.is_empty()).then(|| format!("{head} {}.", cut(all, MAX_IN_SENTENCES).join("; ")))
        };
        let said = [sentence("Consumed by", &self.surely), sentence("Perhaps consumed by", &self.maybe)];
        let said: Vec<_> = said.into_iter().flatten().collect();
        if said.is_empty() { "No Trigger or Subscription delivers it.".to_owned() } else { said.join(" ") }
    }

    /// A list in Markdown for a document; `None` if there is nobody.
    pub(crate) fn in_markdown(&self) -> Option<String> {
        let maybe = self.maybe.iter().map(|it| format!("perhaps {it}"));
        let all: Vec<_> = self.surely.iter().cloned().chain(maybe).collect();
        let items: Vec<_> = cut(&all, MAX_IN_LIST).into_iter().map(|it| format!("- {it}")).collect();
        (!items.is_empty()).then(|| format!("Consumed by\n\n{}", items.join("\n")))
    }
}

/// `Service worker through Trigger work`.
fn described(graph: &Graph, event_type: &Id, consumer: &Consumer<'_>) -> String {
    let subscriber = || {
        let node = graph.node(consumer.through?)?;
        node.relations.to(Via::Subscriber).next().map(|it| in_words(graph, it, event_type))
    };
    let who = match &consumer.cataloged_as {
        Some(CatalogedAs::Mesh(id, _)) => Some(called(id, event_type.namespace())),
        Some(CatalogedAs::Elsewhere(component)) => Some(component.name().to_owned()),
        None => subscriber(),
    };
    let who = who.unwrap_or_else(|| "an unknown subscriber".to_owned());
    match consumer.through {
        Some(delivery) => format!("{who} through {}", called(delivery, event_type.namespace())),
        None => who,
    }
}

fn cut(all: &[String], most: usize) -> Vec<String> {
    let more = all.len().saturating_sub(most);
    let more = (more > 0).then(|| format!("{more} more"));
    all.iter().take(most).cloned().chain(more).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn consumers(surely: usize, maybe: usize) -> Consumers {
        let named = |count, name: &str| (0..count).map(|n| format!("{name}{n}")).collect();
        Consumers { surely: named(surely, "a"), maybe: named(maybe, "b") }
    }

    #[test]
    fn what_is_sure_is_said_before_what_may_be() {
        assert_eq!(consumers(2, 1).in_sentences(), "Consumed by a0; a1. Perhaps consumed by b0.");
        assert_eq!(consumers(0, 1).in_sentences(), "Perhaps consumed by b0.");
        assert_eq!(consumers(1, 1).in_markdown().as_deref(), Some("Consumed by\n\n- a0\n- perhaps b0"));
    }

    #[test]
    fn that_there_is_nobody_is_said_and_listed_as_nothing() {
        assert_eq!(consumers(0, 0).in_sentences(), "No Trigger or Subscription delivers it.");
        assert_eq!(consumers(0, 0).in_markdown(), None);
    }

    #[test]
    fn many_are_counted() {
        assert!(consumers(12, 0).in_sentences().ends_with("; a9; 2 more."));
        assert!(consumers(99, 3).in_markdown().unwrap().ends_with("- perhaps b0\n- 2 more"));
    }
}
