//! What an event changes.

use super::*;
use bucket::{Body, Condition};

#[tokio::test]
async fn a_start_catalogs_the_whole_mesh_with_its_relations() {
    let world = World::new().await;
    let names = [
        "namespace/shop",
        "broker/default",
        "broker/other",
        "eventtype/order",
        "eventtype/refund",
        "trigger/orders",
        "service/audit",
        "service/billing",
    ];
    assert_eq!(world.names(), names);
    assert!(world.descriptor("service/shop/billing.yaml").contains("consumesApis"));
    assert!(!world.descriptor("service/shop/audit.yaml").contains("consumesApis"));
    world.is_unchanged().await;
}

#[tokio::test]
async fn a_trigger_that_gets_another_filter_touches_itself_its_event_types_and_its_consumer() {
    let world = World::new().await;
    let changed = world.applied(trigger("orders", "default", "refund", "billing")).await;
    assert_eq!(changed, ["trigger/orders", "eventtype/order", "eventtype/refund", "service/billing"]);
    assert!(world.descriptor("service/shop/billing.yaml").contains("api:shop/refund"));
}

#[tokio::test]
async fn a_trigger_that_moves_to_another_broker_and_consumer_touches_its_event_type_and_both_consumers() {
    let world = World::new().await;
    let changed = world.applied(trigger("orders", "default", "order", "audit")).await;
    assert_eq!(changed, ["trigger/orders", "eventtype/order", "service/audit", "service/billing"]);
    let changed = world.applied(trigger("orders", "other", "order", "audit")).await;
    assert_eq!(changed, ["trigger/orders", "eventtype/order", "service/audit"]);
    assert!(!world.descriptor("service/shop/audit.yaml").contains("consumesApis"));
    world.is_unchanged().await;
}

#[tokio::test]
async fn a_deleted_event_type_leaves_no_object_and_no_relation() {
    let world = World::new().await;
    let last = world.kubernetes.delete(&event_type("order"));
    let changed = keys(world.handle(resource("delete", &last)).await);
    assert_eq!(changed[0], "eventtype/order");
    assert!(changed.contains(&"service/billing".to_owned()), "{changed:?}");
    assert!(!world.names().contains(&"eventtype/order".to_owned()));
    assert!(!world.store.entities().values().any(|text| text.contains("api:shop/order")));
    world.is_unchanged().await;
}

#[tokio::test]
async fn a_late_event_changes_nothing_and_a_late_update_restores_no_deleted_object() {
    let world = World::new().await;
    let early = world.kubernetes.apply(trigger("orders", "default", "refund", "audit"));
    let late = world.move_trigger();
    world.handle(resource("update", &late)).await.unwrap();
    assert_eq!(world.handle(resource("update", &early)).await, Ok(Reply::Nothing(Nothing::Late)));
    let last = world.kubernetes.delete(&late);
    world.handle(resource("delete", &last)).await.unwrap();
    assert_eq!(world.handle(resource("update", &late)).await, Ok(Reply::Nothing(Nothing::Late)));
    assert!(!world.names().contains(&"trigger/orders".to_owned()));
}

#[tokio::test]
async fn an_object_by_reference_is_read_in_the_cluster() {
    let world = World::new().await;
    let object = world.move_trigger();
    assert_eq!(
        keys(world.handle(reference("update", &object)).await),
        ["trigger/orders", "eventtype/order", "eventtype/refund", "service/billing"]
    );
    let deleted = world.kubernetes.delete(&object);
    assert_eq!(
        keys(world.handle(reference("delete", &deleted)).await),
        ["trigger/orders", "eventtype/refund", "service/billing"]
    );
}

#[tokio::test]
async fn a_replay_of_objects_that_did_not_change_makes_no_call() {
    let world = World::new().await;
    for _ in 0..3 {
        for object in [
            broker("default"),
            event_type("order"),
            service("billing"),
            trigger("orders", "default", "order", "billing"),
        ] {
            let object = world.kubernetes.apply(object);
            assert_eq!(world.handle(resource("update", &object)).await, Ok(Reply::Nothing(Nothing::Unchanged)));
        }
    }
    assert_eq!(world.store.calls(), BTreeMap::new());
}

#[tokio::test]
async fn a_subscriber_that_no_event_reported_is_read_once() {
    let world = World::new().await;
    let deployment = json!({"name": "legacy", "namespace": "shop", "labels": {"backstage.io/kubernetes-id": "legacy"}});
    let named = json!({"apiVersion": "apps/v1", "kind": "Deployment", "name": "legacy"});
    world.kubernetes.apply(json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": deployment}));
    let mut calls_it = trigger("legacy", "default", "order", "x");
    calls_it["spec"]["subscriber"]["ref"] = named;
    world.kubernetes.requests();
    assert_eq!(world.applied(calls_it.clone()).await, ["trigger/legacy", "eventtype/order"]);
    assert!(world.descriptor("trigger/shop/legacy.yaml").contains("component:default/legacy"));
    assert!(world.kubernetes.requests().contains(&"get deployments.apps shop/legacy".to_owned()));
    calls_it["metadata"]["labels"] = json!({"a": "b"});
    world.applied(calls_it).await;
    assert_eq!(world.kubernetes.requests(), [] as [&str; 0]);
}

#[tokio::test]
async fn a_request_that_a_trigger_names_keeps_its_bucket_object() {
    let world = World::new().await;
    world.kubernetes.apply(definition("example.org", ("Queue", "queues"), &["v1"], "Namespaced"));
    world.kubernetes.apply(object("example.org/v1", "Queue", "mail", json!({})));
    let key = "entities/main/example.org/queue/shop/mail.yaml";
    let body = Body { bytes: b"of apps".to_vec(), content_type: "application/yaml", metadata: BTreeMap::new() };
    world.store.write(key, body, Condition::Always);
    let mut calls_it = trigger("mail", "default", "order", "x");
    calls_it["spec"]["subscriber"]["ref"] = json!({"apiVersion": "example.org/v1", "kind": "Queue", "name": "mail"});
    assert_eq!(world.applied(calls_it).await, ["trigger/mail", "eventtype/order"]);
    assert_eq!(world.store.entities().get(key).map(String::as_str), Some("of apps"));
}

#[tokio::test]
async fn a_subscriber_that_is_missing_is_not_asked_for_at_each_event() {
    let world = World::new().await;
    world.applied(trigger("lost", "default", "order", "nobody")).await;
    world.kubernetes.requests();
    world.applied(trigger("lost", "default", "refund", "nobody")).await;
    assert_eq!(world.kubernetes.requests(), [] as [&str; 0]);
    // As soon as it is there, its event reports it.
    let changed = world.applied(service("nobody")).await;
    assert_eq!(changed, ["service/nobody", "trigger/lost"]);
}

#[tokio::test]
async fn what_is_in_a_namespace_that_is_not_kept_does_not_matter() {
    let world = World::new().await;
    let kept = World::with(world.kubernetes.clone(), Memory::default(), |cx| cx.with_namespaces(["other".to_owned()]));
    kept.settled().await;
    assert_eq!(kept.names(), [] as [&str; 0]);
    let event = resource("update", &world.kubernetes.apply(broker("default")));
    assert_eq!(kept.handle(event).await, Ok(Reply::Nothing(Nothing::NotOurs)));
}

#[tokio::test]
async fn what_no_object_names_is_not_even_asked_for() {
    let world = World::new().await;
    let metadata = json!({"name": "batch", "namespace": "shop", "labels": {"backstage.io/kubernetes-id": "batch"}});
    let batch = world.kubernetes.apply(json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata}));
    world.kubernetes.requests();
    let answer = world.handle(reference("add", &batch)).await;
    assert_eq!((answer, world.kubernetes.requests()), (Ok(Reply::Nothing(Nothing::NotOurs)), vec![]));
    assert_eq!(world.store.calls(), BTreeMap::new());
}
