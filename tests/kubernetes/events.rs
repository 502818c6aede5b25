//! The events of Knative's ApiServerSource about objects.

use chrono::DateTime;
use cloudevents::{Event, EventBuilder, EventBuilderV10};
use serde_json::{Value, json};

/// In Resource mode: the whole object; `verb` is `add`, `update` or `delete`.
pub(crate) fn resource(verb: &str, object: &Value) -> Event {
    event("resource", verb, object, object.clone())
}

/// In Reference mode: the identity alone.
pub(crate) fn reference(verb: &str, object: &Value) -> Event {
    let metadata = &object["metadata"];
    let mut data = json!({"apiVersion": object["apiVersion"], "kind": object["kind"], "name": metadata["name"]});
    if let Some(namespace) = metadata.get("namespace") {
        data["namespace"] = namespace.clone();
    }
    event("ref", verb, object, data)
}

/// The same event, of this time if it has none.
pub(crate) fn timed(event: Event, millis: i64) -> Event {
    use cloudevents::AttributesReader;
    if event.time().is_some() { event } else { at(event, millis) }
}

/// The same event, of this time: milliseconds since the epoch.
pub(crate) fn at(mut event: Event, millis: i64) -> Event {
    use cloudevents::AttributesWriter;
    event.set_time(DateTime::from_timestamp_millis(millis));
    event
}

fn event(mode: &str, verb: &str, object: &Value, data: Value) -> Event {
    let text = |pointer: &str| object.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    let (kind, name, namespace) = (text("/kind"), text("/metadata/name"), text("/metadata/namespace"));
    EventBuilderV10::new()
        .id(format!("{mode}-{verb}-{kind}-{namespace}-{name}-{}", text("/metadata/resourceVersion")))
        .source("https://10.96.0.1:443")
        .ty(format!("dev.knative.apiserver.{mode}.{verb}"))
        .subject(format!("/apis/{}/namespaces/{namespace}/{}s/{name}", text("/apiVersion"), kind.to_lowercase()))
        .extension("apiversion", text("/apiVersion"))
        .extension("kind", kind)
        .extension("name", name)
        .extension("namespace", namespace)
        .data("application/json", data)
        .build()
        .unwrap()
}
