//! Where Knative's objects send events, and what they read: one table.

use super::{
    destination::{Destination, Via, reference_of},
    role::Role,
};
use crate::mesh::id::Id;
use crate::notes::Notes;
use events::Object;
use serde_json::{Value, json};
use std::borrow::Cow;

/// What a field says.
#[derive(Clone, Copy)]
enum Field {
    /// Where events go, as Knative's duck type `Destination`.
    To(Via),
    /// The same, as a reference alone.
    Reference(Via),
    /// What a SinkBinding binds: a reference, or a selector.
    Subject,
    /// A reference as JSON, in an annotation.
    Text(Via),
    /// The reference of what the object reads, or that provides an `EventType`.
    Reads,
    /// The name of the Broker that it reads, in its namespace.
    ReadsBroker,
}

/// A role, a place in its objects, and the fields there.
type Route = (Role, &'static str, &'static [(&'static str, Field)]);

/// The table: a role, a place in its objects (`*` is each item of a list), and the fields there. Of several fields that
/// say what an object reads, the first counts.
const ROUTES: &[Route] = &[
    (Role::Broker, "/spec", &[DEAD_LETTERS]),
    (Role::Channel, "/spec", &[DEAD_LETTERS, ("/channelTemplate/spec/delivery/deadLetterSink", DEAD_LETTER_SINK)]),
    (Role::EventType, "/spec", &[("/reference", Field::Reads), ("/broker", Field::ReadsBroker)]),
    (
        Role::Trigger,
        "/spec",
        &[
            ("/brokerRef", Field::Reads),
            ("/broker", Field::ReadsBroker),
            ("/subscriber", Field::To(Via::Subscriber)),
            DEAD_LETTERS,
        ],
    ),
    (Role::Trigger, "/metadata/annotations", &[("/knative.dev~1dependency", Field::Text(Via::Dependency))]),
    (
        Role::Subscription,
        "/spec",
        &[
            ("/channel", Field::Reads),
            ("/subscriber", Field::To(Via::Subscriber)),
            ("/reply", Field::To(Via::Reply)),
            DEAD_LETTERS,
        ],
    ),
    (Role::Source, "/spec", &[("/sink", Field::To(Via::Sink)), ("/subject", Field::Subject), DEAD_LETTERS]),
    (Role::Flow, "/spec/steps/*", &[("", Field::To(Via::Step)), DEAD_LETTERS]),
    (
        Role::Flow,
        "/spec/branches/*",
        &[
            ("/filter", Field::To(Via::Step)),
            ("/subscriber", Field::To(Via::Step)),
            ("/reply", Field::To(Via::Reply)),
            DEAD_LETTERS,
        ],
    ),
    (
        Role::Flow,
        "/spec",
        &[("/reply", Field::To(Via::Reply)), ("/channelTemplate/spec/delivery/deadLetterSink", DEAD_LETTER_SINK)],
    ),
    (Role::Transform, "/spec", &[("/sink", Field::To(Via::Sink))]),
    (
        Role::RequestReply,
        "/spec",
        &[("/brokerRef", Field::Reads), ("/brokerRef", Field::Reference(Via::Sink)), DEAD_LETTERS],
    ),
];

const DEAD_LETTER_SINK: Field = Field::To(Via::DeadLetterSink);
const DEAD_LETTERS: (&str, Field) = ("/delivery/deadLetterSink", DEAD_LETTER_SINK);

/// Where the events of an object come from and go to.
#[derive(Debug, Default)]
pub(crate) struct Routes {
    /// What it reads, or what an `EventType` refers to.
    pub(crate) reads: Option<Id>,
    pub(crate) sends: Vec<Destination>,
}

impl Routes {
    /// What the table says of an object. What is malformed is noted.
    pub(crate) fn of(object: &Object, role: Role, notes: &mut Notes) -> Self {
        let mut routes = Self::default();
        for (_, place, fields) in ROUTES.iter().filter(|(of, _, _)| *of == role) {
            for place in places(object, place) {
                for (field, says) in *fields {
                    routes.add(object, &format!("{place}{field}"), *says, notes);
                }
            }
        }
        routes
    }

    fn add(&mut self, object: &Object, pointer: &str, says: Field, notes: &mut Notes) {
        match says {
            Field::To(via) => self.sends.extend(Destination::at(object, pointer, via, notes)),
            Field::Reference(via) => self.sends.extend(Destination::reference_at(object, pointer, via, notes)),
            Field::Subject => self.sends.extend(Destination::subject_at(object, pointer, notes)),
            Field::Text(via) => self.sends.extend(Destination::text_at(object, pointer, via, notes)),
            Field::Reads if self.reads.is_none() => {
                let value = object.at(pointer).filter(|value| value.is_object());
                self.reads = value.and_then(|value| reference_of(value, object, pointer, notes)).as_ref().map(Id::of);
            }
            Field::ReadsBroker if self.reads.is_none() => {
                let named = object.text(pointer).filter(|name| !name.is_empty());
                let broker = |name| json!({"apiVersion": "eventing.knative.dev/v1", "kind": "Broker", "name": name});
                let broker = named.map(broker).and_then(|value| reference_of(&value, object, pointer, notes));
                self.reads = broker.as_ref().map(Id::of);
            }
            Field::Reads | Field::ReadsBroker => {}
        }
    }
}

/// The places in an object that a place of the table names.
fn places<'a>(object: &Object, place: &'a str) -> Vec<Cow<'a, str>> {
    let Some(list) = place.strip_suffix("/*") else { return vec![place.into()] };
    let length = object.at(list).and_then(Value::as_array).map_or(0, Vec::len);
    (0..length).map(|item| format!("{list}/{item}").into()).collect()
}
