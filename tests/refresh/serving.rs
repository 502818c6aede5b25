//! Which processes call Backstage, and what that costs the other functions in them.

use super::*;
use crate::binary::{NEEDED, Served, callboard};

/// A Backstage that takes connections and never answers.
#[tokio::test]
async fn a_backstage_that_hangs_holds_up_no_other_function() {
    let world = World::new().await;
    let refresh = Refresh::new(world.edge.clone(), Duration::from_millis(300));
    let bucket = Bucket::new(world.store.clone(), settings().layout, Honours::Conditions);
    let all = Functions::start(Serving::All, Context::new(settings(), bucket).with_refresh(refresh)).unwrap();
    let router = runtime::router(all, &args(20));
    let events = futures::future::join_all((0..40).map(|n| {
        let world = &world;
        async move { world.app(&format!("todo-{n}"), 1).await }
    }));
    let events = events.await;
    world.backstage.break_off("", Wrong::Slow(Duration::from_secs(60)), usize::MAX);
    let hung = futures::future::join_all(events.iter().map(|event| answer(&router, structured(event))));
    let others = async {
        tokio::time::sleep(Duration::from_millis(50)).await;
        answer(&router, structured(&resource("update", &app("other", 1)))).await
    };
    tokio::pin!(hung, others);
    let changed = tokio::select! {
        _ = &mut hung => panic!("another function waited for Backstage"),
        changed = &mut others => changed,
    };
    assert_eq!(changed.status, 200);
    assert!(hung.await.iter().all(|answer| (answer.status.as_u16(), answer.body.as_str()) == (503, "")));
}

#[tokio::test]
async fn without_a_backstage_refresh_does_not_start_and_all_leave_its_events_alone() {
    let context = |store| Context::new(settings(), Bucket::new(store, settings().layout, Honours::Conditions));
    let refused = Functions::start(Serving::Only(Function::Refresh), context(Memory::default())).err().unwrap();
    assert!(refused.to_string().contains("CALLBOARD_BACKSTAGE_URL"), "{refused}");
    let all = Functions::start(Serving::All, context(Memory::default())).unwrap();
    let news = event("dev.callboard.app.cataloged", json!({"changes": [{"key": key("todo"), "entities": []}]}));
    assert_eq!(answer(&runtime::router(all, &args(20)), structured(&news)).await.status, 204);
    let mut binary = callboard(&NEEDED);
    let ended = tokio::task::spawn_blocking(move || binary.env("FUNCTION", "refresh").output().unwrap()).await.unwrap();
    assert!(String::from_utf8_lossy(&ended.stderr).contains("CALLBOARD_BACKSTAGE_URL"), "{ended:?}");
}

#[test]
fn a_function_that_does_not_call_backstage_needs_no_token_for_it() {
    let url = ("CALLBOARD_BACKSTAGE_URL", "http://127.0.0.1:9");
    let served = Served::start(&[("FUNCTION", "apps"), url]);
    assert!(served.ask("GET", "/health/readiness").starts_with("HTTP/1.1 200 "));
    let refused = callboard(&[&NEEDED[..], &[("FUNCTION", "refresh"), url]].concat()).output().unwrap();
    assert!(String::from_utf8_lossy(&refused.stderr).contains("CALLBOARD_BACKSTAGE_TOKEN_FILE"), "{refused:?}");
}

#[tokio::test]
async fn all_functions_in_one_process_show_what_their_own_events_report() {
    let world = World::new().await;
    let refresh = Refresh::new(world.edge.clone(), Duration::from_secs(10));
    let bucket = Bucket::new(world.store.clone(), settings().layout, Honours::Conditions);
    let all = Functions::start(Serving::All, Context::new(settings(), bucket).with_refresh(refresh)).unwrap();
    let reply = replied(all.handle(resource("update", &app("todo", 1))).await);
    assert!(all.handle(reply).await.is_ok());
    assert!(world.calls(&["trigger"]) == [trigger()]);
    assert!(all.handle(event("dev.callboard.resync.requested", json!({}))).await.is_ok());
    for _ in 0..100 {
        if world.calls(&["trigger"]) == [trigger()] {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("a resync triggers no run");
}
