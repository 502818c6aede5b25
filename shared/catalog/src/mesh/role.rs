//! Which part an object plays in the event mesh, by its kind.

use events::Object;
use serde::Deserialize;
use std::collections::BTreeMap;

/// A part in the event mesh.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    EventType,
    Broker,
    Channel,
    Trigger,
    Subscription,
    Source,
    /// A Sequence or a Parallel.
    Flow,
    /// What takes events and is no workload, such as a JobSink.
    Sink,
    /// A Knative Service.
    Service,
    Namespace,
    /// What a Trigger may name beside those, or what owns it.
    Workload,
}

/// The table of kinds, and what CustomResourceDefinitions add to it by the labels of Knative's duck types.
#[derive(Debug, Default)]
pub(super) struct Roles(BTreeMap<Kind, Learned>);

/// A group and a kind in it.
pub(super) type Kind = (Box<str>, Box<str>);

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
    /// The part that objects of a kind play.
    pub(super) fn of(&self, group: &str, kind: &str) -> Role {
        match (group, kind) {
            ("eventing.knative.dev", "EventType") => Role::EventType,
            ("eventing.knative.dev", "Broker") => Role::Broker,
            ("eventing.knative.dev", "Trigger") => Role::Trigger,
            ("eventing.knative.dev", "KafkaSink") => Role::Sink,
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

    /// The types that sources of a kind produce, as its definition says; an error where that is malformed.
    pub(super) fn types(&self, group: &str, kind: &str) -> Result<&[Box<str>], &str> {
        match self.learned(group, kind).map(|learned| &learned.types) {
            Some(Ok(types)) => Ok(types),
            Some(Err(why)) => Err(why),
            None => Ok(&[]),
        }
    }

    /// Takes in what the CustomResourceDefinition of this name says, or that it is gone; the kinds of which that is news.
    pub(super) fn learn(&mut self, name: &str, definition: Option<&Object>) -> Vec<Kind> {
        let before = self.0.iter().find(|(_, learned)| &*learned.definition == name);
        let before = before.map(|(kind, learned)| (kind.clone(), learned.clone()));
        let after = definition.and_then(Learned::of);
        if before == after {
            return Vec::new();
        }
        before.iter().for_each(|(kind, _)| drop(self.0.remove(kind)));
        let news = before.iter().chain(&after).map(|(kind, _)| kind.clone()).collect();
        self.0.extend(after);
        news
    }

    /// The group and the kind of which the CustomResourceDefinition of this name says something.
    pub(super) fn defined_by(&self, name: &str) -> Option<(&str, &str)> {
        let ((group, kind), _) = self.0.iter().find(|(_, learned)| &*learned.definition == name)?;
        Some((group, kind))
    }

    fn learned(&self, group: &str, kind: &str) -> Option<&Learned> {
        self.0.get(&(group.into(), kind.into()))
    }
}

impl Learned {
    /// What a CustomResourceDefinition says; `None` if its kind has no part in the mesh.
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
    /// Whether EventTypes refer to it and Triggers or Subscriptions stand on it.
    pub(super) fn is_hub(self) -> bool {
        matches!(self, Self::Broker | Self::Channel)
    }
}
