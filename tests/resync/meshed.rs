//! The kinds of the mesh are left to it. If one process serves all functions, a resync is one for both.

use super::*;
use crate::kubernetes::{Fault, of_knative};
use std::sync::atomic::AtomicI64;

/// A third-party kind of source, as its definition is labelled.
fn foo() -> Value {
    let mut definition = definition("sources.example.org", ("FooSource", "foosources"), &["v1"], "Namespaced");
    definition["metadata"]["labels"] = json!({"duck.knative.dev/source": "true"});
    definition
}

fn foo_source() -> Value {
    let metadata = json!({"name": "foo", "namespace": "default"});
    json!({"apiVersion": "sources.example.org/v1", "kind": "FooSource", "metadata": metadata})
}

/// A process of all functions that started next to this cluster.
async fn started(kubernetes: Kubernetes, pace: Pace) -> World {
    let mut world = World::with(kubernetes, Memory::default(), |context| context.with_pace(pace)).await;
    let context = Arc::into_inner(world.process.context).unwrap();
    world.process = Functions::start(Serving::All, context).unwrap();
    let begun = std::time::Instant::now();
    while world.process.ready().is_err() {
        assert!(begun.elapsed() < Duration::from_secs(20));
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    world
}

#[tokio::test]
async fn third_party_sources_are_left_to_the_mesh_by_their_label() {
    let world = World::new().await;
    world.kubernetes.apply(foo());
    world.kubernetes.apply(foo_source());
    let key = "entities/main/sources.example.org/foosource/default/foo.yaml";
    let body = bucket::Body { bytes: b"of the mesh".to_vec(), content_type: "", metadata: BTreeMap::new() };
    world.store.write(key, body, bucket::Condition::Always);
    world.resync().await.unwrap();
    world.is_unchanged().await;
    assert_eq!(world.store.entities()[key], "of the mesh");
    // A lost right does not give them to another function.
    world.kubernetes.break_off("list customresourcedefinitions", Fault::Status(403), usize::MAX);
    world.resync().await.unwrap();
    assert_eq!(world.store.entities()[key], "of the mesh");
}

/// What `mesh` writes for a namespace in which it has something.
const SYSTEM: &str = "entities/main/core/namespace/default.yaml";

#[tokio::test]
async fn a_request_gets_the_system_of_its_namespace_by_an_event_or_a_resync() {
    let kubernetes = Kubernetes::new();
    kubernetes.install(app_promise());
    let time = Arc::new(AtomicI64::new(0));
    let clock = Clock::new({
        let time = time.clone();
        move || time.load(Relaxed)
    });
    let world = World::with(kubernetes, Memory::default(), |context| context.with_clock(clock)).await;
    let has_system = |name: &str| {
        let entities = world.store.entities();
        let text = &entities[&format!("entities/main/{GROUP}/app/default/{name}.yaml")];
        text.contains("\n  system: system:default/namespace-default\n")
    };
    world.handle(resource("add", &world.app("todo", "v1"))).await.unwrap();
    world.resync().await.unwrap();
    assert!(!has_system("todo"));

    let body = bucket::Body { bytes: b"of mesh".to_vec(), content_type: "", metadata: BTreeMap::new() };
    world.store.write(SYSTEM, body, bucket::Condition::Always);
    assert_eq!(world.resynced().await["drift"], json!({"outdated": 1}));
    assert!(has_system("todo"));
    world.is_unchanged().await;
    time.store(30_000, Relaxed);
    world.handle(resource("add", &world.app("shop", "v1"))).await.unwrap();
    assert!(has_system("shop"));
    world.is_unchanged().await;

    world.store.remove(SYSTEM, bucket::Condition::Always);
    assert_eq!(world.resynced().await["drift"], json!({"outdated": 2}));
    assert!(!has_system("todo") && !has_system("shop"));
}

#[tokio::test]
async fn the_bucket_is_asked_for_a_system_once_in_thirty_seconds() {
    let kubernetes = Kubernetes::new();
    kubernetes.install(app_promise());
    let world = World::with(kubernetes, Memory::default(), |context| context.with_clock(Clock::new(|| 0))).await;
    world.handle(resource("add", &world.app("todo", "v1"))).await.unwrap();
    assert_eq!(world.store.calls()["head"], 2);
    world.store.forget_calls();
    world.handle(resource("add", &world.app("shop", "v1"))).await.unwrap();
    assert_eq!(world.store.calls()["head"], 1);
}

#[tokio::test]
async fn a_process_that_keeps_the_mesh_knows_the_systems_itself() {
    let kubernetes = Kubernetes::new();
    kubernetes.install(app_promise());
    of_knative().into_iter().for_each(|definition| drop(kubernetes.apply(definition)));
    kubernetes.apply(json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "default"}}));
    let metadata = json!({"name": "default", "namespace": "default"});
    kubernetes.apply(json!({"apiVersion": "eventing.knative.dev/v1", "kind": "Broker", "metadata": metadata}));
    let world = started(kubernetes, Pace::default()).await;
    // A file that nobody knows of would say so as well.
    world.store.break_off("head entities/main/core/namespace/default.yaml", usize::MAX);
    world.handle(resource("add", &world.app("todo", "v1"))).await.unwrap();
    let text = &world.store.entities()[&format!("entities/main/{GROUP}/app/default/todo.yaml")];
    assert!(text.contains("\n  system: system:default/namespace-default\n"), "{text}");
}

#[tokio::test]
async fn a_resync_of_all_functions_keeps_both_and_reports_the_mesh_by_the_sink() {
    let kubernetes = Kubernetes::new();
    kubernetes.install(app_promise());
    of_knative().into_iter().for_each(|definition| drop(kubernetes.apply(definition)));
    kubernetes.apply(foo());
    let world = started(kubernetes, Pace::default()).await;
    while world.resync().await == Ok(Reply::Nothing(Nothing::Busy)) {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    world.posted("");
    world.app("todo", "v1");
    world.kubernetes.apply(foo_source());
    let data = world.resynced().await;
    assert_eq!(data["changes"].as_array().unwrap().len(), 1, "{data}");
    let reported = world.posted("dev.callboard.mesh.cataloged");
    let keys: Vec<_> = reported.iter().map(|data| data["changes"][0]["key"].as_str().unwrap()).collect();
    assert_eq!(keys, ["entities/main/sources.example.org/foosource/default/foo.yaml"]);
    world.is_unchanged().await;
}

#[tokio::test]
async fn a_mesh_that_hangs_does_not_take_the_reply_of_resync_with_it() {
    let kubernetes = Kubernetes::new();
    kubernetes.install(app_promise());
    of_knative().into_iter().for_each(|definition| drop(kubernetes.apply(definition)));
    let world = started(kubernetes, Pace::new(Duration::from_millis(300))).await;
    while world.resync().await == Ok(Reply::Nothing(Nothing::Busy)) {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    world.app("todo", "v1");
    world.kubernetes.break_off("list triggers", Fault::Slow(Duration::from_secs(60)), usize::MAX);
    let reported = tokio::time::timeout(Duration::from_secs(5), world.resync()).await;
    assert_eq!(replied(reported.expect("it ends"))["changes"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_dead_letter_of_the_mesh_is_not_kept_since_its_resync_repairs_that() {
    let world = World::new().await;
    of_knative().into_iter().for_each(|definition| drop(world.kubernetes.apply(definition)));
    let metadata = json!({"name": "default", "namespace": "default"});
    let broker = json!({"apiVersion": "eventing.knative.dev/v1", "kind": "Broker", "metadata": metadata});
    let mut dead = resource("add", &world.kubernetes.apply(broker));
    dead.set_extension("knativeerrorcode", "503");
    assert_eq!(world.handle(dead).await, Ok(Reply::Nothing(Nothing::Kept)));
    assert!(!world.store.objects().keys().any(|key| key.contains("/dead/")));
}
