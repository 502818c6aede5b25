//! What differs is found, named and repaired. What may not be judged is left alone.

use super::*;
use bucket::{Body, Condition};
use std::sync::atomic::Ordering::Relaxed;

fn counts(data: &Value) -> &Value {
    &data["drift"]
}

/// A file that Callboard did not write.
fn scribble(world: &World, key: &str) {
    let body = Body { bytes: b"kind: Group\n".to_vec(), content_type: "application/yaml", metadata: BTreeMap::new() };
    world.store.write(key, body, Condition::Always);
}

#[tokio::test]
async fn a_new_install_is_filled_by_its_first_resync() {
    let world = World::new().await;
    world.app("todo", "v1");
    world.app("shop", "v1");
    let data = world.resynced().await;
    assert_eq!((&data["compared"], counts(&data)), (&json!(3), &json!({"missing": 3})));
    assert_eq!(world.apps(), ["shop", "todo"]);
    world.is_unchanged().await;
}

#[tokio::test]
async fn a_quiet_resync_asks_the_bucket_only_for_its_listing() {
    let world = World::new().await;
    world.app("todo", "v1");
    world.resynced().await;
    world.is_unchanged().await;
    world.store.forget_calls();
    world.is_unchanged().await;
    let calls = world.store.calls();
    assert_eq!((calls.get("head"), calls.get("delete")), (None, None), "{calls:?}");
    // Its own state, and the listings of entities, held deletions, dead letters and tombstones.
    assert_eq!((calls.get("put"), calls.get("list")), (Some(&1), Some(&4)), "{calls:?}");
}

#[tokio::test]
async fn a_store_whose_etags_are_not_md5_is_repaired_as_well() {
    let world = World::over(World::new().await.kubernetes, Memory::without_md5()).await;
    world.app("todo", "v1");
    world.resynced().await;
    world.is_unchanged().await;
    world.app("todo", "v2");
    assert_eq!(counts(&world.resynced().await), &json!({"outdated": 1}));
    world.is_as_rebuilt().await;
}

#[tokio::test]
async fn what_lost_events_left_is_repaired() {
    let world = World::new().await;
    let (todo, _) = (world.app("todo", "v1"), world.app("shop", "v1"));
    world.resynced().await;
    world.app("todo", "v2");
    world.app("cart", "v1");
    world.kubernetes.delete(&app("shop", "v1"));
    let data = world.resynced().await;
    assert_eq!(counts(&data), &json!({"missing": 1, "orphan": 1, "outdated": 1}));
    assert_eq!(world.apps(), ["cart", "todo"]);
    world.is_as_rebuilt().await;
    let drifted = world.posted(events::DRIFTED);
    assert_eq!(drifted.last().unwrap()["counts"], json!({"missing": 1, "orphan": 1, "outdated": 1}));
    // What comes late after that changes nothing.
    let late = world.handle(resource("update", &todo)).await;
    assert_eq!(late, Ok(Reply::Nothing(Nothing::Late)));
    world.is_unchanged().await;
}

/// Kratix 0.125 says only by the times of its writes that a run began again.
#[tokio::test]
async fn a_comparison_reads_the_state_that_an_event_tells() {
    let (world, since) = (World::new().await, "2026-11-21T12:00:00Z");
    let mut todo = app("todo", "v1");
    todo["metadata"]["generation"] = 2.into();
    todo["metadata"]["managedFields"] =
        json!([{"manager": "kratix", "subresource": "status", "time": since, "fieldsV1": {"f:status": {}}}]);
    let run = json!({"type": "PipelineCompleted", "status": "False", "reason": "x", "lastTransitionTime": since});
    todo["status"] = json!({"observedGeneration": 2, "conditions": [run]});
    world.handle(resource("add", &world.kubernetes.apply(todo))).await.unwrap();
    let before = world.store.entities();
    assert!(before.values().any(|yaml| yaml.contains("callboard.dev/state: pending")), "{before:#?}");
    world.resync().await.unwrap();
    let key = before.keys().next().unwrap();
    assert_eq!(world.store.entities()[key], before[key]);
}

#[tokio::test]
async fn changes_to_the_bucket_are_undone() {
    let world = World::new().await;
    world.app("todo", "v1");
    world.resynced().await;
    let before = world.store.entities();
    let key = before.keys().find(|key| key.ends_with("todo.yaml")).unwrap();
    world.store.remove(key, Condition::Always);
    assert_eq!(counts(&world.resynced().await), &json!({"missing": 1}));
    scribble(&world, key);
    assert_eq!(counts(&world.resynced().await), &json!({"outdated": 1}));
    assert_eq!(world.store.entities(), before);
}

#[tokio::test]
async fn unmanaged_files_are_reported_once_and_never_changed() {
    let world = World::new().await;
    world.resynced().await;
    world.posted(events::DRIFTED);
    let named_like_an_app = format!("entities/main/{GROUP}/app/default/other.yaml");
    scribble(&world, "entities/main/users.yaml");
    scribble(&world, &named_like_an_app);
    assert_eq!(counts(&world.resynced().await), &json!({"unmanaged": 2}));
    assert_eq!(world.posted(events::DRIFTED).len(), 1);
    world.is_unchanged().await;
    assert_eq!(world.posted(events::DRIFTED), [] as [Value; 0]);
    assert!(world.store.entities().contains_key("entities/main/users.yaml"));
    assert_eq!(world.apps(), ["other"]);
}

#[tokio::test]
async fn a_kind_without_a_source_is_uncovered() {
    let world = World::new().await;
    let database = |plural| promise("db", definition("example.org", ("Redis", plural), &["v1"], "Namespaced"));
    world.kubernetes.install(database("redis"));
    world.resynced().await;
    let drift = &world.posted(events::DRIFTED).remove(0)["drift"];
    let uncovered = drift.as_array().unwrap().iter().find(|it| it["reason"] == "uncovered").unwrap();
    assert_eq!(uncovered["kind"], "redis.example.org");
    assert!(uncovered["detail"].as_str().unwrap().contains("cannot guess"), "{uncovered}");
    // Works report it.
    world.kubernetes.apply(source(&[(GROUP, "App"), ("platform.kratix.io", "Work")]));
    world.resync().await.unwrap();
    world.is_unchanged().await;
}

#[tokio::test]
async fn a_kind_that_may_not_be_read_degrades_alone_and_loses_nothing() {
    let world = World::new().await;
    world.app("todo", "v1");
    world.resynced().await;
    world.kubernetes.forbid("apps.workshop.kratix.io");
    world.kubernetes.delete(&app("todo", "v1"));
    world.kubernetes.install(promise("other", definition("example.org", ("Other", "others"), &["v1"], "Namespaced")));
    let data = world.resynced().await;
    assert_eq!(data["degraded"][0]["kind"], "app.workshop.kratix.io");
    assert_eq!(world.apps(), ["todo"]);
    assert!(world.store.entities().keys().any(|key| key.ends_with("promise/other.yaml")));
    world.kubernetes.recover();
    world.resynced().await;
    assert_eq!(world.apps(), [] as [&str; 0]);
}

#[tokio::test]
async fn a_list_that_breaks_off_deletes_nothing() {
    use crate::kubernetes::Fault::{Half, Status};
    for (fault, line) in
        [(Status(500), "list apps.workshop.kratix.io more"), (Half, "list apps"), (Status(410), "list apps")]
    {
        let world = World::new().await;
        for n in 0..6 {
            world.app(&format!("app-{n}"), "v1");
        }
        world.resynced().await;
        world.kubernetes.delete(&app("app-3", "v1"));
        world.kubernetes.pages_of(2);
        world.kubernetes.break_off(line, fault, usize::MAX);
        let data = world.resynced().await;
        assert_eq!(data["degraded"][0]["kind"], "app.workshop.kratix.io", "{fault:?}");
        assert_eq!(world.apps().len(), 6, "{fault:?} {data:?}");
        world.kubernetes.recover();
        world.resynced().await;
        assert_eq!(world.apps().len(), 5, "{fault:?}");
    }
}

#[tokio::test]
async fn the_entities_of_a_promise_are_deleted_with_its_kind() {
    let world = World::new().await;
    world.app("todo", "v1");
    world.resynced().await;
    world.kubernetes.delete(&definition(GROUP, ("App", "apps"), &["v1"], "Namespaced"));
    world.kubernetes.delete(&app_promise());
    assert_eq!(counts(&world.resynced().await), &json!({"orphan": 2}));
    assert_eq!(world.store.entities(), BTreeMap::new());
    // Created again, with an App that no event reports.
    world.kubernetes.install(app_promise());
    world.app("todo", "v1");
    world.resynced().await;
    world.is_as_rebuilt().await;
}

#[tokio::test]
async fn a_restored_cluster_is_believed() {
    let world = World::new().await;
    let old = world.app("todo", "v1");
    let deleted = world.app("shop", "v1");
    world.app("todo", "v2");
    world.resynced().await;
    world.kubernetes.delete(&deleted);
    world.resynced().await;
    // Back to the time before.
    world.kubernetes.restore(&old);
    world.kubernetes.restore(&deleted);
    assert_eq!(counts(&world.resynced().await), &json!({"rewound": 2}));
    world.is_as_rebuilt().await;
    world.is_unchanged().await;
}

#[tokio::test]
async fn of_two_objects_with_one_ref_the_first_key_keeps_it() {
    let world = World::new().await;
    // The Promise `app-todo` and the request `app`/`todo` are both component:default/app-todo.
    world.app("todo", "v1");
    world
        .kubernetes
        .install(promise("app-todo", definition("example.org", ("Other", "others"), &["v1"], "Namespaced")));
    let data = world.resynced().await;
    assert_eq!(data["drift"]["collision"], 1);
    let entities = world.store.entities();
    let has_ref = |key: &&String| entities[*key].contains("name: app-todo\n");
    let holders: Vec<_> = entities.keys().filter(has_ref).collect();
    assert_eq!(holders, ["entities/main/platform.kratix.io/promise/app-todo.yaml"], "{entities:#?}");
    world.is_unchanged().await;
}

#[tokio::test]
async fn only_chosen_namespaces_are_compared() {
    let kubernetes = Kubernetes::new();
    kubernetes.install(app_promise());
    kubernetes.apply(source(&[(GROUP, "App")]));
    let store = Memory::default();
    let world = World::with(kubernetes, store, |context| context.with_namespaces(["shop".to_owned()])).await;
    world.app("todo", "v1");
    let mut cart = app("cart", "v1");
    cart["metadata"]["namespace"] = "shop".into();
    world.kubernetes.apply(cart);
    world.resynced().await;
    assert_eq!(world.apps(), [] as [&str; 0]);
    assert!(world.store.entities().contains_key("entities/main/workshop.kratix.io/app/shop/cart.yaml"));
    world.is_unchanged().await;
}

#[tokio::test]
async fn a_part_can_be_asked_for() {
    let world = World::new().await;
    world.app("todo", "v1");
    world.app("shop", "v1");
    let data = json!({"kind": "app.workshop.kratix.io", "namespace": "default", "name": "todo"});
    let data = replied(world.handle(event(events::REQUESTED, "/me", "1", data)).await);
    assert_eq!((&data["compared"], world.apps()), (&json!(1), vec!["todo".to_owned()]));
    world.resynced().await;
    // What is out of scope is no orphan.
    world.kubernetes.delete(&app("todo", "v1"));
    let other = json!({"kind": "app.workshop.kratix.io", "name": "shop"});
    assert_eq!(world.handle(event(events::REQUESTED, "/me", "2", other)).await, Ok(Reply::Nothing(Nothing::Unchanged)));
    assert_eq!(world.apps(), ["shop", "todo"]);
}

#[tokio::test]
async fn what_lasts_is_reported_again_until_the_sink_took_it_and_when_it_ends() {
    let world = World::new().await;
    world.resynced().await;
    world.posted(events::DRIFTED);
    scribble(&world, "entities/main/users.yaml");
    world.down.store(true, Relaxed);
    world.resynced().await;
    assert_eq!(world.posted(events::DRIFTED), [] as [Value; 0]);
    world.down.store(false, Relaxed);
    world.resynced().await;
    assert_eq!(world.posted(events::DRIFTED)[0]["counts"], json!({"unmanaged": 1}));
    world.is_unchanged().await;
    world.store.remove("entities/main/users.yaml", Condition::Always);
    world.resynced().await;
    assert_eq!(world.posted(events::DRIFTED)[0]["drift"], json!([]));
    world.is_unchanged().await;
}

#[tokio::test]
async fn an_unmanaged_file_at_the_key_of_an_object_that_opted_out_is_left_alone() {
    let world = World::new().await;
    let mut todo = app("todo", "v1");
    todo["metadata"]["annotations"]["callboard.dev/ignore"] = "true".into();
    world.kubernetes.apply(todo.clone());
    world.resynced().await;
    scribble(&world, &format!("entities/main/{GROUP}/app/default/todo.yaml"));
    assert_eq!(counts(&world.resynced().await), &json!({"unmanaged": 1}));
    assert_eq!(world.apps(), ["todo"]);
}

#[tokio::test]
async fn an_object_that_opted_out_in_a_restored_cluster_is_removed() {
    let world = World::new().await;
    let mut out = app("todo", "v1");
    out["metadata"]["annotations"]["callboard.dev/ignore"] = "true".into();
    let out = world.kubernetes.apply(out);
    world.app("todo", "v2");
    world.resynced().await;
    assert_eq!(world.apps(), ["todo"]);
    world.kubernetes.restore(&out);
    world.resynced().await;
    assert_eq!(world.apps(), [] as [&str; 0]);
    world.is_unchanged().await;
}

#[tokio::test]
async fn a_kind_of_unknown_version_is_not_written_again() {
    let world = World::new().await;
    world.app("todo", "v1");
    world.resynced().await;
    let before = world.store.entities();
    world.kubernetes.break_off("list promises", crate::kubernetes::Fault::Status(500), usize::MAX);
    world.kubernetes.delete(&source(&[]));
    world.resync().await.unwrap();
    assert_eq!(world.store.entities(), before);
}

#[tokio::test]
async fn a_look_writes_nothing_and_finds_the_same() {
    use callboard::resync::{Mode, slice};
    let world = World::new().await;
    world.app("todo", "v1");
    world.resynced().await;
    world.app("todo", "v2");
    world.app("shop", "v1");
    scribble(&world, "entities/main/users.yaml");
    let before = world.store.objects();
    let request = events::ResyncRequest::new(events::Cause::new("/me", "look", "look"), events::Scope::default());
    let cluster = world.kubernetes.cluster();
    let until = std::time::Instant::now() + Duration::from_secs(60);
    let look = slice(&world.process.context, &cluster, &request, Mode::Look, until).await.unwrap();
    let found: Vec<_> = look.findings.drift.iter().map(|drift| drift.reason.as_str()).collect();
    assert_eq!(found, ["unmanaged", "missing", "outdated"]);
    assert_eq!(world.store.objects(), before);
}

#[tokio::test]
async fn late_deletions_count_although_their_kind_is_deleted() {
    let world = World::new().await;
    let apps: Vec<_> = (0..12).map(|n| world.app(&format!("app-{n:02}"), "v1")).collect();
    world.resynced().await;
    let deleted: Vec<_> = apps.iter().map(|app| world.kubernetes.delete(app)).collect();
    world.kubernetes.delete(&definition(GROUP, ("App", "apps"), &["v1"], "Namespaced"));
    let world = World::over(world.kubernetes, world.store).await;
    for app in &deleted {
        let late = crate::kubernetes::at(resource("delete", app), 1_700_000_000_000);
        assert!(matches!(world.handle(late).await, Ok(Reply::Changed(_))));
    }
    assert_eq!(world.apps(), [] as [&str; 0]);
}

#[tokio::test]
async fn only_a_run_in_which_nothing_failed_makes_the_catalog_known_to_be_true() {
    let now = Arc::new(Mutex::new(1_800_000_000_000));
    let shared = now.clone();
    let clock = Clock::new(move || *shared.lock().unwrap());
    let world = World::new().await;
    let world = World::with(world.kubernetes, world.store, |context| context.with_clock(clock)).await;
    let completed = || {
        let (_, bytes) = world.store.find("state/entities/main/resync.json").unwrap();
        serde_json::from_slice::<Value>(&bytes).unwrap()["completed"].as_i64().unwrap()
    };
    world.resynced().await;
    *now.lock().unwrap() += 300_000;
    world.kubernetes.forbid("apps.workshop.kratix.io");
    world.resynced().await;
    assert_eq!(completed(), 1_800_000_000_000);
    world.kubernetes.recover();
    world.resync().await.unwrap();
    assert_eq!(completed(), 1_800_000_300_000);
}
