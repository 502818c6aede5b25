//! Kinds for which the API server does not answer, or whose lists have no end: all others are compared in the same run.

use super::*;
use crate::kubernetes::{Fault, reference};
use tokio::time::{Instant, advance};

const HANGS: Fault = Fault::Slow(Duration::from_secs(3600));

fn plural(kind: &str) -> String {
    format!("{}s", kind.to_lowercase())
}

/// With an App, and one object of each of these kinds, of which no event arrives.
async fn with_kinds(kinds: &[String]) -> World {
    let kubernetes = World::new().await.kubernetes;
    for kind in kinds {
        let definition = definition("example.org", (kind, &plural(kind)), &["v1"], "Cluster");
        kubernetes.install(promise(&kind.to_lowercase(), definition));
        kubernetes.apply(json!({"apiVersion": "example.org/v1", "kind": kind, "metadata": {"name": "it"}}));
    }
    kubernetes.apply(app("todo", "v1"));
    World::with(kubernetes, Memory::default(), |context| context.with_sink(None)).await
}

fn hang(world: &World, kind: &str) {
    world.kubernetes.break_off(&format!("list {}.example.org", plural(kind)), HANGS, usize::MAX);
}

fn kinds(count: usize) -> Vec<String> {
    (0..count).map(|n| format!("Kind{n:02}")).collect()
}

/// The kinds that a reply calls degraded.
fn degraded(data: &Value) -> Vec<String> {
    let degraded = data["degraded"].as_array().unwrap().iter();
    degraded.map(|it| it["kind"].as_str().unwrap().trim_end_matches(".example.org").to_owned()).collect()
}

#[tokio::test(start_paused = true)]
async fn what_hangs_is_degraded_and_all_others_are_compared_in_the_same_run() {
    for hanging in [1, 2, 12] {
        let kinds = kinds(hanging + 1);
        let world = with_kinds(&kinds).await;
        kinds[..hanging].iter().for_each(|kind| hang(&world, kind));
        let began = Instant::now();
        let data = world.resynced().await;
        assert!(began.elapsed() < Duration::from_secs(20), "{hanging}: {:?}", began.elapsed());
        let names: Vec<_> = kinds[..hanging].iter().map(|kind| kind.to_lowercase()).collect();
        assert_eq!(degraded(&data), names, "{data}");
        assert!(data["degraded"][0]["reason"].as_str().unwrap().contains("did not answer within 10 s"), "{data}");
        let last = format!("entities/main/example.org/{}/it.yaml", kinds[hanging].to_lowercase());
        assert!(world.apps() == ["todo"] && world.store.entities().contains_key(&last));
    }
}

#[tokio::test(start_paused = true)]
async fn what_hangs_costs_no_other_run_its_time_and_is_compared_when_it_answers() {
    let world = with_kinds(&kinds(2)).await;
    hang(&world, "Kind00");
    world.resynced().await;
    for minutes in [0, 5, 5] {
        advance(Duration::from_secs(minutes * 60)).await;
        let began = Instant::now();
        world.is_unchanged().await;
        assert!(began.elapsed() <= Duration::from_secs(2), "{:?}", began.elapsed());
    }
    world.kubernetes.recover();
    advance(Duration::from_secs(300)).await;
    let data = world.resynced().await;
    assert_eq!((degraded(&data), data["changes"].as_array().unwrap().len()), (vec![], 1));
    world.is_as_rebuilt().await;
}

#[tokio::test(start_paused = true)]
async fn what_says_which_kinds_there_are_may_hang_as_well() {
    let world = with_kinds(&kinds(1)).await;
    world.resynced().await;
    world.app("todo", "v2");
    for kind in ["promises.platform.kratix.io", "customresourcedefinitions.apiextensions.k8s.io"] {
        world.kubernetes.break_off(&format!("list {kind}"), HANGS, usize::MAX);
    }
    let began = Instant::now();
    let data = world.resynced().await;
    assert!(began.elapsed() < Duration::from_secs(20), "{:?}", began.elapsed());
    assert_eq!(data["changes"].as_array().unwrap().len(), 1, "{data}");
    assert!(degraded(&data).contains(&"promise.platform.kratix.io".to_owned()), "{data}");
}

#[tokio::test(start_paused = true)]
async fn a_list_without_an_end_degrades_its_kind_alone() {
    let world = with_kinds(&kinds(1)).await;
    world.kubernetes.break_off("list kind00s.example.org", Fault::Endless(0), usize::MAX);
    let data = world.resynced().await;
    assert_eq!((degraded(&data), world.apps()), (vec!["kind00".to_owned()], vec!["todo".to_owned()]));
}

#[tokio::test]
async fn objects_without_an_end_do_not_keep_the_cursor() {
    let kubernetes = with_kinds(&kinds(1)).await.kubernetes;
    kubernetes.break_off("list kind00s.example.org", Fault::Endless(8), usize::MAX);
    let set = |context: Context<Memory>| context.with_sink(None).with_pace(Pace::new(Duration::ZERO));
    let world = World::with(kubernetes, Memory::default(), set).await;
    let (mut event, mut slices) = (request("1"), 0);
    while world.apps().is_empty() {
        slices += 1;
        assert!(slices < 30);
        match world.handle(event).await {
            Ok(Reply::Changed(reply)) => event = *reply,
            verdict => panic!("{verdict:?}"),
        }
    }
    assert!(world.store.entities().len() > 1000);
}

#[tokio::test(start_paused = true)]
async fn events_about_a_kind_that_hangs_leave_room_for_all_others() {
    let world = with_kinds(&[]).await;
    let apps: Vec<_> = (0..200).map(|n| world.app(&format!("app-{n:03}"), "v1")).collect();
    world.kubernetes.break_off("get apps.workshop", HANGS, usize::MAX);
    world.kubernetes.requests();
    let events = apps.iter().map(|app| world.handle(reference("update", app)));
    let began = Instant::now();
    let ended = futures::future::join_all(events.map(|verdict| async {
        assert!(matches!(verdict.await, Err(events::Nack::Retry(_))));
        began.elapsed()
    }))
    .await;
    assert_eq!(ended.iter().filter(|elapsed| **elapsed > Duration::from_secs(2)).count(), 32);
    assert_eq!(world.kubernetes.requests().iter().filter(|line| line.starts_with("get apps")).count(), 32);
}
