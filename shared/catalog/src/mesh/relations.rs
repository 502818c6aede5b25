//! What of an object matters to others: what it stands on, where it sends, what it declares or lets pass.

use super::{
    declared::{Declared, Produced},
    destination::{Destination, Via, reference_of},
    face::Face,
    id::Id,
    role::{Role, Roles},
};
use crate::{api::asyncapi::EventType, filter::Filter, notes::Notes, settings::Settings};
use events::Object;
use serde_json::{Value, json};

/// What of an object matters to others.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Relations {
    pub(super) face: Face,
    /// That which an EventType refers to, or a Trigger or Subscription stands on.
    pub(super) hub: Option<Id>,
    pub(super) destinations: Box<[Destination]>,
    pub(super) part: Part,
}

/// What only objects of one role have.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Part {
    EventType(Box<Declared>),
    Delivery(Box<Filter>),
    Source(Box<[Produced]>),
    Other,
}

impl Relations {
    pub(super) fn of(object: &Object, role: Role, roles: &Roles, settings: &Settings, notes: &mut Notes) -> Self {
        let told = (role == Role::EventType).then(|| EventType::of(object)).flatten();
        let part = match role {
            Role::EventType => told.map_or(Part::Other, |told| Part::EventType(Box::new(Declared::of(object, &told)))),
            Role::Trigger => Part::Delivery(Box::new(filter(object, notes))),
            Role::Subscription => Part::Delivery(Box::new(Filter::everything())),
            Role::Source => Part::Source(Produced::by(object, roles, notes)),
            _ => Part::Other,
        };
        let is_broken = role == Role::EventType && part == Part::Other;
        if is_broken {
            notes.ignore("spec", "has no type");
        }
        Self {
            face: Face::of(object, role, settings, is_broken, notes),
            hub: hub(object, role, notes),
            destinations: destinations(object, role, notes).into(),
            part,
        }
    }

    /// The destinations of a kind.
    pub(super) fn to(&self, via: Via) -> impl Iterator<Item = &Destination> {
        self.destinations.iter().filter(move |destination| destination.via == via)
    }

    pub(super) fn declared(&self) -> Option<&Declared> {
        if let Part::EventType(declared) = &self.part { Some(declared) } else { None }
    }

    pub(super) fn filter(&self) -> Option<&Filter> {
        if let Part::Delivery(filter) = &self.part { Some(filter) } else { None }
    }

    pub(super) fn produced(&self) -> &[Produced] {
        if let Part::Source(produced) = &self.part { produced } else { &[] }
    }
}

/// The filter of a Trigger; what is malformed in it is noted.
fn filter(object: &Object, notes: &mut Notes) -> Filter {
    let (filter, wrong) = Filter::of_trigger(object.at("/spec").unwrap_or(&Value::Null));
    wrong.into_iter().for_each(|why| notes.ignore("spec.filters", why));
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

/// The steps of a Sequence, or filters, subscribers and replies of a Parallel's branches, and where it all ends.
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
