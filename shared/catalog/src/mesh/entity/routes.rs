//! Where the events of an object come from and go to: as refs, and in words.

use super::subject::Subject;
use crate::{
    attributes::Answer,
    entity::{EntityRef, Metadata},
    mesh::{graph::Graph, id::Id, object::destination::Via},
};
use std::collections::{BTreeMap, BTreeSet};

impl Graph {
    /// The refs of those of these objects that have an entity.
    pub(super) fn refs<'a>(&'a self, ids: impl IntoIterator<Item = &'a Id>) -> BTreeSet<EntityRef> {
        let entity = |id: &Id| self.node(id)?.relations.summary.entity.clone();
        ids.into_iter().filter_map(entity).collect()
    }

    /// The refs of all APIs that are consumed. An annotation names those of them that only may be.
    pub(super) fn consumable<'a>(
        &'a self,
        answers: impl IntoIterator<Item = (&'a Id, Answer)>,
    ) -> (BTreeSet<EntityRef>, Option<(String, String)>) {
        let entity = |id: &Id| self.node(id)?.relations.summary.entity.as_ref();
        let answers: Vec<_> = answers.into_iter().filter_map(|(id, answer)| Some((entity(id)?, answer))).collect();
        let maybe = answers.iter().filter(|(_, answer)| *answer == Answer::Maybe).map(|(entity, _)| entity.as_str());
        let maybe: Vec<_> = maybe.collect::<BTreeSet<_>>().into_iter().collect();
        let noted = (!maybe.is_empty()).then(|| ("callboard.dev/may-consume".to_owned(), maybe.join(", ")));
        (answers.into_iter().map(|(entity, _)| entity.clone()).collect(), noted)
    }

    /// The Components at destinations of these kinds.
    pub(super) fn components(&self, subject: &Subject<'_>, vias: &[Via]) -> BTreeSet<EntityRef> {
        let destinations = vias.iter().flat_map(|via| subject.relations.to(*via));
        let replies = self.reply_targets(subject.id).into_iter().filter(|_| vias.contains(&Via::Reply));
        let replies = replies.filter_map(|id| Some(self.cataloged_as(self.hub(id))?.component()));
        destinations.filter_map(|destination| self.component_at(destination)).chain(replies).collect()
    }

    /// Says in annotations where events go, even if that is not an object, or one that is not cataloged.
    pub(super) fn annotate_destinations(&self, subject: &Subject<'_>, metadata: &mut Metadata) {
        let mut all: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for destination in &subject.relations.destinations {
            all.entry(destination.via.annotation()).or_default().push(destination.in_words());
        }
        let replies: BTreeSet<_> =
            self.reply_targets(subject.id).into_iter().map(|id| self.hub(id).to_string()).collect();
        if !replies.is_empty() {
            all.entry(Via::Reply.annotation()).or_default().extend(replies);
        }
        let hub =
            subject.relations.hub.as_ref().map(|hub| ("callboard.dev/events-of", vec![self.hub(hub).to_string()]));
        let annotations = all.into_iter().chain(hub);
        metadata.annotations.extend(annotations.map(|(key, all)| (key.to_owned(), all.join(", "))));
    }
}

impl Via {
    /// The annotation that says where it leads.
    fn annotation(self) -> &'static str {
        match self {
            Self::DeadLetterSink => "callboard.dev/dead-letter-sink",
            Self::Dependency => "callboard.dev/dependency",
            Self::Reply => "callboard.dev/reply",
            Self::Sink => "callboard.dev/sink",
            Self::Step => "callboard.dev/steps",
            Self::Subject => "callboard.dev/subject",
            Self::Subscriber => "callboard.dev/subscriber",
        }
    }
}
