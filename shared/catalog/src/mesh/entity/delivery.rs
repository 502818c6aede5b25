//! The Component of a Trigger or Subscription.

use super::{subject::Subject, words};
use crate::{
    entity::{ComponentSpec, Dependencies, Entity, Spec},
    mesh::{
        graph::{Graph, cataloged_as::CatalogedAs},
        object::destination::Via,
    },
    notes::Notes,
    secret::LeftOut,
    settings::Settings,
};
use std::collections::BTreeSet;

/// The Component of a Trigger or Subscription. It depends on its hub, and its subscriber depends on it. It consumes for
/// a subscriber that has no Component of the mesh: Backstage takes `consumesApis` only from a Component itself.
pub(super) fn delivery(graph: &Graph, subject: Subject<'_>, settings: &Settings, notes: &mut Notes) -> Entity {
    if words::is_filter_hidden(subject.object) {
        let left_out = LeftOut { secrets: vec!["spec.filters".to_owned()], ..LeftOut::default() };
        notes.leave_out(&subject.named.entity_ref(), &left_out);
    }
    let mut metadata = subject.metadata(graph, settings, Some(words::delivery(graph, &subject)));
    graph.annotate_destinations(&subject, &mut metadata);
    let filter = words::filter_as_json(subject.object);
    metadata.annotations.extend(filter.map(|text| ("callboard.dev/filter".to_owned(), text)));
    let (matched, maybe) = graph.consumable(graph.matches(subject.relations));
    metadata.annotations.extend(maybe);
    let consumer = graph.consumer(subject.id);
    let consumed = match consumer {
        Some(CatalogedAs::Mesh(..)) => BTreeSet::new(),
        Some(CatalogedAs::Elsewhere(_)) | None => matched,
    };
    let hub = subject.relations.hub.as_ref().and_then(|hub| graph.cataloged_as(graph.hub(hub)));
    let needed = graph.components(&subject, &[Via::Reply, Via::DeadLetterSink, Via::Dependency]);
    let needed = needed.into_iter().chain(hub.map(CatalogedAs::component));
    let spec = ComponentSpec {
        ty: subject.ty(|| subject.group_and_kind()),
        lifecycle: subject.lifecycle(),
        provides_apis: subject.overrides.provides_apis.clone(),
        consumes_apis: consumed.into_iter().chain(subject.overrides.consumes_apis.clone()).collect(),
        dependencies: Dependencies {
            depends_on: subject.others(needed.chain(subject.overrides.depends_on.clone())),
            dependency_of: subject.others(consumer.map(CatalogedAs::component)),
        },
        ownership: subject.ownership,
    };
    Entity::new(metadata, Spec::Component(spec))
}
