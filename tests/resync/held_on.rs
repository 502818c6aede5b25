//! The guard remembers: whatever is asked for, and however often, no more is deleted unasked than one run may delete.

use super::*;
use crate::{kubernetes::Fault, support::Seed};
use std::collections::BTreeSet;

const HOUR: i64 = 60 * 60 * 1000;

/// What time it is, which a test moves.
#[derive(Clone, Default)]
struct Time(Arc<Mutex<i64>>);

impl Time {
    fn clock(&self) -> Clock {
        let now = self.0.clone();
        Clock::new(move || *now.lock().unwrap())
    }

    fn advance(&self, hours: i64) {
        *self.0.lock().unwrap() += hours * HOUR;
    }
}

async fn at(time: &Time) -> World {
    let world = World::new().await;
    World::with(world.kubernetes, world.store, |context| context.with_clock(time.clock())).await
}

fn app_in(namespace: &str, name: &str) -> Value {
    let mut app = app(name, "v1");
    app["metadata"]["namespace"] = namespace.into();
    app
}

/// 61 Apps in 13 namespaces, of which the cluster loses all but one.
async fn that_lost_sixty(time: &Time) -> World {
    let world = at(time).await;
    let namespace = |n: usize| format!("ns-{:02}", n / 5);
    (0..61).for_each(|n| drop(world.kubernetes.apply(app_in(&namespace(n), &format!("app-{n:02}")))));
    world.resynced().await;
    (0..60).for_each(|n| drop(world.kubernetes.delete(&app_in(&namespace(n), &format!("app-{n:02}")))));
    world
}

fn stored(world: &World) -> BTreeSet<String> {
    world.store.entities().into_keys().filter(|key| key.contains("/app/")).collect()
}

/// A run that looks at a part.
async fn scoped(world: &World, id: impl std::fmt::Display, scope: Value) -> Verdict {
    world.handle(event(events::REQUESTED, "/me", &id.to_string(), scope)).await
}

/// Runs over each namespace, over the kind and over each name.
async fn every_part(world: &World) {
    for n in 0..13 {
        scoped(world, format!("namespace {n}"), json!({"namespace": format!("ns-{n:02}")})).await.unwrap();
    }
    scoped(world, "kind", json!({"kind": "app.workshop.kratix.io"})).await.unwrap();
    for n in 0..60 {
        scoped(world, format!("name {n}"), json!({"name": format!("app-{n:02}")})).await.unwrap();
    }
}

/// An App that no cluster has ever had.
fn made_up(n: usize) -> Event {
    let mut app = app(&format!("made-up-{n:03}"), "v1");
    app["metadata"]["uid"] = format!("made-up-{n}").into();
    app["metadata"]["resourceVersion"] = (900_000 + n).to_string().into();
    resource("add", &app)
}

#[tokio::test]
async fn what_a_whole_run_holds_no_run_over_a_part_deletes() {
    let world = that_lost_sixty(&Time::default()).await;
    world.resynced().await;
    let held = world.posted(events::HELD).remove(0);
    assert_eq!((&held["deletions"], stored(&world).len()), (&json!(60), 61));
    every_part(&world).await;
    assert_eq!((stored(&world).len(), world.posted(events::HELD)), (61, vec![]));
    replied(world.handle(event(events::APPROVED, "/me", "1", json!({"id": held["id"]}))).await);
    assert_eq!(stored(&world).len(), 1);
}

#[tokio::test]
async fn runs_over_parts_delete_together_what_one_run_may() {
    let world = that_lost_sixty(&Time::default()).await;
    every_part(&world).await;
    // A fifth of 61, at most.
    assert!((49..61).contains(&stored(&world).len()), "{}", stored(&world).len());
    world.resync().await.unwrap();
    assert!(stored(&world).len() >= 49);
}

#[tokio::test]
async fn a_command_deletes_no_more_than_other_runs() {
    let world = that_lost_sixty(&Time::default()).await;
    for n in 0..13 {
        let scope = events::Scope { namespace: Some(format!("ns-{n:02}")), ..events::Scope::default() };
        let request = events::ResyncRequest::new(events::Cause::new("/me", &n.to_string(), "command"), scope);
        let (cx, until) = (&world.process.context, std::time::Instant::now() + Duration::from_secs(60));
        let mode = callboard::resync::Mode::Repair;
        callboard::resync::slice(cx, cx.cluster.as_ref().unwrap(), &request, mode, until).await.unwrap();
    }
    assert!(stored(&world).len() >= 49, "{}", stored(&world).len());
}

#[tokio::test]
async fn two_processes_at_the_same_time_delete_together_what_one_may() {
    let time = Time::default();
    let first = that_lost_sixty(&time).await;
    let set = |context: Context<Memory>| context.with_clock(time.clock());
    let second = World::with(first.kubernetes.clone(), first.store.clone(), set).await;
    for n in 0..6 {
        let part = |n: usize| json!({"namespace": format!("ns-{n:02}")});
        let runs = futures::future::join(
            scoped(&first, format!("first {n}"), part(2 * n)),
            scoped(&second, format!("second {n}"), part(2 * n + 1)),
        );
        let (one, other) = runs.await;
        assert!(one.is_ok() && other.is_ok(), "{one:?} {other:?}");
    }
    assert!((49..61).contains(&stored(&first).len()), "{}", stored(&first).len());
}

#[tokio::test]
async fn a_little_less_than_too_much_in_each_run_does_not_empty_a_kind() {
    let time = Time::default();
    let world = at(&time).await;
    (0..201).for_each(|n| drop(world.app(&format!("app-{n:03}"), "v1")));
    world.resynced().await;
    let mut left = 201;
    for _ in 0..10 {
        let lost = left / 5;
        (left - lost..left).for_each(|n| drop(world.kubernetes.delete(&app(&format!("app-{n:03}"), "v1"))));
        left -= lost;
        world.resync().await.unwrap();
    }
    assert_eq!((left, world.apps().len(), world.posted(events::HELD).is_empty()), (24, 161, false));
    // What is held stays held, and what joins it is held as well.
    time.advance(26);
    (0..8).for_each(|n| drop(world.kubernetes.delete(&app(&format!("app-{n:03}"), "v1"))));
    world.resync().await.unwrap();
    assert_eq!(world.apps().len(), 161);
}

#[tokio::test]
async fn what_is_deleted_unasked_counts_for_a_day() {
    let time = Time::default();
    let world = at(&time).await;
    (0..50).for_each(|n| drop(world.app(&format!("app-{n:02}"), "v1")));
    world.resynced().await;
    for (hours, lost, held) in [(0, 0..10, false), (23, 10..11, true), (0, 0..0, true)] {
        time.advance(hours);
        lost.for_each(|n| drop(world.kubernetes.delete(&app(&format!("app-{n:02}"), "v1"))));
        world.resync().await.unwrap();
        assert_eq!((world.apps().len(), !world.posted(events::HELD).is_empty()), (40, held && hours > 0));
    }
    world.app("app-10", "v1");
    world.resync().await.unwrap();
    time.advance(3);
    world.kubernetes.delete(&app("app-11", "v1"));
    world.resync().await.unwrap();
    assert_eq!(world.apps().len(), 39);
}

#[tokio::test]
async fn a_deletion_that_fails_does_not_count() {
    let world = at(&Time::default()).await;
    (0..12).for_each(|n| drop(world.app(&format!("app-{n:02}"), "v1")));
    world.resynced().await;
    world.kubernetes.delete(&app("app-00", "v1"));
    for _ in 0..12 {
        world.store.break_off("delete entities/", 1);
        world.resync().await.unwrap();
    }
    assert_eq!(world.apps().len(), 12);
    world.resync().await.unwrap();
    assert_eq!((world.apps().len(), world.posted(events::HELD)), (11, vec![]));
}

#[tokio::test]
async fn made_up_objects_are_deleted_by_the_next_run_however_many_they_are() {
    let world = World::new().await;
    world.app("todo", "v1");
    world.resynced().await;
    for n in 0..24 {
        world.handle(made_up(n)).await.unwrap();
    }
    assert_eq!(world.apps().len(), 25);
    world.resynced().await;
    assert_eq!((world.apps(), world.posted(events::HELD)), (vec!["todo".to_owned()], vec![]));
}

#[tokio::test]
async fn made_up_objects_make_no_room_for_the_deletion_of_others() {
    let world = that_lost_sixty(&Time::default()).await;
    for n in 0..400 {
        world.handle(made_up(n)).await.unwrap();
    }
    world.resynced().await;
    assert_eq!(stored(&world).len(), 61);
}

#[tokio::test]
async fn what_could_not_be_listed_for_a_day_is_deleted_no_more_unasked() {
    let time = Time::default();
    let world = at(&time).await;
    world.resynced().await;
    world.kubernetes.break_off("list apps.workshop", Fault::Status(500), usize::MAX);
    for n in 0..24 {
        world.handle(resource("add", &world.app(&format!("app-{n:02}"), "v1"))).await.unwrap();
    }
    world.resync().await.unwrap();
    time.advance(26);
    world.resync().await.unwrap();
    world.kubernetes.recover();
    (0..24).for_each(|n| drop(world.kubernetes.delete(&app(&format!("app-{n:02}"), "v1"))));
    world.resync().await.unwrap();
    assert_eq!(world.apps().len(), 24);
}

#[tokio::test]
async fn what_many_objects_ask_for_at_the_same_time_is_held_as_well() {
    let world = at(&Time::default()).await;
    (0..30).for_each(|n| drop(world.app(&format!("app-{n:02}"), "v1")));
    world.resynced().await;
    let ignored = |n: usize| {
        let mut app = app(&format!("app-{n:02}"), "v1");
        app["metadata"]["annotations"] = json!({"callboard.dev/ignore": "true"});
        app
    };
    (0..30).for_each(|n| drop(world.kubernetes.apply(ignored(n))));
    world.resync().await.unwrap();
    assert_eq!(world.apps().len(), 30);
    let held = world.posted(events::HELD).remove(0);
    world.handle(event(events::APPROVED, "/me", "1", json!({"id": held["id"]}))).await.unwrap();
    assert_eq!(world.apps().len(), 0);
    world.is_unchanged().await;
}

#[tokio::test]
async fn an_id_is_no_function_of_what_a_sender_knows() {
    let mut ids = BTreeSet::new();
    for _ in 0..2 {
        let world = that_lost_sixty(&Time::default()).await;
        let data = world.resynced().await;
        let held = world.posted(events::HELD).remove(0);
        let id = held["id"].as_str().unwrap().to_owned();
        assert!(!data.to_string().contains(&id), "{data}");
        let named = event(events::APPROVED, "/me", "1", json!({"id": data["held"][0]}));
        assert_eq!(world.handle(named).await, Ok(Reply::Nothing(Nothing::Lapsed)));
        assert_eq!(stored(&world).len(), 61);
        ids.insert(id);
    }
    let names: BTreeSet<_> = ids.iter().map(|id| id.rsplit_once('-').unwrap().0).collect();
    assert_eq!((ids.len(), names.len()), (2, 1));
}

/// A history of random losses, gains, made-up objects and runs over all or a part.
struct Random {
    world: World,
    time: Time,
    seed: Seed,
    /// Namespace and name of the Apps that exist.
    apps: BTreeSet<(String, String)>,
    /// The keys that a list had.
    listed: BTreeSet<String>,
    /// The hour in which a run saw a key first.
    seen: BTreeMap<String, i64>,
    /// What comparisons deleted of them: hour and key.
    deleted: Vec<(i64, String)>,
}

impl Random {
    async fn step(&mut self, n: usize) {
        let namespace = format!("ns-{}", self.seed.below(4));
        match self.seed.below(10) {
            0 | 1 => {
                for n in 0..self.seed.below(20) {
                    let name = format!("app-{:02}", self.seed.below(40) + n);
                    self.world.kubernetes.apply(app_in(&namespace, &name));
                    self.apps.insert((namespace.clone(), name));
                }
            }
            2 | 3 => {
                let part = self.seed.below(6);
                let lost: Vec<_> = self.apps.iter().filter(|_| self.seed.below(6) <= part).cloned().collect();
                for (namespace, name) in lost {
                    self.world.kubernetes.delete(&app_in(&namespace, &name));
                    self.apps.remove(&(namespace, name));
                }
            }
            4 => {
                for n in 0..self.seed.below(30) {
                    self.world.handle(made_up(n)).await.unwrap();
                }
            }
            5 => self.time.advance(i64::try_from(self.seed.below(9)).unwrap()),
            6 | 7 => self.run(n, json!({})).await,
            8 => self.run(n, json!({"namespace": namespace})).await,
            _ => self.run(n, json!({"kind": "app.workshop.kratix.io"})).await,
        }
    }

    fn hour(&self) -> i64 {
        *self.time.0.lock().unwrap() / HOUR
    }

    async fn run(&mut self, n: usize, scope: Value) {
        let (before, hour) = (stored(&self.world), self.hour());
        let live = |it: &&(String, String)| scope.get("namespace").is_none_or(|namespace| *namespace == it.0);
        let key = |(namespace, name): &(String, String)| format!("entities/main/{GROUP}/app/{namespace}/{name}.yaml");
        self.listed.extend(self.apps.iter().filter(live).map(key));
        for key in &before {
            self.seen.entry(key.clone()).or_insert(hour);
        }
        self.seen.retain(|key, _| before.contains(key));
        let old = self.seen.iter().filter(|(_, seen)| hour - **seen > 24).map(|(key, _)| key.clone());
        self.listed.extend(old);
        scoped(&self.world, n, scope.clone()).await.unwrap();
        let after = stored(&self.world);
        let lately = self.deleted.iter().filter(|(at, _)| hour - at <= 24).count();
        let of = before.intersection(&self.listed).count() + lately;
        let gone = before.difference(&after).filter(|key| self.listed.contains(*key));
        self.deleted.extend(gone.map(|key| (hour, key.clone())));
        let deleted = self.deleted.iter().filter(|(at, _)| hour - at <= 24).count();
        assert!(deleted <= 10 || deleted * 5 <= of || deleted == lately, "{deleted} of {of}");
        if scope == json!({}) {
            let made_up = after.difference(&self.listed).filter(|key| key.contains("/made-up-"));
            assert_eq!(made_up.count(), 0);
        }
        assert_eq!(self.apps.iter().filter(live).filter(|it| !after.contains(&key(it))).count(), 0);
    }
}

#[tokio::test]
async fn no_history_of_runs_deletes_more_than_the_threshold_within_a_day() {
    let mut held = 0;
    for number in 0..60 {
        let time = Time::default();
        let world = at(&time).await;
        world.resync().await.unwrap();
        let (apps, listed, seen, deleted) = Default::default();
        let mut history = Random { world, time, seed: Seed(number), apps, listed, seen, deleted };
        for n in 0..60 {
            history.step(n).await;
        }
        held += history.world.posted(events::HELD).len();
    }
    assert!(held > 60, "only {held} deletions were held");
}
