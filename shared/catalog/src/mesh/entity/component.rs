//! The Component of what provides, carries or consumes events.

use super::{subject::Subject, words};
use crate::{
    entity::{ComponentSpec, Dependencies, Entity, EntityRef, Metadata, Spec, rules::is_label_value},
    mesh::{
        graph::Graph,
        object::{destination::Via, role::Role},
    },
    settings::Settings,
};
use std::collections::BTreeSet;

/// The Component of a Broker, Channel, source, flow, sink or Knative Service.
pub(super) fn component(graph: &Graph, subject: Subject<'_>, settings: &Settings) -> Entity {
    let role = subject.relations.summary.role;
    let provided = if role.is_hub() { graph.provided(subject.id) } else { graph.produced(subject.id) };
    let consumed = graph.consumed(subject.id);
    let description = words::component(graph, &subject, &provided, consumed.keys().copied());
    let mut metadata = subject.metadata(graph, settings, Some(description));
    graph.annotate_destinations(&subject, &mut metadata);
    let (consumed, maybe) = graph.consumable(consumed);
    metadata.annotations.extend(maybe);
    if role == Role::Service {
        describe_service(&subject, &mut metadata);
    }
    let ty = || match role {
        Role::Broker => "broker".to_owned(),
        Role::Service => "service".to_owned(),
        _ => subject.group_and_kind(),
    };
    let all =
        |found: BTreeSet<EntityRef>, added: &BTreeSet<EntityRef>| found.into_iter().chain(added.clone()).collect();
    let needed = [Via::Sink, Via::Step, Via::Reply, Via::DeadLetterSink];
    // A source is part of the Component that it names.
    let whole = subject.relations.summary.belongs_to().filter(|_| role == Role::Source);
    let needing = graph.components(&subject, &[Via::Subject]).into_iter().chain(whole.cloned());
    let spec = ComponentSpec {
        ty: subject.ty(ty),
        lifecycle: subject.lifecycle(),
        provides_apis: all(graph.refs(&provided), &subject.overrides.provides_apis),
        consumes_apis: all(consumed, &subject.overrides.consumes_apis),
        dependencies: Dependencies {
            depends_on: subject.others(all(graph.components(&subject, &needed), &subject.overrides.depends_on)),
            dependency_of: subject.others(needing),
        },
        ownership: subject.ownership,
    };
    Entity::new(metadata, Spec::Component(spec))
}

/// What Backstage's Kubernetes tab needs, and the tag of a function of func.
fn describe_service(subject: &Subject<'_>, metadata: &mut Metadata) {
    let name = subject.object.reference().name();
    if is_label_value(name) {
        let selector =
            ("backstage.io/kubernetes-label-selector".to_owned(), format!("serving.knative.dev/service={name}"));
        metadata.annotations.entry(selector.0).or_insert(selector.1);
    }
    if subject.object.label("function.knative.dev/name").is_some() {
        metadata.tags.insert("function".to_owned());
    }
}
