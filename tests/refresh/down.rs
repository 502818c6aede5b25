//! A Backstage that is down, or was, and a process that starts again.

use super::*;

#[tokio::test]
async fn a_backstage_that_is_down_is_an_empty_503_and_one_resync_shows_what_was_missed() {
    let world = World::new().await;
    for name in ["changed", "removed", "same"] {
        world.show(&world.app(name, 1).await).await;
    }
    world.backstage.break_off("", Wrong::Status(503), usize::MAX);
    for event in [world.app("changed", 2).await, world.deleted("removed", 2).await, world.app("new", 1).await] {
        let answer = world.send(&event).await;
        assert_eq!((answer.status.as_u16(), answer.body.as_str()), (503, ""));
    }
    assert_eq!((world.resync().await.status.as_u16(), world.resync().await.body.as_str()), (503, ""));
    world.backstage.recover();
    world.shown();
    assert_eq!(world.resync().await.status, 204);
    let mut calls = world.shown();
    calls.sort();
    let mut due = vec![world.read("changed"), world.read("new"), trigger()];
    due.sort();
    assert_eq!(calls, due);
    assert_eq!(world.resync().await.status, 204);
    assert_eq!(world.shown(), [trigger()], "what was shown is not shown again");
}

#[tokio::test]
async fn a_wrong_token_is_an_empty_503_that_never_shows_it() {
    let world = World::new().await;
    let event = world.app("todo", 1).await;
    world.backstage.break_off("", Wrong::Status(401), usize::MAX);
    let answer = world.send(&event).await;
    assert_eq!((answer.status.as_u16(), answer.body.as_str()), (503, ""));
}

#[tokio::test]
async fn a_process_that_starts_again_knows_what_was_shown() {
    let world = World::new().await;
    for name in ["todo", "shop"] {
        world.show(&world.app(name, 1).await).await;
    }
    world.resync().await;
    let again = world.again().await;
    again.app("shop", 2).await;
    again.shown();
    assert_eq!(again.resync().await.status, 204);
    let mut calls = again.shown();
    calls.sort();
    assert_eq!(calls, [again.read("shop"), trigger()]);
    let state = again.store.objects().into_iter().find(|(key, _)| key.ends_with("/refresh.json")).unwrap().0;
    assert_eq!(state, "state/entities/main/refresh.json");
}

#[tokio::test]
async fn an_event_that_was_cut_leads_to_a_look_at_all() {
    let world = World::new().await;
    world.show(&world.app("todo", 1).await).await;
    world.app("todo", 2).await;
    world.app("shop", 1).await;
    world.shown();
    let cut = json!({"changes": [{"key": key("shop"), "entities": []}], "truncated": true});
    world.show(&event("dev.callboard.catalog.resynced", cut)).await;
    let calls = world.shown();
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
    let request = || event("dev.callboard.resync.requested", json!({}));
    assert!(process.handle(request()).await.is_ok());
    assert_eq!(process.handle(request()).await, Ok(Reply::Nothing(events::Nothing::Busy)));
    for _ in 0..200 {
        if world.store.objects().keys().any(|key| key.ends_with("/refresh.json")) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("it did not go on");
}

#[tokio::test]
async fn one_object_that_fails_holds_up_no_other_of_a_resync() {
    let world = World::new().await;
    for name in ["a", "b", "c"] {
        world.show(&world.app(name, 1).await).await;
        world.app(name, 2).await;
    }
    world.shown();
    world.backstage.break_off(&world.read("b"), Wrong::Status(500), usize::MAX);
    assert_eq!(world.resync().await.status, 503);
    world.backstage.recover();
    world.shown();
    assert_eq!(world.resync().await.status, 204);
    let mut calls = world.shown();
    calls.sort();
    assert_eq!(calls, [world.read("b"), trigger()], "what was shown is not shown again");
}

#[tokio::test]
async fn a_provider_that_hangs_holds_up_no_read_of_a_change() {
    let world = World::new().await;
    world.show(&world.app("changed", 1).await).await;
    world.app("changed", 2).await;
    world.app("new", 1).await;
    world.backstage.break_off("trigger", Wrong::Status(500), usize::MAX);
    let entity = |action: &str| json!([{"ref": "component:default/x", "action": action}]);
    let changes = json!([
        {"key": key("changed"), "entities": entity("updated")},
        {"key": key("new"), "entities": entity("created")},
    ]);
    let answer = world.send(&event("dev.callboard.catalog.resynced", json!({"changes": changes}))).await;
    assert_eq!((answer.status.as_u16(), answer.body.as_str()), (503, ""));
    assert!(world.shown().contains(&world.read("changed")));
    world.backstage.recover();
    assert_eq!(world.resync().await.status, 204);
    let mut calls = world.shown();
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
    world.show(&first).await;
    let second = replied(world.writer.handle(title("two", 2)).await);
    world.backstage.break_off("", Wrong::Status(503), usize::MAX);
    assert_eq!(world.send(&second).await.status, 503);
    world.backstage.recover();
    // The event of the third change is lost.
    replied(world.writer.handle(title("one", 3)).await);
    world.shown();
    assert_eq!(world.resync().await.status, 204);
    assert!(world.shown().contains(&world.read("todo")));
}

#[tokio::test]
async fn events_of_callboard_that_no_subscriber_took_are_counted_and_not_kept() {
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
