//! The Resource of a Trigger or Subscription.

use super::subject::Subject;
use crate::{
    entity::{Dependencies, Entity, ResourceSpec, Spec},
    mesh::{
        graph::{Graph, cataloged_as::CatalogedAs},
        object::destination::Via,
    },
    secret,
    settings::Settings,
};
use events::Object;

/// The longest filter that an annotation shows, in bytes.
const MAX_FILTER: usize = 1000;

/// The Resource of a Trigger or Subscription. It depends on its hub and on the APIs that pass, and its subscriber
/// depends on it.
pub(super) fn resource(graph: &Graph, subject: Subject<'_>, settings: &Settings) -> Entity {
    let mut metadata = subject.metadata(settings);
    graph.annotate_destinations(&subject, &mut metadata);
    metadata.annotations.extend(filter(subject.object).map(|text| ("callboard.dev/filter".to_owned(), text)));
    let (consumed, maybe) = graph.consumable(graph.matches(subject.relations));
    metadata.annotations.extend(maybe);
    let hub = subject.relations.hub.as_ref().and_then(|hub| graph.cataloged_as(graph.hub(hub)));
    let needed = graph.components(&subject, &[Via::Reply, Via::DeadLetterSink, Via::Dependency]);
    let needed = needed.into_iter().chain(consumed).chain(hub.map(CatalogedAs::component));
    let spec = ResourceSpec {
        ty: subject.ty(|| subject.group_and_kind()),
        dependencies: Dependencies {
            depends_on: subject.others(needed.chain(subject.overrides.depends_on.clone())),
            dependency_of: subject.others(graph.components(&subject, &[Via::Subscriber])),
        },
        ownership: subject.ownership,
    };
    Entity::new(metadata, Spec::Resource(spec))
}

/// The filter that counts, if it is short and holds no secret.
fn filter(trigger: &Object) -> Option<String> {
    let filters = trigger.at("/spec/filters").filter(|filters| filters.as_array().is_some_and(|all| !all.is_empty()));
    let filter = filters.or_else(|| trigger.at("/spec/filter/attributes"))?;
    Some(filter.to_string()).filter(|text| text.len() <= MAX_FILTER && !secret::may_be_in_text(text))
}
