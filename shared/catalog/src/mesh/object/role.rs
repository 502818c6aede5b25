//! The role of an object in the event mesh, by its kind.

use crate::alone::alone;
use events::Object;
use serde::Deserialize;
use std::collections::BTreeMap;

/// A role in the event mesh.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    EventType,
    Broker,
    Channel,
    Trigger,
    Subscription,
    Source,
    /// A Sequence or a Parallel.
    Flow,
    /// An EventTransform: it sends what it takes on, or replies with it.
    Transform,
    /// A RequestReply: it sends what it takes to a Broker, and takes the answer from there.
    RequestReply,
    /// What takes events and is not a workload, such as a JobSink.
    Sink,
    /// A Knative Service.
    Service,
    Namespace,
    /// Anything else that a Trigger may name, or that may own what it names.
    Workload,
}

/// The table of kinds. CustomResourceDefinitions with the labels of Knative's duck types add to it.
#[derive(Debug, Default)]
pub(crate) struct Roles(BTreeMap<Kind, Learned>);

/// A group and a kind in it.
pub(crate) type Kind = (Box<str>, Box<str>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Learned {
    /// The name of the CustomResourceDefinition.
    definition: Box<str>,
    role: Role,
    types: Result<Box<[Box<str>]>, String>,
}

/// An entry of the annotation `registry.knative.dev/eventTypes`.
#[derive(Deserialize)]
struct Registered {
    #[serde(rename = "type")]
    ty: Box<str>,
}

impl Roles {
    /// The role of the objects of a kind.
    pub(crate) fn of(&self, group: &str, kind: &str) -> Role {
        match (group, kind) {
            ("eventing.knative.dev", "EventType") => Role::EventType,
            ("eventing.knative.dev", "Broker") => Role::Broker,
            ("eventing.knative.dev", "Trigger") => Role::Trigger,
            ("eventing.knative.dev", "KafkaSink") => Role::Sink,
            ("eventing.knative.dev", "EventTransform") => Role::Transform,
            ("eventing.knative.dev", "RequestReply") => Role::RequestReply,
            ("messaging.knative.dev", "Subscription") => Role::Subscription,
            ("messaging.knative.dev", kind) if kind.ends_with("Channel") => Role::Channel,
            ("flows.knative.dev", "Sequence" | "Parallel") => Role::Flow,
            ("sinks.knative.dev", _) => Role::Sink,
            ("sources.knative.dev", _) => Role::Source,
            ("serving.knative.dev", "Service") => Role::Service,
            ("", "Namespace") => Role::Namespace,
            _ => self.learned(group, kind).map_or(Role::Workload, |learned| learned.role),
        }
    }

    /// The types that sources of a kind produce, as its definition says; an error if that is malformed.
    pub(crate) fn types(&self, group: &str, kind: &str) -> Result<&[Box<str>], &str> {
        match self.learned(group, kind).map(|learned| &learned.types) {
            Some(Ok(types)) => Ok(types),
            Some(Err(why)) => Err(why),
            None => Ok(&[]),
        }
    }

    /// Takes in what the CustomResourceDefinition of this name says, or its deletion, and returns the kinds that this
    /// changes.
    pub(crate) fn learn(&mut self, name: &str, definition: Option<&Object>) -> Vec<Kind> {
        let before = self.0.iter().find(|(_, learned)| &*learned.definition == name);
        let before = before.map(|(kind, learned)| (kind.clone(), learned.clone()));
        let after = definition.and_then(|it| alone(it.reference(), || Learned::of(it))?);
        if before == after {
            return Vec::new();
        }
        before.iter().for_each(|(kind, _)| drop(self.0.remove(kind)));
        let changed = before.iter().chain(&after).map(|(kind, _)| kind.clone()).collect();
        self.0.extend(after);
        changed
    }

    /// The group and the kind of which the CustomResourceDefinition of this name says something.
    pub(crate) fn defined_by(&self, name: &str) -> Option<(&str, &str)> {
        let ((group, kind), _) = self.0.iter().find(|(_, learned)| &*learned.definition == name)?;
        Some((group, kind))
    }

    fn learned(&self, group: &str, kind: &str) -> Option<&Learned> {
        self.0.get(&(group.into(), kind.into()))
    }
}

impl Learned {
    /// What a CustomResourceDefinition says; `None` if its kind has no role in the mesh.
    fn of(definition: &Object) -> Option<(Kind, Self)> {
        let is = |label| definition.label(label) == Some("true");
        let role = match () {
            () if is("duck.knative.dev/source") => Role::Source,
            () if is("messaging.knative.dev/subscribable") => Role::Channel,
            () => return None,
        };
        let kind = (definition.text("/spec/group")?.into(), definition.text("/spec/names/kind")?.into());
        let types = definition.annotation("registry.knative.dev/eventTypes").map_or(Ok([].into()), types);
        Some((kind, Self { definition: definition.reference().name().into(), role, types }))
    }
}

fn types(annotation: &str) -> Result<Box<[Box<str>]>, String> {
    let registered: Vec<Registered> = serde_json::from_str(annotation).map_err(|error| {
        format!("is not a JSON array of objects with a type in the definition of its kind: {error}")
    })?;
    Ok(registered.into_iter().map(|it| it.ty).collect())
}

impl Role {
    /// Whether EventTypes refer to it, and Triggers or Subscriptions take events from it.
    pub(crate) fn is_hub(self) -> bool {
        matches!(self, Self::Broker | Self::Channel)
    }

    /// Whether its Component is that of what sends or takes events. That of a Trigger or Subscription stands for a
    /// delivery.
    pub(crate) fn has_component(self) -> bool {
        match self {
            Self::Broker
            | Self::Channel
            | Self::Source
            | Self::Flow
            | Self::Transform
            | Self::RequestReply
            | Self::Sink
            | Self::Service => true,
            Self::EventType | Self::Trigger | Self::Subscription | Self::Namespace | Self::Workload => false,
        }
    }

    /// Whether a Trigger may name it as its subscriber, or it may own what a Trigger names.
    pub(crate) fn is_addressed(self) -> bool {
        self.has_component() || self == Self::Workload
    }
}
