//! What of an object matters to other entities: its hub, where it sends, what it declares or lets pass.

use super::{
    destination::{Destination, Via},
    events::{DeclaredEvents, Meaning, ProducedEvents},
    role::{Role, Roles},
    routes::Routes,
    summary::Summary,
};
use crate::mesh::id::Id;
use crate::{api::asyncapi::EventType, filter::Filter, notes::Notes, settings::Settings};
use events::Object;
use serde_json::Value;

/// What of an object matters to other entities.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Relations {
    pub(crate) summary: Summary,
    /// To what an EventType refers, or the Broker or Channel from which an object takes events.
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
    /// What an EventTransform does with the answers of its sink.
    Transform(Answers),
    Other,
}

/// What becomes of the answers of a sink.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Answers {
    /// Who called gets them.
    PassedOn,
    /// Nothing, as far as the object says.
    Dropped,
}

impl Relations {
    pub(crate) fn of(object: &Object, role: Role, roles: &Roles, settings: &Settings, notes: &mut Notes) -> Self {
        let event_type = (role == Role::EventType).then(|| EventType::of(object, notes)).flatten();
        let is_broken = role == Role::EventType && event_type.is_none();
        if is_broken {
            notes.invalid("spec", "has no type");
        }
        let summary = Summary::of(object, role, settings, is_broken, notes);
        let routes = Routes::of(object, role, notes);
        let part = match role {
            Role::EventType => event_type.map_or(Part::Other, |event_type| {
                let meaning = Meaning::of(object, &summary.owners, routes.reads.as_ref(), roles);
                Part::EventType(Box::new(DeclaredEvents::of(object, &event_type, meaning)))
            }),
            Role::Trigger => Part::Delivery(Box::new(filter(object, notes))),
            Role::Subscription => Part::Delivery(Box::new(Filter::everything())),
            Role::Source => Part::Source(ProducedEvents::by(object, roles, notes)),
            Role::Transform => Part::Transform(answers(object)),
            _ => Part::Other,
        };
        Self { summary, hub: routes.reads, destinations: routes.sends.into(), part }
    }

    /// The destinations of a kind.
    pub(crate) fn to(&self, via: Via) -> impl Iterator<Item = &Destination> {
        self.destinations.iter().filter(move |destination| destination.via == via)
    }

    /// Whether the role of such an object decides what an EventType says.
    pub(crate) fn mentions_kind(&self, is_of: impl Fn(&Id) -> bool) -> bool {
        self.declared().is_some() && self.summary.owners.iter().chain(&self.hub).any(is_of)
    }

    /// Where the events arrive that it sends, as far as it says so itself.
    pub(crate) fn sends_to(&self) -> Vec<&Id> {
        let named = |via| self.to(via).filter_map(Destination::id);
        match self.summary.role {
            Role::Source | Role::Flow | Role::Transform | Role::RequestReply => {
                named(Via::Sink).chain(named(Via::Reply)).collect()
            }
            // What a subscriber replies.
            Role::Subscription if self.to(Via::Reply).next().is_some() => named(Via::Reply).collect(),
            Role::Trigger | Role::Subscription => self.hub.iter().collect(),
            _ => Vec::new(),
        }
    }

    /// Whether it answers who calls it: an EventTransform without a sink, or one that passes on what its sink answers.
    pub(crate) fn replies_to_caller(&self) -> bool {
        match self.part {
            Part::Transform(answers) => answers == Answers::PassedOn || self.to(Via::Sink).next().is_none(),
            _ => false,
        }
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

/// Knative's `spec.reply` of an EventTransform passes answers on unless it says `discard`.
fn answers(object: &Object) -> Answers {
    match object.at("/spec/reply").filter(|reply| reply.is_object()) {
        Some(reply) if reply.get("discard") != Some(&Value::Bool(true)) => Answers::PassedOn,
        Some(_) | None => Answers::Dropped,
    }
}

/// The filter of a Trigger. What is malformed in it is noted.
fn filter(object: &Object, notes: &mut Notes) -> Filter {
    let (filter, wrong) = Filter::of_trigger(object.at("/spec").unwrap_or(&Value::Null));
    wrong.into_iter().for_each(|why| notes.invalid("spec.filters", why));
    filter
}
