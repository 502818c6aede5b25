//! What is known of the attributes of events before there is an event.

mod answer;
mod template;
pub(crate) mod types;
pub(crate) mod value;

pub use answer::Answer;
pub(crate) use template::literals;

use crate::bounded;
use chrono::{DateTime, SecondsFormat};
use serde_json::Value as Json;
use std::sync::LazyLock;
use value::Value;

/// The attributes of the events of one type, or of one event.
#[derive(Debug, Clone, PartialEq)]
pub struct Attributes {
    /// What is known in addition to what is true for each CloudEvent 1.0. A short list, since a mesh keeps thousands of
    /// these.
    known: Vec<(Box<str>, Known)>,
    others: Known,
}

/// What is known of one attribute.
#[derive(Debug, Clone, PartialEq)]
pub enum Known {
    /// It is there, with this value.
    Exactly(Value),
    /// It is there, a text with this beginning and this end, and anything or nothing in between.
    Like {
        /// How it begins.
        starts: String,
        /// How it ends.
        ends: String,
    },
    /// It is there, with any value.
    Present,
    /// It is not there.
    Absent,
    /// It may be there, with any value.
    Open,
}

impl Attributes {
    /// What the `spec` of an EventType fixes, in the shape of v1beta1, v1beta2 or v1beta3. Its events are CloudEvents
    /// 1.0.
    pub fn of_event_type(spec: &Json) -> Self {
        let mut attributes = Self::anything();
        for name in ["type", "source"] {
            attributes.pin(name, &spec[name]);
        }
        for definition in spec["attributes"].as_array().into_iter().flatten() {
            if let Some(name) = definition["name"].as_str()
                && (definition["required"] == true || is_required(name))
            {
                if *attributes.known(name) == Known::Open {
                    attributes.set(name, Known::Present);
                }
                attributes.pin(name, &definition["value"]);
            }
        }
        attributes.known.shrink_to_fit();
        attributes
    }

    /// The attributes of any CloudEvent 1.0.
    pub fn anything() -> Self {
        Self { known: Vec::new(), others: Known::Open }
    }

    /// The attributes of one event, which has no others.
    pub fn of_event<V: Into<Value>>(attributes: impl IntoIterator<Item = (String, V)>) -> Self {
        let mut event = Self { others: Known::Absent, ..Self::anything() };
        attributes.into_iter().for_each(|(name, value)| event.set(&name, Known::Exactly(value.into())));
        event
    }

    /// The same, with this knowledge of the attribute `name`.
    #[must_use]
    pub fn with(mut self, name: &str, known: Known) -> Self {
        self.set(name, known);
        self
    }

    /// What is known of the attribute of this name.
    pub fn known(&self, name: &str) -> &Known {
        static VERSION: LazyLock<Known> = LazyLock::new(|| Known::Exactly("1.0".into()));
        let known = self.known.iter().find(|(known, _)| **known == *name).map(|(_, known)| known);
        known.unwrap_or_else(|| match name {
            "specversion" => &VERSION,
            name if is_required(name) => &Known::Present,
            _ => &self.others,
        })
    }

    /// The type of all these events, if they have the same one.
    pub fn event_type(&self) -> Option<&str> {
        match self.known("type") {
            Known::Exactly(Value::Text(text)) => Some(text),
            Known::Exactly(_) | Known::Like { .. } | Known::Present | Known::Absent | Known::Open => None,
        }
    }

    /// An id is that of one event, and a time that of one moment. An example of them says nothing about other events.
    fn pin(&mut self, name: &str, value: &Json) {
        if let Some(value) = value.as_str().filter(|value| !value.is_empty())
            && !["id", "time"].contains(&name)
        {
            self.set(name, pinned(name, bounded::value(value).as_deref().unwrap_or(value)));
        }
    }

    fn set(&mut self, name: &str, known: Known) {
        match self.known.iter_mut().find(|(set, _)| **set == *name) {
            Some((_, set)) => *set = known,
            None => self.known.push((name.into(), known)),
        }
    }
}

/// Whether each CloudEvent has it.
pub(crate) fn is_required(name: &str) -> bool {
    matches!(name, "id" | "source" | "specversion" | "type")
}

/// Whether CloudEvents itself defines it. Then it is a text, and an empty one counts as absent.
pub(crate) fn is_standard(name: &str) -> bool {
    is_required(name) || matches!(name, "datacontenttype" | "dataschema" | "subject" | "time")
}

/// Whether Knative, which parses times, leaves this one as it is.
pub(crate) fn is_canonical_time(value: &Value) -> bool {
    matches!(value, Value::Text(text)
        if DateTime::parse_from_rfc3339(text).is_ok_and(|time| time.to_rfc3339_opts(SecondsFormat::Secs, true) == *text))
}

/// What is known if an EventType gives this value.
fn pinned(name: &str, value: &str) -> Known {
    match literals(name, value).as_deref() {
        Some([text]) => Known::Exactly(text.as_str().into()),
        Some([starts, .., ends]) => Known::Like { starts: starts.clone(), ends: ends.clone() },
        Some([]) | None => Known::Present,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn both_shapes_of_an_event_type_pin_type_and_source() {
        let old = Attributes::of_event_type(&json!({"type": "a", "source": "/s", "schema": "http://x/y"}));
        let new = Attributes::of_event_type(&json!({"attributes": [
            {"name": "type", "required": true, "value": "a"},
            {"name": "source", "required": true, "value": "/s"},
            {"name": "specversion", "required": true},
            {"name": "id", "required": true, "value": "an-example"},
        ]}));
        assert_eq!(old, new);
        assert_eq!(old.event_type(), Some("a"));
        assert_eq!(old.known("specversion"), &Known::Exactly("1.0".into()));
        assert_eq!((old.known("id"), old.known("subject")), (&Known::Present, &Known::Open));
    }

    #[test]
    fn an_optional_attribute_stays_open_even_with_a_value() {
        let attributes = Attributes::of_event_type(&json!({"attributes": [
            {"name": "tenant", "required": true},
            {"name": "region", "required": false, "value": "eu"},
            {"name": "tier", "required": true, "value": "gold"},
        ]}));
        assert_eq!(attributes.known("tenant"), &Known::Present);
        assert_eq!(attributes.known("region"), &Known::Open);
        assert_eq!(attributes.known("tier"), &Known::Exactly("gold".into()));
        assert_eq!((attributes.known("type"), attributes.event_type()), (&Known::Present, None));
    }

    #[test]
    fn of_a_template_both_ends_are_known() {
        let source = |value| Attributes::of_event_type(&json!({"source": value})).known("source").clone();
        assert_eq!(source("/a/{b}/c/{d}/e"), Known::Like { starts: "/a/".into(), ends: "/e".into() });
        assert_eq!((source("/a"), source("/m%C3%BCnchen")), (Known::Exactly("/a".into()), Known::Present));
    }

    #[test]
    fn of_a_value_that_is_too_long_the_beginning_is_known() {
        let attributes = Attributes::of_event_type(&json!({"type": "x".repeat(1 << 20)}));
        let known = attributes.known("type");
        assert!(matches!(known, Known::Like { starts, ends } if starts.len() < 4096 && ends.is_empty()));
    }

    #[test]
    fn what_is_malformed_pins_nothing() {
        for spec in [json!(null), json!({"type": 5}), json!({"attributes": [{"required": true}, 5, {"name": 3}]})] {
            assert_eq!(Attributes::of_event_type(&spec), Attributes::anything(), "{spec}");
        }
    }
}
