//! What provides, carries or consumes events: its Component; and a Trigger or Subscription: its Resource.

use super::{Mesh, described::Subject, destination::Via, role::Role, stands_for::Stand};
use crate::{
    entity::{ComponentSpec, Dependencies, Entity, EntityRef, Metadata, ResourceSpec, Spec, rules::is_label_value},
    secret,
};
use events::Object;
use std::collections::{BTreeMap, BTreeSet};

/// The longest filter that an annotation shows, in bytes.
const MAX_FILTER: usize = 1000;

impl Mesh {
    /// The Component of a Broker, Channel, source, flow, sink or Knative Service.
    pub(super) fn component(&self, subject: Subject<'_>) -> Entity {
        let mut metadata = subject.metadata(&self.settings);
        self.tell(&subject, &mut metadata);
        let role = subject.relations.face.role;
        let provided = if role.is_hub() { self.provided(subject.id) } else { self.produced(subject.id) };
        let (consumed, maybe) = self.consumable(self.consumed(subject.id));
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
            |ours: BTreeSet<EntityRef>, wished: &BTreeSet<EntityRef>| ours.into_iter().chain(wished.clone()).collect();
        let needed = [Via::Sink, Via::Step, Via::Reply, Via::DeadLetterSink];
        let spec = ComponentSpec {
            ty: subject.ty(ty),
            lifecycle: subject.lifecycle(),
            provides_apis: all(self.refs(&provided), &subject.wishes.provides_apis),
            consumes_apis: all(consumed, &subject.wishes.consumes_apis),
            dependencies: Dependencies {
                depends_on: subject.others(all(self.components(&subject, &needed), &subject.wishes.depends_on)),
                dependency_of: subject.others(self.components(&subject, &[Via::Subject])),
            },
            ownership: subject.ownership,
        };
        Entity::new(metadata, Spec::Component(spec))
    }

    /// The Resource of a Trigger or Subscription: it needs its hub and the APIs that pass, and its subscriber needs it.
    pub(super) fn resource(&self, subject: Subject<'_>) -> Entity {
        let mut metadata = subject.metadata(&self.settings);
        self.tell(&subject, &mut metadata);
        metadata.annotations.extend(filter(subject.object).map(|text| ("callboard.dev/filter".to_owned(), text)));
        let (consumed, maybe) = self.consumable(self.matches(subject.relations));
        metadata.annotations.extend(maybe);
        let hub = subject.relations.hub.as_ref().and_then(|hub| self.stands_for(self.hub(hub)));
        let needed = self.components(&subject, &[Via::Reply, Via::DeadLetterSink]);
        let needed = needed.into_iter().chain(consumed).chain(hub.map(Stand::component));
        let spec = ResourceSpec {
            ty: subject.ty(|| subject.group_and_kind()),
            dependencies: Dependencies {
                depends_on: subject.others(needed.chain(subject.wishes.depends_on.clone())),
                dependency_of: subject.others(self.components(&subject, &[Via::Subscriber])),
            },
            ownership: subject.ownership,
        };
        Entity::new(metadata, Spec::Resource(spec))
    }

    /// The Components at destinations of these kinds.
    fn components(&self, subject: &Subject<'_>, vias: &[Via]) -> BTreeSet<EntityRef> {
        let destinations = vias.iter().flat_map(|via| subject.relations.to(*via));
        destinations.filter_map(|destination| self.component_at(destination)).collect()
    }

    /// Where events go, in words: also where that is no object, or one that nobody cataloged.
    fn tell(&self, subject: &Subject<'_>, metadata: &mut Metadata) {
        let mut all: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for destination in &subject.relations.destinations {
            all.entry(destination.via.annotation()).or_default().push(destination.in_words());
        }
        let hub =
            subject.relations.hub.as_ref().map(|hub| ("callboard.dev/events-of", vec![self.hub(hub).to_string()]));
        let told = all.into_iter().chain(hub);
        metadata.annotations.extend(told.map(|(key, all)| (key.to_owned(), all.join(", "))));
    }
}

/// The filter that counts, if it is short and holds no secret.
fn filter(trigger: &Object) -> Option<String> {
    let filters = trigger.at("/spec/filters").filter(|filters| filters.as_array().is_some_and(|all| !all.is_empty()));
    let filter = filters.or_else(|| trigger.at("/spec/filter/attributes"))?;
    Some(filter.to_string()).filter(|text| text.len() <= MAX_FILTER && !secret::may_be_in_text(text))
}

/// What Backstage's Kubernetes tab needs, and what func says of it.
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

impl Via {
    /// The annotation which tells where that leads.
    fn annotation(self) -> &'static str {
        match self {
            Self::DeadLetterSink => "callboard.dev/dead-letter-sink",
            Self::Reply => "callboard.dev/reply",
            Self::Sink => "callboard.dev/sink",
            Self::Step => "callboard.dev/steps",
            Self::Subject => "callboard.dev/subject",
            Self::Subscriber => "callboard.dev/subscriber",
        }
    }
}
