//! A run that takes longer than an event may.

use super::*;

#[tokio::test]
async fn a_run_goes_on_where_its_last_slice_ended() {
    let kubernetes = Kubernetes::new();
    kubernetes.install(app_promise());
    kubernetes.apply(source(&[(GROUP, "App")]));
    // No time but for the writes that each slice does in any case.
    let pace = |context: Context<Memory>| context.with_pace(Pace::new(Duration::ZERO));
    let world = World::with(kubernetes, Memory::default(), pace).await;
    for n in 0..300 {
        world.app(&format!("app-{n:03}"), "v1");
    }
    world.kubernetes.pages_of(100);
    let mut event = request("1");
    let mut cursors = Vec::new();
    let run = loop {
        let reply = match world.handle(event).await {
            Ok(Reply::Changed(reply)) => *reply,
            verdict => panic!("{verdict:?}"),
        };
        let data: Value = reply.data().unwrap().clone().try_into().unwrap();
        let Some(cursor) = data.get("cursor") else { break data["run"].clone() };
        cursors.push((cursor["kind"].to_string(), cursor["after"].to_string(), data["run"].clone()));
        event = reply;
    };
    assert!((3..20).contains(&cursors.len()), "{cursors:?}");
    assert!(cursors.windows(2).all(|pair| (&pair[0].0, &pair[0].1) < (&pair[1].0, &pair[1].1)), "{cursors:?}");
    assert!(cursors.iter().all(|cursor| cursor.2 == run));
    assert_eq!(world.apps().len(), 300);
    world.is_as_rebuilt().await;
}

#[tokio::test]
async fn a_slice_skips_no_namespace() {
    let kubernetes = Kubernetes::new();
    kubernetes.install(app_promise());
    kubernetes.apply(source(&[(GROUP, "App")]));
    let chosen = ["shop", "shop-dev"].map(str::to_owned);
    for namespace in &chosen {
        for n in 0..100 {
            let mut app = app(&format!("app-{n:03}"), "v1");
            app["metadata"]["namespace"] = namespace.as_str().into();
            kubernetes.apply(app);
        }
    }
    let set = |context: Context<Memory>| context.with_pace(Pace::new(Duration::ZERO)).with_namespaces(chosen);
    let world = World::with(kubernetes, Memory::default(), set).await;
    let mut event = request("1");
    while let Ok(Reply::Changed(reply)) = world.handle(event).await {
        event = *reply;
        if event.data().unwrap().to_string().contains("compared") {
            break;
        }
    }
    world.is_as_rebuilt().await;
}

#[tokio::test]
async fn a_run_waits_for_the_one_before_and_others_join_it() {
    let world = World::new().await;
    world.app("todo", "v1");
    let (first, second, third) = futures::future::join3(world.resync(), world.resync(), world.resync()).await;
    assert!(matches!(first, Ok(Reply::Changed(_))), "{first:?}");
    assert_eq!(second, Ok(Reply::Nothing(Nothing::Unchanged)));
    assert_eq!(third, Ok(Reply::Nothing(Nothing::Busy)));
}

#[tokio::test]
async fn runs_over_a_part_keep_no_whole_run_out() {
    let world = World::new().await;
    let part = |id: String| world.handle(event(events::REQUESTED, "/me", &id, json!({"namespace": "other"})));
    for n in 0..15 {
        world.app(&format!("app-{n:02}"), "v1");
        let (first, _, last) =
            futures::future::join3(part(format!("first {n}")), world.resync(), part(format!("last {n}"))).await;
        assert!(first.is_ok() && last.is_ok());
        assert_eq!(world.apps().len(), n + 1);
    }
}

#[tokio::test]
async fn a_run_that_never_ends_is_given_up() {
    let kubernetes = World::new().await.kubernetes;
    let pace = |context: Context<Memory>| context.with_pace(Pace::new(Duration::ZERO));
    let world = World::with(kubernetes, Memory::default(), pace).await;
    (0..200).for_each(|n| drop(world.app(&format!("app-{n:03}"), "v1")));
    let cursor = json!({"kind": "a", "after": "", "slices": 200});
    let data = replied(world.handle(event(events::REQUESTED, "/me", "1", json!({"cursor": cursor}))).await);
    assert_eq!((data.get("cursor"), data["changes"].as_array().unwrap().len()), (None, 64));
}

#[tokio::test]
async fn deletions_are_cut_into_slices_too() {
    let world = World::new().await;
    for n in 0..300 {
        world.app(&format!("app-{n:03}"), "v1");
    }
    world.resynced().await;
    let pace = |context: Context<Memory>| context.with_pace(Pace::new(Duration::ZERO));
    let world = World::with(world.kubernetes, world.store, pace).await;
    for n in 0..300 {
        world.kubernetes.delete(&app(&format!("app-{n:03}"), "v1"));
    }
    world.resynced().await;
    let held = world.posted(events::HELD).remove(0);
    let mut event = event(events::APPROVED, "/me", "1", json!({"id": held["id"]}));
    let mut left = vec![world.apps().len()];
    while let Ok(Reply::Changed(reply)) = world.handle(event).await {
        event = *reply;
        left.push(world.apps().len());
        if event.data().unwrap().to_string().contains("compared") {
            break;
        }
    }
    assert!((4..9).contains(&left.len()) && left.is_sorted_by(|a, b| a >= b), "{left:?}");
    world.is_as_rebuilt().await;
}

#[tokio::test]
async fn a_cluster_that_does_not_answer_ends_the_slice_for_a_retry() {
    let world = World::new().await;
    world.kubernetes.break_off("get namespaces kube-system", crate::kubernetes::Fault::Status(500), 1);
    assert!(matches!(world.resync().await, Err(events::Nack::Retry(_))));
    assert!(world.resync().await.is_ok());
}
