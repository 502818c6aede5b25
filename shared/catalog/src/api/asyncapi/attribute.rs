//! The attributes of events as a JSON Schema.

use super::event_type::{Attribute, EventType};
use crate::attributes::literals;
use serde_json::{Map, Value, json};

/// The CloudEvents context attributes as a JSON Schema.
pub(super) fn headers(event_type: &EventType) -> Value {
    let mut properties = Map::new();
    let mut required = vec!["id", "source", "specversion", "type"];
    for Attribute { name, required: always, value } in &event_type.attributes {
        properties.insert(name.clone(), attribute(name, value.as_deref()));
        required.extend(always.then_some(name.as_str()));
    }
    properties.insert("id".into(), json!({"type": "string", "minLength": 1}));
    properties.insert("source".into(), attribute("source", event_type.source.as_deref()));
    properties.insert("specversion".into(), attribute("specversion", Some("1.0")));
    properties.insert("type".into(), attribute("type", Some(&event_type.ty)));
    required.sort_unstable();
    json!({
        "type": "object",
        "description": "The context attributes of the CloudEvent. Over HTTP, in binary mode, they are headers with the prefix `ce-`.",
        "properties": properties,
        "required": required,
    })
}

/// The schema of the values of an attribute.
pub(super) fn attribute(name: &str, value: Option<&str>) -> Value {
    match shown(name, value).as_deref() {
        Some([value]) => json!({"type": "string", "const": value}),
        Some(template) => json!({"type": "string", "pattern": pattern(template)}),
        None => json!({"type": "string"}),
    }
}

/// The literals of a value.
pub(super) fn shown(name: &str, value: Option<&str>) -> Option<Vec<String>> {
    literals(name, value?)
}

/// The regular expression of a template with these literals.
pub(super) fn pattern(literals: &[String]) -> String {
    let literals: Vec<_> = literals.iter().map(|literal| escaped(literal)).collect();
    format!("^{}$", literals.join(".*"))
}

fn escaped(literal: &str) -> String {
    let mut escaped = String::new();
    for c in literal.chars() {
        if r"\^$.|?*+()[]{}".contains(c) {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    escaped
}
