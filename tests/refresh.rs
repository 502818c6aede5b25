//! Backstage is shown what changed: immediately, together, again if it was down. It is asked whether it took it.

mod down;
mod refusals;
mod serving;

use crate::{
    backstage_fake::{FakeBackstage, TASK, TOKEN, Wrong},
    kubernetes::resource,
    memory::Memory,
    resync::{Posted, sink},
    support::{Answer, answer, args, process, settings, structured},
};
use axum::Router;
use backstage::{Backstage, Location};
use bucket::{Bucket, Honours};
use callboard::{
    context::Context,
    refresh::Refresh,
    serving::{Functions, Serving},
};
use clap::Parser;
use cloudevents::{Event, EventBuilder, EventBuilderV10};
use events::{Function, Reply, Verdict};
use runtime::Handler;
use serde_json::{Value, json};
use std::{
    sync::{Arc, atomic::AtomicBool},
    time::Duration,
};
use tempfile::NamedTempFile;

const BUCKET: &str = "http://seaweedfs.example:8333/catalog";

/// Between looks; in a Service seconds and minutes.
const SOON: Duration = Duration::from_millis(60);
const LATE: Duration = Duration::from_secs(600);

#[derive(clap::Parser)]
struct Args {
    #[command(flatten)]
    backstage: backstage::Args,
}

/// A bucket, a process that writes it, a Backstage whose provider lists it, and `refresh`.
struct World {
    store: Memory,
    writer: Functions<Memory>,
    backstage: FakeBackstage,
    edge: Backstage,
    refresh: Router,
    posted: Posted,
    /// Whether the sink takes nothing.
    down: Arc<AtomicBool>,
    /// Between looks.
    gap: Duration,
    /// Read at each call.
    _token: NamedTempFile,
}

impl World {
    /// That looks at nothing while a test lasts.
    async fn new() -> Self {
        Self::looking_after(LATE).await
    }

    async fn looking_after(gap: Duration) -> Self {
        let backstage = FakeBackstage::new();
        let url = backstage.serve().await;
        Self::over(Memory::default(), backstage, url, gap).await
    }

    /// A process of `refresh` that has just started, over the same bucket and Backstage.
    async fn again(&self) -> Self {
        Self::over(self.store.clone(), self.backstage.clone(), self.edge.url().to_string(), self.gap).await
    }

    async fn over(store: Memory, backstage: FakeBackstage, url: String, gap: Duration) -> Self {
        let token = NamedTempFile::new().unwrap();
        std::fs::write(token.path(), TOKEN).unwrap();
        let file = token.path().to_str().unwrap();
        let arguments =
            ["test", "--backstage-url", &url, "--backstage-bucket-url", BUCKET, "--backstage-token-file", file];
        let edge = Backstage::new(&Args::parse_from(arguments).backstage, None).unwrap().unwrap();
        let (listed, located) = (store.clone(), edge.clone());
        backstage.lists(move || listed.entities().keys().map(|key| located.location(key)).collect());
        let posted = Posted::default();
        let settings = settings();
        let bucket = Bucket::new(store.clone(), settings.layout.clone(), Honours::Conditions);
        let down = Arc::new(AtomicBool::new(false));
        let sink = sink(&posted, &down).await;
        let refresh = Refresh::new(edge.clone(), Duration::from_secs(10)).looking_after([gap; 5]);
        let context = Context::new(settings, bucket).with_sink(sink).with_refresh(refresh);
        let refresh = runtime::router(Functions::start(Serving::Only(Function::Refresh), context).unwrap(), &args(20));
        Self { writer: process(store.clone()), store, backstage, edge, refresh, posted, down, gap, _token: token }
    }

    /// An App has this title; the event that reports it.
    async fn app(&self, name: &str, version: u32) -> Event {
        replied(self.writer.handle(resource("update", &app(name, version))).await)
    }

    async fn deleted(&self, name: &str, version: u32) -> Event {
        replied(self.writer.handle(resource("delete", &app(name, version))).await)
    }

    async fn send(&self, event: &Event) -> Answer {
        answer(&self.refresh, structured(event)).await
    }

    /// Backstage is shown what an event reports: the answer is an empty one.
    async fn show(&self, event: &Event) {
        let answer = self.send(event).await;
        assert_eq!((answer.status.as_u16(), answer.body.as_str()), (204, ""));
    }

    async fn resync(&self) -> Answer {
        self.send(&event("dev.callboard.resync.requested", json!({}))).await
    }

    fn location(&self, name: &str) -> Location {
        self.edge.location(&key(name))
    }

    /// The calls since this was last asked, of these kinds.
    fn calls(&self, kinds: &[&str]) -> Vec<String> {
        let is_asked = |call: &String| kinds.iter().any(|kind| call.starts_with(kind));
        self.backstage.calls().into_iter().filter(is_asked).collect()
    }

    /// The calls by which Backstage is shown something.
    fn shown(&self) -> Vec<String> {
        self.calls(&["refresh", "trigger"])
    }

    fn read(&self, name: &str) -> String {
        format!("refresh {}", self.location(name).reference)
    }
}

fn app(name: &str, version: u32) -> Value {
    json!({
        "apiVersion": "workshop.kratix.io/v1",
        "kind": "App",
        "metadata": {
            "name": name, "namespace": "default", "uid": name, "resourceVersion": version.to_string(),
            "annotations": {"callboard.dev/title": format!("{name} {version}")},
        },
        "spec": {},
    })
}

fn key(name: &str) -> String {
    format!("entities/main/workshop.kratix.io/app/default/{name}.yaml")
}

fn event(ty: &str, data: Value) -> Event {
    EventBuilderV10::new().id("1").source("/test").ty(ty).data("application/json", data).build().unwrap()
}

fn replied(verdict: Verdict) -> Event {
    match verdict {
        Ok(Reply::Changed(reply)) => *reply,
        verdict => panic!("{verdict:?}"),
    }
}

fn trigger() -> String {
    format!("trigger {TASK}")
}

#[tokio::test]
async fn a_new_object_is_listed_a_changed_one_is_read_and_a_removed_one_is_listed() {
    let world = World::new().await;
    world.show(&world.app("todo", 1).await).await;
    // It may be one that was there before.
    let mut calls = world.shown();
    calls.sort();
    assert_eq!(calls, [world.read("todo"), trigger()]);
    world.show(&world.app("todo", 2).await).await;
    assert_eq!(world.shown(), [world.read("todo")]);
    world.show(&world.deleted("todo", 3).await).await;
    assert_eq!(world.shown(), [trigger()]);
}

#[tokio::test]
async fn a_changed_object_that_backstage_does_not_know_is_listed() {
    let world = World::new().await;
    world.app("todo", 1).await;
    world.show(&world.app("todo", 2).await).await;
    assert_eq!(world.shown(), [world.read("todo"), trigger()]);
}

#[tokio::test]
async fn a_run_of_the_provider_that_is_going_is_waited_for() {
    let world = World::new().await;
    world.backstage.break_off("trigger", Wrong::Status(409), 4);
    world.show(&world.app("todo", 1).await).await;
    assert_eq!(world.calls(&["trigger"]), vec![trigger(); 5]);
}

#[tokio::test]
async fn an_object_that_came_back_is_read_and_listed() {
    let world = World::new().await;
    world.show(&world.app("todo", 1).await).await;
    world.deleted("todo", 2).await;
    let again = world.app("todo", 3).await;
    world.shown();
    world.show(&again).await;
    let mut calls = world.shown();
    calls.sort();
    assert_eq!(calls, [world.read("todo"), trigger()]);
}

#[tokio::test]
async fn what_comes_during_a_flush_is_shown_together() {
    let world = World::new().await;
    let (first, slow) = (world.app("first", 1).await, Duration::from_millis(300));
    world.backstage.break_off("trigger", Wrong::Slow(slow), 1);
    let mut events = Vec::new();
    for version in 1..=40 {
        events.push(world.app(&format!("todo-{}", version % 4), version).await);
    }
    let first = world.show(&first);
    let rest = async {
        tokio::time::sleep(slow / 4).await;
        futures::future::join_all(events.iter().map(|event| world.show(event))).await
    };
    tokio::join!(first, rest);
    let calls = world.shown();
    let triggers = calls.iter().filter(|call| **call == trigger()).count();
    assert_eq!((triggers, calls.len()), (2, 2 + 1 + 4), "{calls:?}");
}

#[tokio::test]
async fn what_comes_during_a_long_flush_does_not_wait_for_its_end() {
    let world = World::new().await;
    world.show(&world.app("quick", 1).await).await;
    let (slow, quick) = (world.app("slow", 1).await, world.app("quick", 2).await);
    world.backstage.break_off("trigger", Wrong::Slow(Duration::from_millis(2500)), 1);
    let slow = world.show(&slow);
    let quick = async {
        tokio::time::sleep(Duration::from_millis(100)).await;
        world.show(&quick).await;
    };
    tokio::pin!(slow, quick);
    tokio::select! {
        () = &mut slow => panic!("the first one's end was waited for"),
        () = &mut quick => {}
    }
    slow.await;
}

/// A run sees what is in the bucket when it begins, and one is going nearly always.
#[tokio::test]
async fn eight_writers_lose_nothing() {
    let world = World::new().await;
    world.backstage.runs_for(Duration::from_millis(100));
    let lanes = (0..8).map(|lane| {
        let world = &world;
        async move {
            for version in 0..10 {
                let name = format!("app-{lane}-{version}");
                world.show(&world.app(&name, 1).await).await;
                world.show(&world.app(&name, 2).await).await;
                if version % 3 == 0 {
                    world.show(&world.deleted(&name, 3).await).await;
                }
            }
        }
    });
    futures::future::join_all(lanes).await;
    let known: Vec<_> = world.store.entities().into_keys().map(|key| world.edge.location(&key).reference).collect();
    let seen = world.edge.by_refs(&known).await.unwrap();
    assert!(known.len() == 48 && seen.iter().all(Option::is_some), "{seen:?}");
    let deleted = world.location("app-0-0").reference;
    assert_eq!(world.edge.by_refs(&[deleted]).await.unwrap(), [None]);
}

/// Runs of a second and new objects all the time: each event is answered by a run that serves all that wait.
#[tokio::test]
async fn one_run_serves_all_that_wait_for_it() {
    let world = World::new().await;
    world.backstage.runs_for(Duration::from_secs(1));
    let mut events = Vec::new();
    for number in 0..30 {
        events.push(world.app(&format!("todo-{number}"), 1).await);
    }
    let all = events.iter().enumerate().map(|(number, event)| {
        let world = &world;
        async move {
            tokio::time::sleep(Duration::from_millis(number as u64 * 60)).await;
            world.show(event).await;
        }
    });
    futures::future::join_all(all).await;
}

#[tokio::test]
async fn drift_that_was_repaired_is_shown() {
    let world = World::new().await;
    world.show(&world.app("todo", 1).await).await;
    world.shown();
    let drift = |reason: &str| {
        let drift = [json!({"reason": reason, "kind": "app.workshop.kratix.io", "key": key("todo"), "detail": "d"})];
        event("dev.callboard.catalog.drifted", json!({"drift": drift}))
    };
    world.show(&drift("outdated")).await;
    assert_eq!(world.shown(), [world.read("todo")]);
    world.show(&drift("unmanaged")).await;
    assert_eq!(world.shown(), [""; 0]);
}

#[tokio::test]
async fn events_without_valid_changes_are_rejected_and_third_party_keys_are_left_alone() {
    let world = World::new().await;
    assert_eq!(world.send(&event("dev.callboard.app.cataloged", json!({"changes": 1}))).await.status, 422);
    let third_party =
        json!({"changes": [{"key": "entities/other/x/y/z.yaml", "entities": []}, {"key": "../x", "entities": []}]});
    world.show(&event("dev.callboard.app.cataloged", third_party)).await;
    world.show(&resource("update", &app("todo", 1))).await;
    assert_eq!(world.backstage.calls(), [""; 0]);
}

#[tokio::test]
async fn a_bucket_that_does_not_answer_holds_up_no_event() {
    let world = World::new().await;
    let event = world.app("todo", 1).await;
    world.store.break_off("head", usize::MAX);
    world.show(&event).await;
    assert_eq!(world.calls(&["trigger"]), [trigger()]);
}
