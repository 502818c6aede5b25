//! A change affects exactly the descriptors whose bytes it changes.

use catalog::{EventTypes, Mesh, Settings, mesh::Id};
use events::{Object, Version};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// A shop: two Brokers, three EventTypes, three Triggers, a source, and consumers.
fn shop() -> Mesh {
    let mut mesh = Mesh::new(settings());
    let objects = [
        namespace(&json!({})),
        broker("north", &json!({})),
        broker("south", &json!({})),
        broker("west", &json!({})),
        event_type("placed", "north", "A"),
        event_type("paid", "north", "A"),
        event_type("sold", "south", "A"),
        trigger("on-placed", "north", "placed", &ksvc_ref("billing")),
        trigger("on-sold", "south", "sold", &ksvc_ref("stock")),
        trigger("to-theirs", "north", "paid", &service_ref("theirs")),
        ksvc("billing", &json!({})),
        ksvc("stock", &json!({})),
        service("theirs", &json!({"backstage.io/kubernetes-id": "theirs"})),
        source("till", "south"),
    ];
    objects.iter().for_each(|object| drop(mesh.apply(object)));
    mesh
}

fn settings() -> Settings {
    Settings { event_types: EventTypes::AsyncApi, ..crate::random::settings() }
}

#[test]
fn the_first_look_at_a_shop_makes_all_of_it() {
    let mesh = shop();
    let written = mesh.ids().filter(|id| mesh.render(id).described.descriptor.is_some()).count();
    assert_eq!(written, mesh.ids().count() - 1, "all but the Service of others has an entity");
}

#[test]
fn a_trigger_that_moves_affects_its_subscriber_and_event_types_and_no_broker() {
    let wanted = ["eventtype/placed", "eventtype/sold", "service/billing", "trigger/on-placed"];
    affects(&trigger("on-placed", "south", "sold", &ksvc_ref("billing")), &wanted);
}

#[test]
fn a_trigger_that_gets_another_subscriber_affects_both() {
    let wanted = ["eventtype/placed", "service/billing", "service/stock", "trigger/on-placed"];
    affects(&trigger("on-placed", "north", "placed", &ksvc_ref("stock")), &wanted);
}

#[test]
fn a_trigger_for_a_third_party_component_affects_itself_and_its_event_types() {
    let wanted = ["eventtype/paid", "eventtype/placed", "trigger/to-theirs"];
    affects(&trigger("to-theirs", "north", "placed", &service_ref("theirs")), &wanted);
}

#[test]
fn a_description_affects_one_api() {
    affects(&event_type("placed", "north", "B"), &["eventtype/placed"]);
}

#[test]
fn an_event_type_that_moves_affects_both_brokers_and_who_consumed_it() {
    let wanted = ["broker/north", "broker/west", "eventtype/placed", "service/billing"];
    affects(&event_type("placed", "west", "A"), &wanted);
}

#[test]
fn a_new_event_type_affects_its_broker_and_who_consumes_it() {
    let more = event_type_of("sold-too", "org.example.sold", "south", "A");
    let wanted = ["broker/south", "eventtype/sold-too", "service/stock", "sources/till"];
    affects(&more, &wanted);
}

#[test]
fn the_state_of_a_broker_affects_only_itself() {
    affects(
        &broker("north", &json!({"status": {"conditions": [{"type": "Ready", "status": "False"}]}})),
        &["broker/north"],
    );
}

#[test]
fn what_no_entity_mentions_affects_nothing() {
    affects(&broker("north", &json!({"status": {"observedGeneration": 7}})), &[]);
    affects(&broker("north", &json!({"metadata": {"name": "north", "namespace": "shop", "generation": 7}})), &[]);
    affects(&service("theirs", &json!({"backstage.io/kubernetes-id": "theirs"})), &[]);
}

#[test]
fn a_broker_that_opts_out_affects_those_that_name_it() {
    let left_out =
        json!({"metadata": {"name": "south", "namespace": "shop", "annotations": {"callboard.dev/ignore": "true"}}});
    affects(&broker("south", &left_out), &["broker/south", "sources/till", "trigger/on-sold"]);
}

#[test]
fn a_subscriber_with_a_new_third_party_component_affects_its_triggers_and_event_types() {
    let wanted = ["eventtype/placed", "service/billing", "trigger/on-placed"];
    affects(&ksvc("billing", &json!({"backstage.io/kubernetes-id": "x"})), &wanted);
    let wanted = ["eventtype/paid", "trigger/to-theirs"];
    affects(&service("theirs", &json!({"backstage.io/kubernetes-id": "x"})), &wanted);
}

#[test]
fn a_source_that_sends_elsewhere_affects_only_itself() {
    affects(&source("till", "west"), &["sources/till"]);
}

#[test]
fn a_source_that_provides_a_type_affects_both_brokers_when_it_moves() {
    let mut mesh = shop();
    mesh.apply(&event_type_from(
        "rung",
        "sold",
        &json!({"apiVersion": "sources.knative.dev/v1", "kind": "PingSource", "name": "till"}),
    ));
    let wanted = ["broker/south", "broker/west", "eventtype/rung", "service/stock", "sources/till"];
    assert_eq!(affected(&mut mesh, &source("till", "west")), wanted);
}

#[test]
fn a_trigger_whose_subscriber_provides_a_type_affects_both_brokers_when_it_moves() {
    let mut mesh = shop();
    mesh.apply(&event_type_from(
        "billed",
        "paid",
        &json!({"apiVersion": "eventing.knative.dev/v1", "kind": "Trigger", "name": "on-placed"}),
    ));
    let moved = trigger("on-placed", "south", "placed", &ksvc_ref("billing"));
    let wanted = [
        "broker/north",
        "broker/south",
        "eventtype/billed",
        "eventtype/placed",
        "service/billing",
        "trigger/on-placed",
        "trigger/to-theirs",
    ];
    assert_eq!(affected(&mut mesh, &moved), wanted);
}

#[test]
fn a_channel_that_is_addressed_by_its_host_affects_who_sends_there_and_who_takes_from_it() {
    let at_channel = json!({"apiVersion": "messaging.knative.dev/v1", "kind": "Channel", "name": "calls"});
    let sends = |host: &str| {
        let spec = json!({"sink": {"uri": format!("http://{host}.shop.svc.cluster.local")}});
        object("sources.knative.dev/v1", "PingSource", "phone", &json!({ "spec": spec }))
    };
    let phone = json!({"apiVersion": "sources.knative.dev/v1", "kind": "PingSource", "name": "phone"});
    let spec = json!({"channel": at_channel, "subscriber": {"ref": ksvc_ref("stock")}});
    let mut mesh = shop();
    for object in [
        sends("calls-kn-channel"),
        event_type_from("rung", "rung", &phone),
        object("messaging.knative.dev/v1", "Subscription", "on-call", &json!({ "spec": spec })),
    ] {
        mesh.apply(&object);
    }
    let channel = object("messaging.knative.dev/v1", "Channel", "calls", &json!({}));
    let wanted = ["channel/calls", "eventtype/rung", "service/stock", "sources/phone", "subscription/on-call"];
    assert_eq!(affected(&mut mesh, &channel), wanted);
    let wanted = ["channel/calls", "eventtype/rung", "service/billing", "service/stock", "sources/phone"];
    assert_eq!(affected(&mut mesh, &sends("billing")), wanted);
    assert_eq!(affected(&mut mesh, &sends("calls-kn-channel")), wanted);
}

#[test]
fn a_service_that_comes_or_goes_affects_the_knative_service_that_serves_it_while_it_is_unknown() {
    let mut mesh = shop();
    mesh.apply(&event_type_from("billed", "billed", &service_ref("billing")));
    mesh.apply(&trigger("on-paid", "north", "paid", &service_ref("stock")));
    let provides: &[&str] = &["service/billing"];
    let consumes = &["eventtype/paid", "service/stock", "trigger/on-paid"];
    for (name, wanted) in [("billing", provides), ("stock", consumes)] {
        let labelled = service(name, &json!({"backstage.io/kubernetes-id": "theirs"}));
        change_when_it_comes_and_goes(&mut mesh, &labelled, wanted);
    }
}

#[test]
fn an_owner_that_comes_or_goes_affects_the_other_owner_that_counts_while_it_is_unknown() {
    let deployment = json!({"apiVersion": "apps/v1", "kind": "Deployment", "name": "desk"});
    let metadata = json!({"name": "desk", "namespace": "shop", "ownerReferences": [deployment, ksvc_ref("stock")]});
    let mut mesh = shop();
    mesh.apply(&object("v1", "Service", "desk", &json!({ "metadata": metadata })));
    mesh.apply(&trigger("on-paid", "north", "paid", &service_ref("desk")));
    let labelled = labelled("apps/v1", "Deployment", "desk", &json!({"backstage.io/kubernetes-id": "theirs"}));
    change_when_it_comes_and_goes(&mut mesh, &labelled, &["eventtype/paid", "service/stock", "trigger/on-paid"]);
}

#[test]
fn a_second_channel_that_carries_a_hub_affects_who_takes_from_the_first() {
    let named = |kind: &str, name: &str| json!({"apiVersion": "messaging.knative.dev/v1", "kind": kind, "name": name});
    let carrier = |name: &str| {
        let owners = [named("Channel", "calls")];
        let metadata = json!({"name": name, "namespace": "shop", "ownerReferences": owners});
        object("messaging.knative.dev/v1", "InMemoryChannel", name, &json!({ "metadata": metadata }))
    };
    let spec = json!({"channel": named("InMemoryChannel", "first"), "subscriber": {"ref": ksvc_ref("stock")}});
    let mut mesh = shop();
    for object in [
        object("messaging.knative.dev/v1", "Channel", "calls", &json!({})),
        carrier("first"),
        object("messaging.knative.dev/v1", "Subscription", "on-call", &json!({ "spec": spec })),
        event_type_from("rung", "rung", &named("InMemoryChannel", "second")),
    ] {
        mesh.apply(&object);
    }
    let wanted = ["channel/calls", "eventtype/rung", "service/stock"];
    change_when_it_comes_and_goes(&mut mesh, &carrier("second"), &wanted);
}

#[test]
fn the_first_object_of_a_namespace_affects_its_system_and_the_second_does_not() {
    let mut mesh = Mesh::new(settings());
    mesh.apply(&namespace(&json!({})));
    assert_eq!(affected(&mut mesh, &broker("north", &json!({}))), ["broker/north", "namespace/shop"]);
    assert_eq!(affected(&mut mesh, &broker("south", &json!({}))), ["broker/south"]);
}

#[test]
fn a_namespace_that_opts_out_affects_all_in_it() {
    let mut mesh = shop();
    let left_out = namespace(&json!({"callboard.dev/ignore": "true"}));
    assert_eq!(affected(&mut mesh, &left_out).len(), mesh.ids().count() - 1, "all but the Service of others");
    assert_eq!(affected(&mut shop(), &namespace(&json!({"callboard.dev/title": "The shop"}))), ["namespace/shop"]);
}

#[test]
fn a_deletion_affects_those_that_named_the_object() {
    let deleted = |object: &Object| shown(&shop().delete(object.reference(), &later()));
    let event_type = ["broker/north", "eventtype/placed", "service/billing"];
    assert_eq!(deleted(&event_type_of("placed", "", "", "")), event_type);
    assert_eq!(deleted(&trigger("to-theirs", "", "", &Value::Null)), ["eventtype/paid", "trigger/to-theirs"]);
    assert_eq!(deleted(&service("theirs", &json!({}))), ["eventtype/paid", "trigger/to-theirs"]);
    let broker_deleted = ["broker/south", "eventtype/sold", "service/stock", "sources/till", "trigger/on-sold"];
    assert_eq!(deleted(&broker("south", &json!({}))), broker_deleted);
}

/// Asserts whose descriptors a change of the shop affects, and that they are those whose bytes it changes.
fn affects(object: &Object, wanted: &[&str]) {
    assert_eq!(affected(&mut shop(), object), wanted);
}

/// Who is affected, as the mesh says and as the bytes do.
fn affected(mesh: &mut Mesh, object: &Object) -> Vec<String> {
    let [affected, changed] = affected_and_changed(mesh, |mesh| mesh.apply(object));
    assert_eq!(affected, changed, "affected, and changed");
    affected
}

/// Whose bytes change when an object comes, and again when it goes. The mesh may name more than these.
fn change_when_it_comes_and_goes(mesh: &mut Mesh, object: &Object, wanted: &[&str]) {
    for (does, [affected, changed]) in [
        ("comes", affected_and_changed(mesh, |mesh| mesh.apply(object))),
        ("goes", affected_and_changed(mesh, |mesh| mesh.delete(object.reference(), &later()))),
    ] {
        assert_eq!(changed, wanted, "{} {does}", object.reference());
        let are_affected = changed.iter().all(|it| affected.contains(it));
        assert!(are_affected, "{} {does}: affected are only {affected:?}", object.reference());
    }
}

/// Who is affected, first as the mesh says, then as the bytes do.
fn affected_and_changed(mesh: &mut Mesh, change: impl FnOnce(&mut Mesh) -> BTreeSet<Id>) -> [Vec<String>; 2] {
    let before = made(mesh);
    let affected = change(mesh);
    let after = made(mesh);
    let all: BTreeSet<_> = before.keys().chain(after.keys()).collect();
    [shown(&affected), shown(all.into_iter().filter(|id| before.get(id) != after.get(id)))]
}

fn later() -> Version {
    Version { uid: String::new(), resource_version: "9".into() }
}

/// The bytes of all objects that have an entity.
fn made(mesh: &Mesh) -> BTreeMap<Id, String> {
    let body = |id: &Id| Some((id.clone(), mesh.render(id).described.descriptor?.body().to_owned()));
    mesh.ids().filter_map(body).collect()
}

fn shown<'a>(ids: impl IntoIterator<Item = &'a Id>) -> Vec<String> {
    let shown = |id: &Id| match id.group() {
        "sources.knative.dev" => format!("sources/{}", id.name()),
        _ => format!("{}/{}", id.kind().to_ascii_lowercase(), id.name()),
    };
    let mut all: Vec<_> = ids.into_iter().map(shown).collect();
    all.sort();
    all
}

fn object(api_version: &str, kind: &str, name: &str, more: &Value) -> Object {
    let mut object = json!({"apiVersion": api_version, "kind": kind, "metadata": {"name": name, "namespace": "shop"}});
    object.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    if kind == "Namespace" {
        object["metadata"]["namespace"] = Value::Null;
    }
    Object::try_from(object).unwrap()
}

fn namespace(annotations: &Value) -> Object {
    object("v1", "Namespace", "shop", &json!({"metadata": {"name": "shop", "annotations": annotations}}))
}

fn broker(name: &str, more: &Value) -> Object {
    object("eventing.knative.dev/v1", "Broker", name, more)
}

fn event_type(name: &str, broker: &str, description: &str) -> Object {
    event_type_of(name, &format!("org.example.{name}"), broker, description)
}

fn event_type_of(name: &str, ty: &str, broker: &str, description: &str) -> Object {
    let spec = json!({"type": ty, "broker": broker, "description": description});
    object("eventing.knative.dev/v1beta2", "EventType", name, &json!({ "spec": spec }))
}

fn event_type_from(name: &str, ty: &str, reference: &Value) -> Object {
    let spec = json!({"type": format!("org.example.{ty}"), "reference": reference});
    object("eventing.knative.dev/v1beta2", "EventType", name, &json!({ "spec": spec }))
}

fn trigger(name: &str, broker: &str, ty: &str, subscriber: &Value) -> Object {
    let filter = json!({"attributes": {"type": format!("org.example.{ty}")}});
    let spec = json!({"broker": broker, "filter": filter, "subscriber": {"ref": subscriber}});
    object("eventing.knative.dev/v1", "Trigger", name, &json!({ "spec": spec }))
}

fn ksvc(name: &str, labels: &Value) -> Object {
    labelled("serving.knative.dev/v1", "Service", name, labels)
}

fn service(name: &str, labels: &Value) -> Object {
    labelled("v1", "Service", name, labels)
}

fn labelled(api_version: &str, kind: &str, name: &str, labels: &Value) -> Object {
    object(api_version, kind, name, &json!({"metadata": {"name": name, "namespace": "shop", "labels": labels}}))
}

fn ksvc_ref(name: &str) -> Value {
    json!({"apiVersion": "serving.knative.dev/v1", "kind": "Service", "name": name})
}

fn service_ref(name: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "Service", "name": name})
}

fn source(name: &str, broker: &str) -> Object {
    let sink = json!({"ref": {"apiVersion": "eventing.knative.dev/v1", "kind": "Broker", "name": broker}});
    let more =
        json!({"spec": {"sink": sink}, "status": {"ceAttributes": [{"type": "org.example.sold", "source": "/till"}]}});
    object("sources.knative.dev/v1", "PingSource", name, &more)
}
