//! The guard: what is held in the bucket is held in the index, too, with all that describes it.

use super::*;
use ::events::APPROVED;

/// With more EventTypes than may be deleted unasked.
async fn many() -> World {
    let world = World::new().await;
    for n in 0..12 {
        world.kubernetes.apply(event_type(&format!("t{n:02}")));
    }
    world.settled().await;
    world
}

fn lose(world: &World) {
    for n in 0..12 {
        world.kubernetes.delete(&event_type(&format!("t{n:02}")));
    }
    world.kubernetes.delete(&event_type("order"));
}

/// The ids of what is held.
pub(super) fn held(world: &World) -> Vec<String> {
    let held = world.store.objects().into_iter().filter(|(key, _)| key.contains("/held/"));
    let read = held.map(|(_, body)| serde_json::from_slice::<Value>(&body.bytes).unwrap());
    read.map(|batch| batch["id"].as_str().unwrap().to_owned()).collect()
}

async fn approve(world: &World) -> Verdict {
    let approved = EventBuilderV10::new().id("a").source("/me").ty(APPROVED);
    let approved = approved.data("application/json", json!({"id": held(world)[0]})).build().unwrap();
    world.handle(approved).await
}

#[tokio::test]
async fn what_is_held_keeps_its_relations_until_it_is_approved() {
    let world = many().await;
    let before = world.store.entities();
    lose(&world);
    world.resync().await.unwrap();
    assert!(world.store.entities() == before && held(&world).len() == 1);
    // An event does not see them as deleted, either.
    let mut changed = broker("default");
    changed["metadata"]["labels"] = json!({"a": "b"});
    world.applied(changed).await;
    assert!(world.descriptor("broker/shop/default.yaml").contains("api:shop/t00"));
    approve(&world).await.unwrap();
    world.is_as_rebuilt().await;
    world.settled().await;
    assert!(held(&world).is_empty());
}

#[tokio::test]
async fn what_is_held_keeps_its_relations_at_a_restart() {
    let world = many().await;
    let before = world.store.entities();
    lose(&world);
    let next = World::over(world.kubernetes.clone(), world.store.clone());
    next.settled().await;
    assert!(next.store.entities() == before && held(&next).len() == 1);
    approve(&next).await.unwrap();
    next.settled().await;
    next.is_as_rebuilt().await;
}

#[tokio::test]
async fn what_comes_back_is_held_no_more() {
    let world = many().await;
    lose(&world);
    world.resync().await.unwrap();
    for n in 0..12 {
        world.kubernetes.apply(event_type(&format!("t{n:02}")));
    }
    world.kubernetes.apply(event_type("order"));
    world.settled().await;
    assert!(world.store.entities() == fresh(&world.kubernetes).await && held(&world).is_empty());
}

#[tokio::test]
async fn a_label_that_is_removed_deletes_nothing_unasked() {
    let world = World::new().await;
    let mut labelled = world.install_source("sources.example.org");
    for n in 0..30 {
        world.kubernetes.apply(foo_source("sources.example.org", &format!("foo-{n:02}")));
    }
    world.settled().await;
    let before = world.store.entities();
    labelled["metadata"]["labels"] = json!({});
    world.kubernetes.apply(labelled);
    world.settled().await;
    assert!(world.store.entities() == before && held(&world).len() == 1);
    assert_eq!(keys(approve(&world).await).len(), 30);
    world.settled().await;
    world.is_as_rebuilt().await;
}

#[tokio::test]
async fn what_many_objects_ask_for_while_no_process_runs_is_held() {
    let world = World::new().await;
    for n in 0..30 {
        world.kubernetes.apply(trigger(&format!("many-{n:02}"), "default", "order", "billing"));
    }
    world.settled().await;
    let before = world.store.entities();
    for n in 0..30 {
        let mut ignored = trigger(&format!("many-{n:02}"), "default", "order", "billing");
        ignored["metadata"]["annotations"] = json!({"callboard.dev/ignore": "true"});
        world.kubernetes.apply(ignored);
    }
    world.settled().await;
    let triggers = |entities: BTreeMap<String, String>| entities.keys().filter(|key| key.contains("/many-")).count();
    assert_eq!((triggers(world.store.entities()), held(&world).len()), (triggers(before), 1));
    approve(&world).await.unwrap();
    world.settled().await;
    world.is_as_rebuilt().await;
}

#[tokio::test]
async fn of_core_services_only_named_ones_are_known() {
    let world = World::new().await;
    let core = |name: &str| {
        let labels = json!({"backstage.io/kubernetes-id": name});
        let metadata = json!({"name": name, "namespace": "shop", "labels": labels});
        json!({"apiVersion": "v1", "kind": "Service", "metadata": metadata})
    };
    world.kubernetes.apply(core("plain"));
    world.kubernetes.apply(core("named"));
    let mut calls = trigger("calls", "default", "order", "x");
    calls["spec"]["subscriber"]["ref"] = json!({"apiVersion": "v1", "kind": "Service", "name": "named"});
    world.kubernetes.apply(calls.clone());
    world.settled().await;
    assert!(world.descriptor("trigger/shop/calls.yaml").contains("component:default/named"));
    world.kubernetes.requests();
    let answer = world.handle(reference("update", &world.kubernetes.apply(core("plain")))).await;
    assert_eq!((answer, world.kubernetes.requests()), (Ok(Reply::Nothing(Nothing::NotOurs)), Vec::<String>::new()));
    // Once it is named, it is read.
    calls["spec"]["subscriber"]["ref"]["name"] = json!("plain");
    world.applied(calls).await;
    assert!(world.descriptor("trigger/shop/calls.yaml").contains("component:default/plain"));
}

#[tokio::test]
async fn made_up_objects_are_deleted_by_the_next_resync_however_many_they_are() {
    let world = World::new().await;
    let before = world.store.entities();
    for n in 0..24 {
        let mut made_up = event_type(&format!("made-up-{n:02}"));
        made_up["metadata"]["uid"] = format!("made-up-{n}").into();
        made_up["metadata"]["resourceVersion"] = (900_000 + n).to_string().into();
        world.handle(resource("add", &made_up)).await.unwrap();
    }
    assert_eq!(world.store.entities().len(), before.len() + 24);
    world.resync().await.unwrap();
    assert!(world.store.entities() == before && held(&world).is_empty());
}

#[tokio::test]
async fn a_little_less_than_too_much_in_each_resync_does_not_empty_a_kind() {
    let world = World::new().await;
    for n in 0..100 {
        world.kubernetes.apply(event_type(&format!("t{n:02}")));
    }
    world.settled().await;
    let stored = || world.names().iter().filter(|name| name.starts_with("eventtype/t")).count();
    let mut left = 100;
    for _ in 0..8 {
        let lost = left / 5;
        (left - lost..left).for_each(|n| drop(world.kubernetes.delete(&event_type(&format!("t{n:02}")))));
        left -= lost;
        world.resync().await.unwrap();
    }
    assert!(left < 20 && stored() == 80 && held(&world).len() == 1, "{left} {}", stored());
    approve(&world).await.unwrap();
    world.settled().await;
    world.is_as_rebuilt().await;
}
