//! The definition of an EventType's API: an AsyncAPI 3.0.0 document, or the raw schema.
//!
//! 3.0.0, since Backstage renders nothing newer. No user's object stands in it unchecked: renderers fetch each `$ref`.

mod payload;
mod schema;
mod told;

pub(crate) use told::{Attribute, Told};

use crate::{links, secret};
use payload::Payload;
use serde_json::{Map, Value, json};

/// Where the payload's schema lies in the document.
const SCHEMA: &str = "#/components/schemas/payload";

/// The AsyncAPI document, as YAML; `hub` is the Broker or Channel of the events, `<namespace>/<name>`.
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
    crate::document(&document).unwrap_or_else(|_| document.to_string())
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

fn content_type<'a>(told: &'a Told, payload: &Payload) -> Option<&'a str> {
    let named = told.attributes.iter().find(|attribute| attribute.name == "datacontenttype");
    let fixed = named.and_then(|attribute| attribute.value.as_deref()).filter(|value| !is_template(value));
    fixed.or(matches!(payload, Payload::Schema { .. }).then_some("application/json"))
}

/// The CloudEvents context attributes as a JSON Schema.
fn headers(told: &Told) -> Value {
    let mut properties = Map::new();
    let mut required = vec!["id", "source", "specversion", "type"];
    for Attribute { name, required: always, value } in &told.attributes {
        properties.insert(name.clone(), attribute(value.as_deref()));
        required.extend(always.then_some(name.as_str()));
    }
    properties.insert("id".into(), json!({"type": "string", "minLength": 1}));
    properties.insert("source".into(), attribute(told.source.as_deref()));
    properties.insert("specversion".into(), attribute(Some("1.0")));
    properties.insert("type".into(), attribute(Some(&told.ty)));
    required.sort_unstable();
    json!({
        "type": "object",
        "description": "The context attributes of the CloudEvent; over HTTP, in binary mode, headers with the prefix `ce-`.",
        "properties": properties,
        "required": required,
    })
}

/// What the values of an attribute look like.
fn attribute(value: Option<&str>) -> Value {
    match value {
        Some(template) if is_template(template) => json!({"type": "string", "pattern": pattern(template)}),
        Some(value) => json!({"type": "string", "const": value}),
        None => json!({"type": "string"}),
    }
}

/// Whether a value has variables, such as `/orders/{id}`.
fn is_template(value: &str) -> bool {
    value.split_once('{').is_some_and(|(_, behind)| behind.contains('}'))
}

/// The regular expression of a template.
fn pattern(template: &str) -> String {
    let mut pattern = "^".to_owned();
    let mut rest = template;
    while let Some((literal, (_, behind))) =
        rest.split_once('{').and_then(|(literal, behind)| Some((literal, behind.split_once('}')?)))
    {
        escape(literal, &mut pattern);
        pattern.push_str(".*");
        rest = behind;
    }
    escape(rest, &mut pattern);
    pattern + "$"
}

fn escape(literal: &str, pattern: &mut String) {
    for c in literal.chars() {
        if r"\^$.|?*+()[]{}".contains(c) {
            pattern.push('\\');
        }
        pattern.push(c);
    }
}

#[cfg(test)]
mod tests;
