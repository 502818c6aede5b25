//! The definition of an EventType's API: an AsyncAPI 3.0.0 document, or the raw schema.
//!
//! 3.0.0, because Backstage renders nothing newer. No object of a user is in it unchecked, because renderers fetch each
//! `$ref`.

mod attribute;
mod event_type;
mod payload;
mod public;
mod schema;

pub(crate) use event_type::EventType;

use crate::{
    entity::{web_url::web_url, yaml},
    markdown, secret,
};
use attribute::{headers, shown};
use payload::{Payload, SCHEMA};
use serde_json::{Value, json};

/// The AsyncAPI document, as YAML; `hub` is the Broker or Channel of the events, such as
/// `broker.eventing.knative.dev/shop/default`, and `consumers` says in Markdown who receives them.
pub(crate) fn document(event_type: &EventType, hub: Option<&str>, consumers: Option<String>) -> String {
    let payload = Payload::of(event_type.schema_data.as_deref());
    let mut info = json!({"title": event_type.ty, "version": "1.0.0"});
    if let Some(description) = &event_type.description {
        info["description"] = json!(description);
    }
    // Braces would be parameters of the address.
    let address = hub.filter(|hub| !hub.contains(['{', '}']));
    let message = message(event_type, &payload);
    let mut components = json!({"messages": {"event": message}});
    if let Payload::Schema { schema, .. } = payload {
        components["schemas"] = json!({"payload": schema});
    }
    let mut document = json!({
        "asyncapi": "3.0.0",
        "info": info,
        "channels": {"hub": {
            "address": address,
            "description": "The Broker or Channel that carries the events.",
            "messages": {"event": {"$ref": "#/components/messages/event"}},
        }},
        "operations": {"receive": {
            "action": "receive",
            "channel": {"$ref": "#/channels/hub"},
            "messages": [{"$ref": "#/channels/hub/messages/event"}],
        }},
        "components": components,
    });
    if let Some(consumers) = consumers {
        document["operations"]["receive"]["description"] = json!(consumers);
    }
    // JSON is YAML.
    yaml::document(&document).unwrap_or_else(|_| document.to_string())
}

/// The schema as the EventType has it. Without one, or with one that is too long, it is `{}`, because Backstage takes no
/// empty definition.
pub(crate) fn raw(event_type: &EventType) -> String {
    let schema = event_type.schema_data.as_ref().filter(|text| text.len() <= public::MAX_SCHEMA);
    schema.cloned().unwrap_or_else(|| "{}".to_owned())
}

fn message(event_type: &EventType, payload: &Payload) -> Value {
    let mut message = json!({"name": event_type.ty, "headers": headers(event_type)});
    let mut words = payload.words();
    if let Payload::Schema { .. } = payload {
        message["payload"] = json!({"$ref": SCHEMA});
    }
    if let Some(ty) = content_type(event_type, payload) {
        message["contentType"] = json!(ty);
    }
    match event_type.schema.as_deref().map(|schema| web_url(schema).map_err(|_| secret::quoted(schema))) {
        Some(Ok(url)) => message["externalDocs"] = json!({"url": url.as_str(), "description": "Schema"}),
        Some(Err(place)) => {
            let place = format!("The schema is not at a web address that everybody may open: {place}.");
            words.push(markdown::tame(&place).into_owned());
        }
        None => {}
    }
    if !words.is_empty() {
        message["description"] = json!(words.join("\n\n"));
    }
    message
}

fn content_type(event_type: &EventType, payload: &Payload) -> Option<String> {
    let named = event_type.attributes.iter().find(|attribute| attribute.name == "datacontenttype");
    match named.and_then(|attribute| shown(&attribute.name, attribute.value.as_deref())).as_deref() {
        Some([fixed]) => Some(fixed.clone()),
        _ => matches!(payload, Payload::Schema { .. }).then(|| "application/json".to_owned()),
    }
}

#[cfg(test)]
mod tests;
