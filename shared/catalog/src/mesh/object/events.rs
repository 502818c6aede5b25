//! The events that an EventType declares, and those that a source says it produces.

use super::role::{Role, Roles};
use crate::{
    api::asyncapi::EventType,
    attributes::{Attributes, Known},
    bounded, cesql,
    mesh::id::Id,
    notes::Notes,
};
use events::Object;
use serde_json::Value;

/// The events that an EventType declares.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct DeclaredEvents {
    pub(crate) ty: Box<str>,
    pub(crate) pins: Attributes,
    /// The name of the source for which Knative created it (label `eventing.knative.dev/sourceName`).
    pub(crate) source_name: Option<Box<str>>,
    pub(crate) reference: Meaning,
}

/// What an EventType says with its reference.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Meaning {
    /// Its events arrive there: a Broker or a Channel, or the sink of the source that made the EventType.
    Place,
    /// Its events come from there: a source, a Trigger whose subscriber replies, or anything else.
    Sender,
}

/// Events that a source says it produces.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ProducedEvents {
    pub(crate) ty: Box<str>,
    /// The source attribute; `None` if only the definition of the kind names the type.
    pub(crate) source: Option<Box<str>>,
}

/// The label by which Knative says for which source it made an EventType.
const SOURCE_NAME: &str = "eventing.knative.dev/sourceName";

/// Under which an EventType is indexed if its type is a template.
pub(crate) const ANY_TYPE: &str = "";

impl DeclaredEvents {
    /// The type under which it is indexed.
    pub(crate) fn index_type(&self) -> &str {
        self.pins.event_type().unwrap_or(ANY_TYPE)
    }

    pub(crate) fn of(object: &Object, event_type: &EventType, reference: Meaning) -> Self {
        let source_name = object.label(SOURCE_NAME).map(Into::into);
        let pins = Attributes::of_event_type(object.at("/spec").unwrap_or(&Value::Null));
        Self { ty: event_type.ty.as_str().into(), pins, source_name, reference }
    }

    /// Whether these may be the events that a source produces.
    pub(crate) fn is_of(&self, produced: &ProducedEvents) -> bool {
        let source = produced.source.as_deref();
        self.ty == produced.ty && source.is_none_or(|source| allows(self.pins.known("source"), source))
    }
}

impl Meaning {
    /// What a reference says. Knative names the sink of a source in the EventTypes that it makes for the source. Otherwise
    /// the reference is the resource that can provide the events.
    pub(crate) fn of(object: &Object, owners: &[Id], reference: Option<&Id>, roles: &Roles) -> Self {
        let role = |id: &Id| roles.of(id.group(), id.kind());
        let is_of_source =
            || object.label(SOURCE_NAME).is_some() || owners.iter().any(|owner| role(owner) == Role::Source);
        match reference.map(role) {
            Some(hub) if hub.is_hub() => Self::Place,
            Some(Role::Source) | None => Self::Sender,
            Some(_) if is_of_source() => Self::Place,
            Some(_) => Self::Sender,
        }
    }
}

impl ProducedEvents {
    /// What a source produces: what Knative found out, otherwise what the definition of its kind says.
    pub(crate) fn by(object: &Object, roles: &Roles, notes: &mut Notes) -> Box<[Self]> {
        let found = object.at("/status/ceAttributes").and_then(Value::as_array).into_iter().flatten();
        let mut text = |value: &Value, field: &str| {
            let text = value.get(field).and_then(Value::as_str)?;
            let cut = bounded::value(text);
            cut.iter().for_each(|_| notes.invalid("status.ceAttributes", bounded::note(text)));
            Some(cut.unwrap_or_else(|| text.to_owned()).into())
        };
        let found: Box<[_]> =
            found.filter_map(|it| Some(Self { ty: text(it, "type")?, source: text(it, "source") })).collect();
        if !found.is_empty() {
            return found;
        }
        match roles.types(object.reference().group(), object.reference().kind()) {
            Ok(types) => types
                .iter()
                .map(|ty| Self { ty: bounded::value(ty).map_or_else(|| ty.clone(), Into::into), source: None })
                .collect(),
            Err(why) => {
                notes.invalid("registry.knative.dev/eventTypes", why);
                Box::default()
            }
        }
    }
}

/// Whether an attribute may have this value.
fn allows(known: &Known, value: &str) -> bool {
    match known {
        Known::Exactly(cesql::Value::Text(text)) => text == value,
        Known::Like { starts, ends } => value.starts_with(starts) && value.ends_with(ends),
        Known::Exactly(_) | Known::Present | Known::Absent | Known::Open => true,
    }
}
