//! Casts from type to type.

use super::outcome::{Failure, Outcome, Values};
use crate::attributes::value::{Type, Value};

impl Values {
    /// What they become in another type.
    pub(super) fn cast(self, to: Type) -> Outcome {
        if self.type_of() == Some(to) {
            return Outcome::of(self);
        }
        match (self, to) {
            (Self::Nothing, _) => Outcome::of(Self::Nothing),
            (Self::Exactly(value), to) => exact(&value, to),
            (_, Type::Text) => Outcome::of(Self::any_text()),
            (Self::Boolean, Type::Integer) => Outcome::of(Self::Integer),
            (Self::Integer, Type::Boolean) => Outcome::of(Self::Boolean),
            (_, Type::Integer) => Outcome::of(Self::Integer).unless(Failure::Cast),
            (_, Type::Boolean) => Outcome::of(Self::Boolean).unless(Failure::Cast),
        }
    }
}

fn exact(value: &Value, to: Type) -> Outcome {
    let cast = match (to, value) {
        (Type::Text, value) => Some(Value::Text(value.to_string())),
        (Type::Integer, Value::Text(text)) => text.parse().ok().map(Value::Integer),
        (Type::Integer, Value::Integer(integer)) => Some(Value::Integer(*integer)),
        (Type::Integer, Value::Boolean(boolean)) => Some(Value::Integer((*boolean).into())),
        (Type::Boolean, Value::Text(text)) => boolean(text),
        (Type::Boolean, Value::Integer(integer)) => Some(Value::Boolean(*integer != 0)),
        (Type::Boolean, Value::Boolean(boolean)) => Some(Value::Boolean(*boolean)),
    };
    cast.map_or(Outcome::fails(Failure::Cast), Outcome::exactly)
}

fn boolean(text: &str) -> Option<Value> {
    match text.to_ascii_lowercase().as_str() {
        "true" => Some(Value::Boolean(true)),
        "false" => Some(Value::Boolean(false)),
        _ => None,
    }
}
