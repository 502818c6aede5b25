//! What decoding takes out of an event: its data, an extension, and the answer if they are wrong.

use crate::Nack;
use cloudevents::{AttributesReader, Data, Event};
use serde_json::Value;
use std::fmt::Display;

/// Takes the data out of the event.
pub(crate) fn json(event: &mut Event) -> Result<Option<Value>, Nack> {
    let parsed = match event.take_data().2 {
        None => Ok(None),
        Some(Data::Json(value)) => Ok(Some(value)),
        Some(Data::Binary(bytes)) => serde_json::from_slice(&bytes).map(Some),
        Some(Data::String(text)) => serde_json::from_str(&text).map(Some),
    };
    parsed.map_err(|error| reject(event, &format!("its data is not valid JSON: {error}")))
}

/// An extension that is there and not empty.
pub(crate) fn extension(event: &Event, name: &str) -> Option<String> {
    event.extension(name).map(ToString::to_string).filter(|value| !value.is_empty())
}

/// The answer to an event that is itself at fault, and why.
pub(crate) fn reject(event: &Event, why: &dyn Display) -> Nack {
    Nack::Reject(format!("event {} of type {}: {why}", event.id(), event.ty()))
}
