//! A Backstage that is down, or was, and a process that is started anew.

use super::*;

#[tokio::test]
async fn a_backstage_that_is_down_is_an_empty_503_and_one_tick_shows_what_was_missed() {
    let world = World::new().await;
    for name in ["changed", "removed", "same"] {
        world.told(&world.app(name, 1).await).await;
    }
    world.backstage.break_off("", Wrong::Status(503), usize::MAX);
    for event in [world.app("changed", 2).await, world.deleted("removed", 2).await, world.app("new", 1).await] {
        let told = world.tell(&event).await;
        assert_eq!((told.status.as_u16(), told.body.as_str()), (503, ""));
    }
    assert_eq!((world.tick().await.status.as_u16(), world.tick().await.body.as_str()), (503, ""));
    world.backstage.recover();
    world.telling();
    assert_eq!(world.tick().await.status, 204);
    let mut calls = world.telling();
    calls.sort();
    let mut due = vec![world.read("changed"), world.read("new"), trigger()];
    due.sort();
    assert_eq!(calls, due);
    assert_eq!(world.tick().await.status, 204);
    assert_eq!(world.telling(), [trigger()], "what was told is told no more");
}

#[tokio::test]
async fn a_wrong_token_is_an_empty_503_that_never_shows_it() {
    let world = World::new().await;
    let event = world.app("todo", 1).await;
    world.backstage.break_off("", Wrong::Status(401), usize::MAX);
    let told = world.tell(&event).await;
    assert_eq!((told.status.as_u16(), told.body.as_str()), (503, ""));
}

#[tokio::test]
async fn a_process_that_is_started_anew_knows_what_was_told() {
    let world = World::new().await;
    for name in ["todo", "shop"] {
        world.told(&world.app(name, 1).await).await;
    }
    world.tick().await;
    let again = world.again().await;
    again.app("shop", 2).await;
    again.telling();
    assert_eq!(again.tick().await.status, 204);
    let mut calls = again.telling();
    calls.sort();
    assert_eq!(calls, [again.read("shop"), trigger()]);
    let state = again.store.objects().into_iter().find(|(key, _)| key.ends_with("/refresh.json")).unwrap().0;
    assert_eq!(state, "state/entities/main/refresh.json");
}

#[tokio::test]
async fn an_event_that_was_cut_leads_to_a_look_at_all() {
    let world = World::new().await;
    world.told(&world.app("todo", 1).await).await;
    world.app("todo", 2).await;
    world.app("shop", 1).await;
    world.telling();
    let cut = json!({"changes": [{"key": key("shop"), "entities": []}], "truncated": true});
    world.told(&event("dev.callboard.catalog.resynced", cut)).await;
    let calls = world.telling();
    assert!([world.read("todo"), world.read("shop"), trigger()].iter().all(|call| calls.contains(call)), "{calls:?}");
}

#[tokio::test]
async fn a_look_at_all_that_takes_long_is_answered_and_goes_on() {
    let world = World::new().await;
    let refresh = Refresh::new(world.edge.clone(), Duration::from_millis(100));
    let bucket = Bucket::new(world.store.clone(), settings().layout, Honours::Conditions);
    let context = Context::new(settings(), bucket).with_refresh(refresh);
    let process = Functions::start(Serving::Only(Function::Refresh), context).unwrap();
    world.app("todo", 1).await;
    world.backstage.break_off("trigger", Wrong::Slow(Duration::from_millis(400)), 1);
    let tick = || event("dev.callboard.resync.requested", json!({}));
    assert!(process.handle(tick()).await.is_ok());
    assert_eq!(process.handle(tick()).await, Ok(Reply::Nothing(events::Nothing::Busy)));
    for _ in 0..200 {
        if world.store.objects().keys().any(|key| key.ends_with("/refresh.json")) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("it did not go on");
}

#[tokio::test]
async fn one_object_that_fails_keeps_a_tick_from_no_other() {
    let world = World::new().await;
    for name in ["a", "b", "c"] {
        world.told(&world.app(name, 1).await).await;
        world.app(name, 2).await;
    }
    world.telling();
    world.backstage.break_off(&world.read("b"), Wrong::Status(500), usize::MAX);
    assert_eq!(world.tick().await.status, 503);
    world.backstage.recover();
    world.telling();
    assert_eq!(world.tick().await.status, 204);
    let mut calls = world.telling();
    calls.sort();
    assert_eq!(calls, [world.read("b"), trigger()], "what was shown is shown no more");
}

#[tokio::test]
async fn a_provider_that_hangs_keeps_no_change_from_being_read() {
    let world = World::new().await;
    world.told(&world.app("changed", 1).await).await;
    world.app("changed", 2).await;
    world.app("new", 1).await;
    world.backstage.break_off("trigger", Wrong::Status(500), usize::MAX);
    let entity = |action: &str| json!([{"ref": "component:default/x", "action": action}]);
    let changes = json!([
        {"key": key("changed"), "entities": entity("updated")},
        {"key": key("new"), "entities": entity("created")},
    ]);
    let told = world.tell(&event("dev.callboard.catalog.resynced", json!({"changes": changes}))).await;
    assert_eq!((told.status.as_u16(), told.body.as_str()), (503, ""));
    assert!(world.telling().contains(&world.read("changed")));
    world.backstage.recover();
    assert_eq!(world.tick().await.status, 204);
    let mut calls = world.telling();
    calls.sort();
    let mut due = [world.read("new"), trigger()];
    due.sort();
    assert_eq!(calls, due, "the change was confirmed");
}

#[tokio::test]
async fn bytes_that_come_back_are_shown_again() {
    let world = World::new().await;
    let title = |title: &str, version: u32| {
        let mut app = app("todo", version);
        app["metadata"]["annotations"]["callboard.dev/title"] = json!(title);
        resource("update", &app)
    };
    let first = replied(world.writer.handle(title("one", 1)).await);
    world.told(&first).await;
    let second = replied(world.writer.handle(title("two", 2)).await);
    world.backstage.break_off("", Wrong::Status(503), usize::MAX);
    assert_eq!(world.tell(&second).await.status, 503);
    world.backstage.recover();
    // The event of the third change is lost.
    replied(world.writer.handle(title("one", 3)).await);
    world.telling();
    assert_eq!(world.tick().await.status, 204);
    assert!(world.telling().contains(&world.read("todo")));
}

#[tokio::test]
async fn news_that_nobody_took_are_counted_and_not_kept() {
    let kubernetes = crate::kubernetes::Kubernetes::new();
    let store = Memory::default();
    let bucket = Bucket::new(store.clone(), settings().layout, Honours::Conditions);
    let context = Context::new(settings(), bucket).with_cluster(kubernetes.cluster());
    let resync = Functions { serving: Serving::Only(Function::Resync), context: Arc::new(context) };
    let news = json!({"changes": [{"key": key("todo"), "entities": []}]});
    for marked in [false, true] {
        let mut event = event("dev.callboard.app.cataloged", news.clone());
        if marked {
            event.set_extension("knativeerrorcode", 503);
        }
        assert_eq!(resync.handle(event).await, Ok(Reply::Nothing(events::Nothing::Kept)));
    }
    assert_eq!(store.objects().len(), 0);
}
