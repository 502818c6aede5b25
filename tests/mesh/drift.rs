//! A resync: whatever was missed is repaired, and nothing is deleted that may exist.

use super::*;
use crate::kubernetes::Fault;
use ::events::APPROVED;
use bucket::{Body, Condition};

fn put(store: &Memory, key: &str, text: &str) {
    let body = Body { bytes: text.into(), content_type: "application/yaml", metadata: BTreeMap::new() };
    store.write(key, body, Condition::Always);
}

/// With this many Triggers.
async fn many(triggers: usize) -> World {
    let world = World::new().await;
    for n in 0..triggers {
        world.kubernetes.apply(trigger(&format!("many-{n:02}"), "default", "order", "billing"));
    }
    world.settled().await;
    world
}

#[tokio::test]
async fn what_lost_events_left_is_repaired_and_the_reply_names_it() {
    let world = World::new().await;
    world.move_trigger();
    world.kubernetes.delete(&event_type("order"));
    world.kubernetes.apply(service("new"));
    let (reply, data) = replied(world.resync().await);
    assert_eq!(reply.ty(), "dev.callboard.mesh.cataloged");
    assert_eq!(data["changes"].as_array().unwrap().len(), 6, "{data}");
    world.is_as_rebuilt().await;
    world.is_unchanged().await;
}

#[tokio::test]
async fn changes_to_the_bucket_are_undone_and_unmanaged_files_are_left_alone() {
    let world = World::new().await;
    let before = world.store.entities();
    let key = "entities/main/eventing.knative.dev/trigger/shop/orders.yaml";
    put(&world.store, key, "overwritten");
    world.store.remove("entities/main/serving.knative.dev/service/shop/billing.yaml", Condition::Always);
    let notes = "entities/main/eventing.knative.dev/broker/shop/notes.yaml";
    put(&world.store, notes, "third-party");
    assert_eq!(keys(world.resync().await), ["trigger/orders", "service/billing"]);
    let mut after = world.store.entities();
    assert_eq!(after.remove(notes).as_deref(), Some("third-party"));
    assert_eq!(after, before);
}

#[tokio::test]
async fn a_mass_deletion_waits_for_its_approval() {
    let world = many(30).await;
    for n in 0..11 {
        world.kubernetes.delete(&trigger(&format!("many-{n:02}"), "default", "order", "billing"));
    }
    world.resync().await.unwrap();
    assert_eq!(world.names().iter().filter(|name| name.starts_with("trigger/many")).count(), 30);
    let held = guard::held(&world);
    let id = held[0].as_str();
    assert!(id.starts_with("mesh-") && held.len() == 1, "{held:?}");
    let approved = EventBuilderV10::new().id("a").source("/me").ty(APPROVED);
    let approved = approved.data("application/json", json!({"id": id})).build().unwrap();
    assert_eq!(keys(world.handle(approved.clone()).await).len(), 12);
    world.is_as_rebuilt().await;
    world.is_unchanged().await;
    assert_eq!(world.handle(approved).await, Ok(Reply::Nothing(Nothing::Lapsed)));
}

#[tokio::test]
async fn a_forbidden_kind_degrades_only_itself() {
    let world = World::new().await;
    world.kubernetes.forbid("brokers.eventing.knative.dev");
    world.kubernetes.delete(&broker("other"));
    world.kubernetes.delete(&service("audit"));
    assert_eq!(keys(world.resync().await), ["service/audit"]);
    assert!(world.names().contains(&"broker/other".to_owned()));
    world.kubernetes.recover();
    assert_eq!(keys(world.resync().await), ["broker/other"]);
}

#[tokio::test]
async fn a_lost_right_strips_no_relation_from_the_catalog() {
    let world = World::new().await;
    let before = world.store.entities();
    world.kubernetes.forbid("eventtypes.eventing.knative.dev");
    let next = World::over(world.kubernetes.clone(), world.store.clone());
    next.settled().await;
    assert_eq!(next.store.entities(), before);
    // What is new is still written.
    world.kubernetes.apply(service("new"));
    assert_eq!(keys(next.resync().await), ["service/new"]);
    world.kubernetes.recover();
    next.settled().await;
    next.is_as_rebuilt().await;
}

#[tokio::test]
async fn an_item_that_is_not_a_valid_object_protects_its_kind_from_deletion() {
    let world = World::new().await;
    let odd = json!({"apiVersion": "eventing.knative.dev/v1", "kind": "Trigger", "metadata": {"name": "a%b", "namespace": "shop"}});
    world.kubernetes.apply(odd);
    world.kubernetes.delete(&trigger("orders", "default", "order", "billing"));
    world.is_unchanged().await;
    assert!(world.names().contains(&"trigger/orders".to_owned()));
}

#[tokio::test]
async fn the_objects_of_a_deleted_kind_are_deleted_with_it() {
    let world = World::new().await;
    world.install_source("sources.example.org");
    world.kubernetes.apply(foo_source("sources.example.org", "foo"));
    assert_eq!(keys(world.resync().await), ["foosource/foo"]);
    let triggers = of_knative().into_iter().find(|it| it["spec"]["names"]["kind"] == "Trigger").unwrap();
    world.kubernetes.delete(&triggers);
    assert_eq!(keys(world.resync().await), ["eventtype/order", "trigger/orders", "service/billing"]);
    world.is_as_rebuilt().await;
}

#[tokio::test]
async fn a_restored_cluster_counts_its_versions_again() {
    let world = World::new().await;
    let restored = cluster();
    for object in [broker("default"), event_type("refund"), service("billing")] {
        restored.apply(object);
    }
    let uid = world.kubernetes.find("namespaces", "kube-system").unwrap();
    restored.restore(&uid);
    let next = World::over(restored.clone(), world.store.clone());
    next.settled().await;
    assert_eq!(next.store.entities(), fresh(&restored).await);
}

#[tokio::test]
async fn another_cluster_writes_nothing_and_deletes_nothing() {
    let world = World::new().await;
    let before = world.store.entities();
    let other = cluster();
    other.rebuild(5);
    let next = World::over(other, world.store.clone());
    next.is_unchanged().await;
    assert_eq!(next.store.entities(), before);
}

#[tokio::test]
async fn an_event_is_served_while_a_resync_lists() {
    let world = World::new().await;
    world.kubernetes.break_off("list triggers", Fault::Slow(Duration::from_millis(200)), 1);
    let (resynced, changed) = tokio::join!(world.resync(), async {
        tokio::time::sleep(Duration::from_millis(50)).await;
        world.applied(trigger("orders", "default", "refund", "billing")).await
    });
    resynced.unwrap();
    assert_eq!(changed, ["trigger/orders", "eventtype/order", "eventtype/refund", "service/billing"]);
    world.is_as_rebuilt().await;
}

#[tokio::test]
async fn what_is_known_by_name_alone_is_looked_at_again() {
    let world = World::new().await;
    world.kubernetes.apply(legacy("legacy"));
    world.applied(calling("legacy", "legacy")).await;
    world.kubernetes.delete(&legacy("legacy"));
    assert_eq!(keys(world.resync().await), ["eventtype/order", "trigger/legacy"]);
    assert!(!world.descriptor("trigger/shop/legacy.yaml").contains("component:default/legacy"));
}

#[tokio::test]
async fn of_two_that_claim_one_ref_the_first_key_keeps_it() {
    let world = World::new().await;
    for group in ["a.example.org", "b.example.org"] {
        world.install_source(group);
        world.kubernetes.apply(foo_source(group, "foo"));
    }
    world.settled().await;
    let keys: Vec<_> = world.store.entities().into_keys().filter(|key| key.contains("/foosource/")).collect();
    assert_eq!(keys, ["entities/main/a.example.org/foosource/shop/foo.yaml"]);
    world.is_unchanged().await;
}
