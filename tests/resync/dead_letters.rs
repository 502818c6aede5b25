//! What the Broker could not deliver.

use super::*;
use cloudevents::AttributesWriter;
use events::Function;

fn dead(mut event: Event, id: &str) -> Event {
    event.set_extension("knativeerrordest", "http://apps.callboard.svc.cluster.local");
    event.set_extension("knativeerrorcode", 503i64);
    event.set_id(id);
    event
}

fn letters(world: &World) -> Vec<Value> {
    let objects = world.store.objects().into_iter().filter(|(key, _)| key.contains("/dead/"));
    objects.map(|(_, body)| serde_json::from_slice(&body.bytes).unwrap()).collect()
}

#[tokio::test]
async fn a_dead_letter_is_kept_without_its_data_and_tried_by_the_next_resync() {
    let world = World::new().await;
    world.resynced().await;
    let todo = world.app("todo", "v1");
    for id in ["1", "2"] {
        let kept = world.handle(dead(resource("add", &todo), id)).await;
        assert_eq!(kept, Ok(Reply::Nothing(Nothing::Kept)));
    }
    let kept = letters(&world);
    assert_eq!(kept.len(), 1);
    assert_eq!((&kept[0]["count"], &kept[0]["object"]["name"]), (&json!(2), &json!("todo")));
    assert_eq!(kept[0]["reason"], "503 from http://apps.callboard.svc.cluster.local");
    assert!(!kept[0].to_string().contains("image"), "{kept:?}");
    world.resync().await.unwrap();
    assert_eq!((letters(&world), world.apps()), (vec![], vec!["todo".to_owned()]));
}

/// Knative does not mark an event that was not answered in time.
#[tokio::test]
async fn a_change_that_reaches_resync_alone_is_a_dead_letter() {
    let mut world = World::new().await;
    world.process.serving = Serving::Only(Function::Resync);
    world.resynced().await;
    let todo = world.app("todo", "v1");
    assert_eq!(world.handle(resource("add", &todo)).await, Ok(Reply::Nothing(Nothing::Kept)));
    assert_eq!(letters(&world)[0]["reason"], "no answer in time");
    world.resync().await.unwrap();
    assert_eq!((letters(&world), world.apps()), (vec![], vec!["todo".to_owned()]));
}

#[tokio::test]
async fn the_live_object_counts_and_not_the_dead_letter() {
    let world = World::new().await;
    world.resynced().await;
    let todo = world.app("todo", "v1");
    world.handle(dead(resource("add", &todo), "1")).await.unwrap();
    world.kubernetes.delete(&todo);
    world.resync().await.unwrap();
    assert_eq!((letters(&world), world.apps()), (vec![], vec![]));
}

#[tokio::test]
async fn what_fails_again_stays_and_what_is_too_old_is_deleted() {
    let now = Arc::new(Mutex::new(1_800_000_000_000));
    let clock = {
        let now = now.clone();
        Clock::new(move || *now.lock().unwrap())
    };
    let world = World::new().await;
    let world = World::with(world.kubernetes, world.store, |context| context.with_clock(clock)).await;
    world.resynced().await;
    let todo = world.app("todo", "v1");
    world.handle(dead(resource("add", &todo), "1")).await.unwrap();
    let nonsense = event("dev.knative.apiserver.resource.add", "/x", "9", json!({"no": "object"}));
    world.handle(dead(nonsense, "9")).await.unwrap();
    world.kubernetes.break_off("get apps", crate::kubernetes::Fault::Status(500), usize::MAX);
    world.resync().await.unwrap();
    assert_eq!(letters(&world).len(), 2);
    *now.lock().unwrap() += 8 * 24 * 60 * 60 * 1000;
    world.resync().await.unwrap();
    assert_eq!(letters(&world), [] as [Value; 0]);
}

#[tokio::test]
async fn what_may_not_be_read_stays_and_a_state_that_cannot_be_read_stops_no_other() {
    let world = World::new().await;
    world.resynced().await;
    let todo = world.app("todo", "v1");
    world.handle(dead(resource("add", &todo), "1")).await.unwrap();
    let body = bucket::Body { bytes: b"no JSON".to_vec(), content_type: "application/json", metadata: BTreeMap::new() };
    world.store.write("state/entities/main/dead/broken.json", body, bucket::Condition::Always);
    world.kubernetes.forbid("apps.workshop.kratix.io");
    world.resync().await.unwrap();
    let names = world.store.objects().into_keys().filter(|key| key.contains("/dead/"));
    assert_eq!(names.count(), 2);
    world.kubernetes.recover();
    world.resync().await.unwrap();
    assert_eq!(world.apps(), ["todo"]);
    let names = world.store.objects().into_keys().filter(|key| key.contains("/dead/"));
    assert_eq!(names.collect::<Vec<_>>(), ["state/entities/main/dead/broken.json"]);
}

#[tokio::test]
async fn another_cluster_redrives_nothing() {
    let world = World::new().await;
    let todo = world.app("todo", "v1");
    world.resynced().await;
    world.handle(dead(resource("delete", &todo), "1")).await.unwrap();
    let other = Kubernetes::new();
    other.rebuild(5);
    other.install(app_promise());
    let cluster = other.cluster();
    let other = World::over(other, world.store.clone()).await;
    let until = std::time::Instant::now() + Duration::from_secs(60);
    let redriven = callboard::resync::redrive(&other.process.context, &cluster, until).await;
    assert!(redriven.unwrap_err().to_string().contains("another cluster"));
    assert_eq!((letters(&world).len(), world.apps()), (1, vec!["todo".to_owned()]));
}

#[tokio::test]
async fn a_request_for_a_resync_is_not_kept_as_a_dead_letter() {
    let world = World::new().await;
    assert_eq!(world.handle(dead(request("1"), "1")).await, Ok(Reply::Nothing(Nothing::Kept)));
    assert_eq!(letters(&world), [] as [Value; 0]);
}

#[tokio::test(start_paused = true)]
async fn letters_that_hang_keep_no_other_from_its_turn() {
    let world = World::new().await;
    let world = World::with(world.kubernetes, world.store, |context| context.with_sink(None)).await;
    world.resync().await.unwrap();
    for n in 0..48 {
        let hangs = world.app(&format!("hangs-{n:02}"), "v1");
        world.handle(dead(resource("add", &hangs), &format!("hangs {n}"))).await.unwrap();
    }
    let todo = world.app("todo", "v1");
    world.handle(dead(resource("add", &todo), "1")).await.unwrap();
    let hangs = crate::kubernetes::Fault::Slow(Duration::from_secs(3600));
    world.kubernetes.break_off("get apps.workshop.kratix.io default/hangs", hangs, usize::MAX);
    let cx = &world.process.context;
    for _ in 0..2 {
        let until = tokio::time::Instant::now().into_std() + Duration::from_secs(10);
        callboard::resync::redrive(cx, cx.cluster.as_ref().unwrap(), until).await.unwrap();
    }
    assert_eq!((letters(&world).len(), world.apps()), (48, vec!["todo".to_owned()]));
}
