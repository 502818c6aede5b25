//! What of an object matters to other entities: its hub, where it sends, what it declares or lets pass.

use super::{
    destination::{Destination, Via, reference_of},
    events::{DeclaredEvents, ProducedEvents},
    role::{Role, Roles},
    summary::Summary,
};
use crate::mesh::id::Id;
use crate::{api::asyncapi::EventType, filter::Filter, notes::Notes, settings::Settings};
use events::Object;
use serde_json::{Value, json};

/// What of an object matters to other entities.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Relations {
    pub(crate) summary: Summary,
    /// The Broker or Channel to which an EventType refers, or from which a Trigger or Subscription takes events.
    pub(crate) hub: Option<Id>,
    pub(crate) destinations: Box<[Destination]>,
    pub(crate) part: Part,
}

/// What only objects of one role have.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Part {
    EventType(Box<DeclaredEvents>),
    Delivery(Box<Filter>),
    Source(Box<[ProducedEvents]>),
    Other,
}

impl Relations {
    pub(crate) fn of(object: &Object, role: Role, roles: &Roles, settings: &Settings, notes: &mut Notes) -> Self {
        let event_type = (role == Role::EventType).then(|| EventType::of(object)).flatten();
        let part = match role {
            Role::EventType => {
                event_type.map_or(Part::Other, |it| Part::EventType(Box::new(DeclaredEvents::of(object, &it))))
            }
            Role::Trigger => Part::Delivery(Box::new(filter(object, notes))),
            Role::Subscription => Part::Delivery(Box::new(Filter::everything())),
            Role::Source => Part::Source(ProducedEvents::by(object, roles, notes)),
            _ => Part::Other,
        };
        let is_broken = role == Role::EventType && part == Part::Other;
        if is_broken {
            notes.invalid("spec", "has no type");
        }
        Self {
            summary: Summary::of(object, role, settings, is_broken, notes),
            hub: hub(object, role, notes),
            destinations: destinations(object, role, notes).into(),
            part,
        }
    }

    /// The destinations of a kind.
    pub(crate) fn to(&self, via: Via) -> impl Iterator<Item = &Destination> {
        self.destinations.iter().filter(move |destination| destination.via == via)
    }

    pub(crate) fn declared(&self) -> Option<&DeclaredEvents> {
        if let Part::EventType(declared) = &self.part { Some(declared) } else { None }
    }

    pub(crate) fn filter(&self) -> Option<&Filter> {
        if let Part::Delivery(filter) = &self.part { Some(filter) } else { None }
    }

    pub(crate) fn produced(&self) -> &[ProducedEvents] {
        if let Part::Source(produced) = &self.part { produced } else { &[] }
    }
}

/// The filter of a Trigger. What is malformed in it is noted.
fn filter(object: &Object, notes: &mut Notes) -> Filter {
    let (filter, wrong) = Filter::of_trigger(object.at("/spec").unwrap_or(&Value::Null));
    wrong.into_iter().for_each(|why| notes.invalid("spec.filters", why));
    filter
}

fn hub(object: &Object, role: Role, notes: &mut Notes) -> Option<Id> {
    let at = |pointer: &str, notes: &mut Notes| {
        let value = object.at(pointer).filter(|value| value.is_object())?;
        reference_of(value, object, pointer, notes).as_ref().map(Id::of)
    };
    let broker = |notes: &mut Notes| {
        let name = object.text("/spec/broker").filter(|name| !name.is_empty())?;
        let value = json!({"apiVersion": "eventing.knative.dev/v1", "kind": "Broker", "name": name});
        reference_of(&value, object, "/spec/broker", notes).as_ref().map(Id::of)
    };
    match role {
        Role::EventType => at("/spec/reference", notes).or_else(|| broker(notes)),
        Role::Trigger => at("/spec/brokerRef", notes).or_else(|| broker(notes)),
        Role::Subscription => at("/spec/channel", notes),
        _ => None,
    }
}

fn destinations(object: &Object, role: Role, notes: &mut Notes) -> Vec<Destination> {
    let mut at = |pointer: &str, via| Destination::at(object, pointer, via, notes);
    match role {
        Role::Broker | Role::Channel => at("/spec/delivery/deadLetterSink", Via::DeadLetterSink).into_iter().collect(),
        Role::Trigger | Role::Subscription => [
            at("/spec/subscriber", Via::Subscriber),
            at("/spec/reply", Via::Reply),
            at("/spec/delivery/deadLetterSink", Via::DeadLetterSink),
        ]
        .into_iter()
        .flatten()
        .collect(),
        Role::Source => {
            let sink = at("/spec/sink", Via::Sink);
            let subject = Destination::reference_at(object, "/spec/subject", Via::Subject, notes);
            sink.into_iter().chain(subject).collect()
        }
        Role::Flow => steps(object, notes),
        _ => Vec::new(),
    }
}

/// The steps of a Sequence, or the filters, subscribers and replies of a Parallel's branches, and the final reply.
fn steps(object: &Object, notes: &mut Notes) -> Vec<Destination> {
    let length = |pointer| object.at(pointer).and_then(Value::as_array).map_or(0, Vec::len);
    let (steps, branches) = (length("/spec/steps"), length("/spec/branches"));
    let steps = (0..steps).map(|n| (format!("/spec/steps/{n}"), Via::Step));
    let branches = (0..branches).flat_map(|n| {
        [("filter", Via::Step), ("subscriber", Via::Step), ("reply", Via::Reply)]
            .map(|(field, via)| (format!("/spec/branches/{n}/{field}"), via))
    });
    let end = ("/spec/reply".to_owned(), Via::Reply);
    let all = steps.chain(branches).chain([end]);
    all.filter_map(|(pointer, via)| Destination::at(object, &pointer, via, notes)).collect()
}
