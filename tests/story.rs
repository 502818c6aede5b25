//! A story of three objects: contents A-B-A, a late lower version, an update that changes nothing, deletions, and a
//! re-creation with the same content.

use cloudevents::{Event, EventBuilder, EventBuilderV10};
use serde_json::json;

/// Who is changed: kind and name.
pub(crate) type Who = (&'static str, &'static str);

pub(crate) const PROMISE: Who = ("Promise", "app");
pub(crate) const TODO: Who = ("App", "todo");
pub(crate) const SHOP: Who = ("App", "shop");

/// The story as it happened, but for the fifth event, which is late.
pub(crate) fn story() -> Vec<Event> {
    [
        ("add", PROMISE, 1, 10, "A"),
        ("add", TODO, 1, 20, "A"),
        ("update", TODO, 1, 30, "B"),
        ("update", PROMISE, 1, 40, "B"),
        ("update", TODO, 1, 25, "C"),
        ("update", TODO, 1, 50, "A"),
        ("add", SHOP, 1, 60, "A"),
        ("update", TODO, 1, 70, "A"),
        ("delete", SHOP, 1, 80, "A"),
        ("add", SHOP, 2, 90, "A"),
        ("update", PROMISE, 1, 100, "A"),
        ("update", SHOP, 2, 110, "B"),
        ("delete", PROMISE, 1, 120, "A"),
    ]
    .into_iter()
    .enumerate()
    .map(|(nth, (verb, who, life, version, title))| event(&format!("story-{nth}"), verb, who, life, version, title))
    .collect()
}

/// An event of ApiServerSource in Resource mode.
pub(crate) fn event(id: &str, verb: &str, (kind, name): Who, life: u8, version: u32, title: &str) -> Event {
    let mut object = json!({
        "apiVersion": "workshop.kratix.io/v1",
        "kind": kind,
        "metadata": {
            "name": name,
            "namespace": "default",
            "uid": format!("{name}-{life}"),
            "resourceVersion": version.to_string(),
            "annotations": {"callboard.dev/title": title},
        },
        "spec": {"image": "registry.example/todo:v1"},
    });
    if kind == "Promise" {
        object["apiVersion"] = "platform.kratix.io/v1alpha1".into();
        object["metadata"]["namespace"] = json!(null);
        object["spec"] = json!({"api": crd()});
    }
    EventBuilderV10::new()
        .id(id)
        .source("https://10.96.0.1:443")
        .ty(format!("dev.knative.apiserver.resource.{verb}"))
        .data("application/json", object)
        .build()
        .unwrap()
}

fn crd() -> serde_json::Value {
    let properties = json!({"image": {"type": "string"}, "port": {"type": "integer", "default": 8080}});
    let spec = json!({"type": "object", "required": ["image"], "properties": properties});
    let schema = json!({"openAPIV3Schema": {"type": "object", "properties": {"spec": spec}}});
    json!({
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": "apps.workshop.kratix.io"},
        "spec": {
            "group": "workshop.kratix.io",
            "scope": "Namespaced",
            "names": {"kind": "App", "plural": "apps", "singular": "app"},
            "versions": [{"name": "v1", "served": true, "storage": true, "schema": schema}],
        },
    })
}
