//! An object that nobody can describe, or that the store refuses, stays alone as it is.

use super::*;
use events::DRIFTED;

/// A Promise whose entities would be longer than what is written, although it is as long as Kubernetes stores it: each line of a
/// text is indented.
fn long() -> Value {
    let mut definition = definition("long.example.org", ("Long", "longs"), &["v1"], "Namespaced");
    let text = json!({"type": "string", "description": "a\n".repeat(100_000)});
    let properties: serde_json::Map<_, _> = ('a'..='f').map(|name| (name.to_string(), text.clone())).collect();
    let spec = json!({"type": "object", "properties": properties});
    let schema = json!({"openAPIV3Schema": {"type": "object", "properties": {"spec": spec}}});
    definition["spec"]["versions"][0]["schema"] = schema;
    promise("long", definition)
}

fn completed(world: &World) -> i64 {
    let (_, bytes) = world.store.find("state/entities/main/resync.json").unwrap();
    serde_json::from_slice::<Value>(&bytes).unwrap()["completed"].as_i64().unwrap()
}

/// The drift of this reason in the last report.
fn of_reason(world: &World, reason: &str) -> Vec<Value> {
    let drifted = world.posted(DRIFTED);
    let drift = drifted.last().map(|data| data["drift"].as_array().unwrap().clone()).unwrap_or_default();
    drift.into_iter().filter(|it| it["reason"] == reason).collect()
}

#[tokio::test]
async fn what_the_store_refuses_is_reported_once_and_the_run_is_complete() {
    let world = World::new().await;
    for name in ["bad", "todo", "shop"] {
        world.app(name, "v1");
    }
    let key = format!("entities/main/{GROUP}/app/default/bad.yaml");
    world.store.refuse(&format!("put {key}"));
    let data = world.resynced().await;
    assert_eq!((&data["failed"], &data["drift"]), (&json!([]), &json!({"missing": 3, "omitted": 1})));
    assert_eq!(data["omitted"][0]["ref"], "component:default/app-bad");
    assert_eq!(world.apps(), ["shop", "todo"]);
    assert!(completed(&world) > 0);
    let reported = of_reason(&world, "omitted");
    assert_eq!((reported.len(), &reported[0]["key"]), (1, &json!(key)));
    assert!(reported[0]["detail"].as_str().unwrap().contains("400 InvalidArgument"), "{reported:?}");
    world.is_unchanged().await;
    assert_eq!(of_reason(&world, "omitted"), [] as [Value; 0]);
    world.store.recover();
    assert_eq!(world.resynced().await["drift"], json!({"missing": 1}));
    world.is_as_rebuilt().await;
}

#[tokio::test]
async fn a_deletion_that_the_store_refuses_keeps_no_other_from_being_made() {
    let world = World::new().await;
    for name in ["bad", "todo", "shop"] {
        world.app(name, "v1");
    }
    world.resynced().await;
    for name in ["bad", "shop"] {
        world.kubernetes.delete(&app(name, "v1"));
    }
    world.store.refuse(&format!("delete entities/main/{GROUP}/app/default/bad.yaml"));
    let data = world.resynced().await;
    assert_eq!((&data["failed"], &data["drift"]), (&json!([]), &json!({"orphan": 1, "omitted": 1})));
    assert_eq!(world.apps(), ["bad", "todo"]);
}

#[tokio::test]
async fn what_cannot_be_described_stays_as_it_is_and_all_others_go_on() {
    let world = World::new().await;
    let mut short = long();
    short["spec"]["api"]["spec"]["versions"][0]["schema"] = json!({"openAPIV3Schema": {"type": "object"}});
    world.kubernetes.install(short);
    world.app("todo", "v1");
    world.resynced().await;
    let before = world.store.entities();
    let long = world.kubernetes.apply(long());
    world.app("shop", "v1");
    let data = world.resynced().await;
    assert_eq!(data["drift"], json!({"missing": 1, "omitted": 1, "uncovered": 1}));
    assert_eq!(data["omitted"][0]["ref"], "component:default/long");
    assert_eq!(world.apps(), ["shop", "todo"]);
    let key = "entities/main/platform.kratix.io/promise/long.yaml";
    assert_eq!(world.store.entities()[key], before[key]);
    let reported = of_reason(&world, "omitted");
    assert!(reported[0]["detail"].as_str().unwrap().contains("bytes"), "{reported:?}");
    world.is_unchanged().await;
    // The same of the event itself.
    let Ok(Reply::Omitted(reply)) = world.handle(resource("update", &long)).await else { panic!("it is described") };
    let data: Value = reply.data().unwrap().clone().try_into().unwrap();
    assert_eq!((&data["changes"], &data["omitted"][0]["ref"]), (&json!([]), &json!("component:default/long")));
    assert_eq!(world.store.entities()[key], before[key]);
}

/// MinIO, SeaweedFS and a folder keep each segment of a key as a file.
#[tokio::test]
async fn the_longest_name_is_stored_compared_and_deleted_like_any_other() {
    let world = World::new().await;
    let names: Vec<_> = (249..=253).map(|length| "x".repeat(length)).collect();
    let objects: Vec<_> = names.iter().map(|name| world.app(name, "v1")).collect();
    assert_eq!(world.resynced().await["drift"], json!({"missing": 6}));
    let keys: Vec<_> = world.store.objects().into_keys().collect();
    assert!(keys.iter().all(|key| key.split('/').all(|segment| segment.len() <= 255)));
    assert_eq!(keys.iter().filter(|key| key.contains("/app/default/")).count(), 5);
    world.is_unchanged().await;
    world.handle(resource("delete", &world.kubernetes.delete(&objects[4]))).await.unwrap();
    world.kubernetes.delete(&objects[3]);
    assert_eq!(world.resynced().await["drift"], json!({"orphan": 1}));
    assert!(world.store.objects().into_keys().all(|key| key.split('/').all(|segment| segment.len() <= 255)));
    world.is_as_rebuilt().await;
}

#[tokio::test]
async fn kinds_that_differ_in_case_alone_are_reported_and_lose_nothing() {
    let world = World::new().await;
    world.app("todo", "v1");
    world.resynced().await;
    let before = world.store.entities();
    let mut other = definition(GROUP, ("app", "appz"), &["v1"], "Namespaced");
    other["metadata"]["name"] = format!("appz.{GROUP}").into();
    world.kubernetes.apply(other);
    let world = World::over(world.kubernetes, world.store).await;
    let data = world.resynced().await;
    assert_eq!(data["degraded"][0]["kind"], format!("app.{GROUP}"));
    let why = data["degraded"][0]["reason"].as_str().unwrap();
    assert!(why.contains("App and app differ in case alone"), "{why}");
    assert_eq!(world.store.entities(), before);
}
