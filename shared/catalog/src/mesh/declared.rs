//! What an EventType declares, and what a source says it produces.

use super::role::Roles;
use crate::{
    api::asyncapi::EventType,
    attributes::{Attributes, Known},
    cesql,
    notes::Notes,
};
use events::Object;
use serde_json::Value;

/// What an EventType declares.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Declared {
    pub(super) ty: Box<str>,
    pub(super) pins: Attributes,
    /// The source that Knative says it was made for (label `eventing.knative.dev/sourceName`).
    pub(super) of_source: Option<Box<str>>,
}

/// Events that a source says it produces.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Produced {
    pub(super) ty: Box<str>,
    /// The source attribute; `None` where only the definition of the kind tells of the type.
    pub(super) source: Option<Box<str>>,
}

impl Declared {
    pub(super) fn of(object: &Object, told: &EventType) -> Self {
        let of_source = object.label("eventing.knative.dev/sourceName").map(Into::into);
        let pins = Attributes::of_event_type(object.at("/spec").unwrap_or(&Value::Null));
        Self { ty: told.ty.as_str().into(), pins, of_source }
    }

    /// Whether these may be the events that a source produces.
    pub(super) fn is_of(&self, produced: &Produced) -> bool {
        let source = produced.source.as_deref();
        self.ty == produced.ty && source.is_none_or(|source| allows(self.pins.known("source"), source))
    }
}

impl Produced {
    /// What a source produces: as Knative found out, else as the definition of its kind says.
    pub(super) fn by(object: &Object, roles: &Roles, notes: &mut Notes) -> Box<[Self]> {
        let found = object.at("/status/ceAttributes").and_then(Value::as_array).into_iter().flatten();
        let text = |value: &Value, field: &str| value.get(field).and_then(Value::as_str).map(Into::into);
        let found: Box<[_]> =
            found.filter_map(|it| Some(Self { ty: text(it, "type")?, source: text(it, "source") })).collect();
        if !found.is_empty() {
            return found;
        }
        match roles.types(object.reference().group(), object.reference().kind()) {
            Ok(types) => types.iter().map(|ty| Self { ty: ty.clone(), source: None }).collect(),
            Err(why) => {
                notes.ignore("registry.knative.dev/eventTypes", why);
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
