//! The definition of an EventType's API: an AsyncAPI 3.0.0 document, or the raw schema.
//!
//! 3.0.0, since Backstage renders nothing newer. No user's object stands in it unchecked: renderers fetch each `$ref`.

mod payload;
mod schema;
mod told;

pub(crate) use told::{Attribute, Told};

use crate::{attributes::literals, secret, status::links};
use payload::Payload;
use serde_json::{Map, Value, json};

/// Where the payload's schema lies in the document.
const SCHEMA: &str = "#/components/schemas/payload";

/// The AsyncAPI document, as YAML; `hub` is the Broker or Channel of the events, such as
/// `broker.eventing.knative.dev/shop/default`.
pub(crate) fn document(told: &Told, hub: Option<&str>) -> String {
    let payload = Payload::of(told.schema_data.as_deref());
    let mut info = json!({"title": told.ty, "version": "1.0.0"});
    if let Some(description) = &told.description {
        info["description"] = json!(description);
    }
    // Braces would be parameters of the address.
    let address = hub.filter(|hub| !hub.contains(['{', '}']));
    let message = message(told, &payload);
    let mut components = json!({"messages": {"event": message}});
    if let Payload::Schema { schema, .. } = payload {
        components["schemas"] = json!({"payload": schema});
    }
    let document = json!({
        "asyncapi": "3.0.0",
        "info": info,
        "channels": {"hub": {
            "address": address,
            "description": "The Broker or Channel which the events pass.",
            "messages": {"event": {"$ref": "#/components/messages/event"}},
        }},
        "operations": {"receive": {
            "action": "receive",
            "channel": {"$ref": "#/channels/hub"},
            "messages": [{"$ref": "#/channels/hub/messages/event"}],
        }},
        "components": components,
    });
    // JSON is YAML.
    crate::entity::yaml::document(&document).unwrap_or_else(|_| document.to_string())
}

/// The schema as the EventType has it, `{}` where it has none: Backstage takes no empty definition.
pub(crate) fn raw(told: &Told) -> String {
    told.schema_data.clone().unwrap_or_else(|| "{}".to_owned())
}

fn message(told: &Told, payload: &Payload) -> Value {
    let mut message = json!({"name": told.ty, "headers": headers(told)});
    let mut words = payload.words();
    if let Payload::Schema { .. } = payload {
        message["payload"] = json!({"$ref": SCHEMA});
    }
    if let Some(ty) = content_type(told, payload) {
        message["contentType"] = json!(ty);
    }
    match told.schema.as_deref().map(|schema| links::web_url(schema).map_err(|_| secret::quoted(schema))) {
        Some(Ok(url)) => message["externalDocs"] = json!({"url": url.as_str(), "description": "Schema"}),
        Some(Err(place)) => words.push(format!("The schema lies at no web address for everybody: {place}.")),
        None => {}
    }
    if !words.is_empty() {
        message["description"] = json!(words.join("\n\n"));
    }
    message
}

fn content_type(told: &Told, payload: &Payload) -> Option<String> {
    let named = told.attributes.iter().find(|attribute| attribute.name == "datacontenttype");
    match named.and_then(|attribute| shown(&attribute.name, attribute.value.as_deref())).as_deref() {
        Some([fixed]) => Some(fixed.clone()),
        _ => matches!(payload, Payload::Schema { .. }).then(|| "application/json".to_owned()),
    }
}

/// The CloudEvents context attributes as a JSON Schema.
fn headers(told: &Told) -> Value {
    let mut properties = Map::new();
    let mut required = vec!["id", "source", "specversion", "type"];
    for Attribute { name, required: always, value } in &told.attributes {
        properties.insert(name.clone(), attribute(name, value.as_deref()));
        required.extend(always.then_some(name.as_str()));
    }
    properties.insert("id".into(), json!({"type": "string", "minLength": 1}));
    properties.insert("source".into(), attribute("source", told.source.as_deref()));
    properties.insert("specversion".into(), attribute("specversion", Some("1.0")));
    properties.insert("type".into(), attribute("type", Some(&told.ty)));
    required.sort_unstable();
    json!({
        "type": "object",
        "description": "The context attributes of the CloudEvent; over HTTP, in binary mode, headers with the prefix `ce-`.",
        "properties": properties,
        "required": required,
    })
}

/// What the values of an attribute look like.
fn attribute(name: &str, value: Option<&str>) -> Value {
    match shown(name, value).as_deref() {
        Some([value]) => json!({"type": "string", "const": value}),
        Some(template) => json!({"type": "string", "pattern": pattern(template)}),
        None => json!({"type": "string"}),
    }
}

/// The literals of a value that everybody may see; the type is the title anyway.
fn shown(name: &str, value: Option<&str>) -> Option<Vec<String>> {
    literals(name, value.filter(|value| name == "type" || !secret::may_be_in_text(value))?)
}

/// The regular expression of a template with these literals.
fn pattern(literals: &[String]) -> String {
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

#[cfg(test)]
mod tests;
