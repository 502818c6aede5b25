//! Which descriptors depend on something that cannot be read.

use crate::cases::OWNER;
use catalog::{EntityRef, Layout, Mesh, Settings, mesh::Id};
use events::{Object, ObjectRef, Version};
use serde_json::{Value, json};

/// A Broker, an EventType of it, and a Trigger from it to a Deployment that a Knative Service owns.
fn mesh() -> Mesh {
    let owner = EntityRef::parse(OWNER, "", "").unwrap();
    let mut mesh = Mesh::new(Settings::new(Layout::new("entities", "main").unwrap(), owner));
    let hub = json!({"apiVersion": "eventing.knative.dev/v1", "kind": "Broker", "name": "default"});
    let deployment = json!({"apiVersion": "apps/v1", "kind": "Deployment", "name": "billing"});
    let owners = json!([{"apiVersion": "serving.knative.dev/v1", "kind": "Service", "name": "billing"}]);
    for (api_version, kind, name, owners, spec) in [
        ("eventing.knative.dev/v1", "Broker", "default", json!([]), json!({})),
        ("eventing.knative.dev/v1beta2", "EventType", "placed", json!([]), json!({"type": "placed", "reference": hub})),
        (
            "eventing.knative.dev/v1",
            "Trigger",
            "one",
            json!([]),
            json!({"broker": "default", "subscriber": {"ref": deployment}}),
        ),
        ("apps/v1", "Deployment", "billing", owners, json!({})),
        ("serving.knative.dev/v1", "Service", "billing", json!([]), json!({})),
    ] {
        let metadata = json!({"name": name, "namespace": "shop", "ownerReferences": owners});
        mesh.apply(&object(json!({"apiVersion": api_version, "kind": kind, "metadata": metadata, "spec": spec})));
    }
    mesh
}

fn object(value: Value) -> Object {
    Object::try_from(value).unwrap()
}

/// The objects whose descriptors depend on what is unread.
fn lacking(is_unread: impl Fn(&ObjectRef) -> bool) -> Vec<String> {
    lacking_in(&mesh(), is_unread)
}

fn lacking_in(mesh: &Mesh, is_unread: impl Fn(&ObjectRef) -> bool) -> Vec<String> {
    let mut lacking: Vec<_> =
        mesh.ids().filter(|id| mesh.depends_on_unread(id, &is_unread)).map(Id::to_string).collect();
    lacking.sort();
    lacking
}

const BROKER: &str = "broker.eventing.knative.dev/shop/default";
const EVENT_TYPE: &str = "eventtype.eventing.knative.dev/shop/placed";
const TRIGGER: &str = "trigger.eventing.knative.dev/shop/one";
const SERVICE: &str = "service.serving.knative.dev/shop/billing";

#[test]
fn an_unread_kind_matters_to_those_that_mention_it() {
    let of = |kind: &'static str| lacking(move |object| object.kind() == kind);
    assert_eq!(of("Trigger"), [BROKER, EVENT_TYPE, SERVICE]);
    assert_eq!(of("EventType"), [BROKER, SERVICE, TRIGGER]);
    assert_eq!(of("Broker"), [EVENT_TYPE, SERVICE, TRIGGER]);
    assert_eq!(of("KafkaSource"), [""; 0]);
}

#[test]
fn an_object_that_is_unread_is_lacked_by_who_names_it_or_what_it_owns() {
    let of = |name: &'static str| lacking(move |object| object.name() == name && object.kind() != "Broker");
    assert_eq!(of("billing"), [EVENT_TYPE, TRIGGER]);
    assert_eq!(lacking(|object| object.group() == "serving.knative.dev"), [EVENT_TYPE, TRIGGER]);
    assert_eq!(of("another"), [""; 0]);
}

#[test]
fn what_sends_the_events_of_a_type_matters_to_all_that_may_take_them() {
    let mut mesh = mesh();
    let source = json!({"apiVersion": "sources.knative.dev/v1", "kind": "PingSource", "name": "tick"});
    let event_type = json!({
        "apiVersion": "eventing.knative.dev/v1beta2", "kind": "EventType",
        "metadata": {"name": "ticked", "namespace": "shop"}, "spec": {"type": "ticked", "reference": source},
    });
    let event_type = object(event_type);
    mesh.apply(&event_type);
    let ticked = "eventtype.eventing.knative.dev/shop/ticked";
    let is_source = |object: &ObjectRef| object.kind() == "PingSource";
    assert_eq!(lacking_in(&mesh, is_source), [BROKER, ticked, SERVICE]);
    let sink = json!({"ref": {"apiVersion": "eventing.knative.dev/v1", "kind": "Broker", "name": "default"}});
    let source = json!({
        "apiVersion": "sources.knative.dev/v1", "kind": "PingSource",
        "metadata": {"name": "tick", "namespace": "shop"}, "spec": {"sink": sink},
    });
    let source = object(source);
    mesh.apply(&source);
    assert_eq!(lacking_in(&mesh, is_source), [ticked], "what was read is known");
    mesh.delete(source.reference(), &Version::default());
    assert_eq!(lacking_in(&mesh, is_source), [BROKER, ticked, SERVICE]);
    mesh.delete(event_type.reference(), &Version::default());
    assert_eq!(lacking_in(&mesh, is_source), [""; 0]);
}

#[test]
fn a_channel_that_is_unread_is_lacked_by_who_addresses_its_host() {
    let mut mesh = mesh();
    let sink = json!({"uri": "http://calls-kn-channel.shop.svc.cluster.local"});
    let source = json!({
        "apiVersion": "sources.knative.dev/v1", "kind": "PingSource",
        "metadata": {"name": "tick", "namespace": "shop"}, "spec": {"sink": sink},
    });
    mesh.apply(&object(source));
    let tick = "pingsource.sources.knative.dev/shop/tick";
    assert_eq!(lacking_in(&mesh, |object| object.kind() == "InMemoryChannel"), [tick]);
    assert_eq!(lacking_in(&mesh, |object| object.kind() == "Channel" && object.name() == "x"), [""; 0]);
}

#[test]
fn without_namespaces_or_definitions_everybody_lacks_something() {
    let all = 5;
    assert_eq!(lacking(|object| object.kind() == "Namespace").len(), all);
    assert_eq!(lacking(|object| object.kind() == "CustomResourceDefinition").len(), all);
}
