//! The calls which a sync makes are fixed: docs/architecture.md has the table.

use super::{Place, watched::Watched};
use bucket::{Bucket, Honours, Synced, Wanted};
use events::{Action, EntityChange, Version};

const COLD_CREATE: &[&str] = &["HEAD entities", "PUT entities If-None-Match", "GET tombstone"];
const COLD_UPDATE: &[&str] = &["HEAD entities", "PUT entities If-Match", "GET tombstone"];

/// A process, which is another one after [`Told::restart`].
struct Told {
    place: Place,
    process: Bucket<Watched>,
}

impl Told {
    async fn new(test: &str) -> Self {
        let place = Place::new(test).await;
        let process = place.process(Honours::Conditions);
        Self { place, process }
    }

    fn restart(&mut self) {
        self.process = self.place.process(Honours::Conditions);
    }

    /// Syncs a version with this title, or its deletion, and checks the calls.
    async fn sync(&self, version: u32, title: Option<&str>, cause: &str, calls: &[&str]) -> Synced {
        let (_, wanted, _) = self.place.app(version, title.unwrap_or_default());
        self.tell(version, title.map_or(Wanted::Gone, |_| Wanted::Is(&wanted)), cause, calls).await
    }

    async fn tell(&self, version: u32, wanted: Wanted<'_>, cause: &str, calls: &[&str]) -> Synced {
        let (key, _, source) = self.place.app(version, "");
        let synced = self.process.sync(&key, wanted, &source, cause).await.unwrap();
        assert_eq!(self.process.store().calls(), calls, "{cause}: {synced:?}");
        synced
    }

    async fn entities(&self) -> usize {
        self.place.keys().await.iter().filter(|key| !key.starts_with("state/")).count()
    }
}

/// What the same event is told when it comes again.
fn again(synced: &Synced) -> Synced {
    let Synced::Changed(outcome) = synced else { panic!("{synced:?}") };
    Synced::Repeated(outcome.clone())
}

fn changed(synced: &Synced, action: Action) {
    let Synced::Changed(outcome) = synced else { panic!("{synced:?}") };
    let entity = "component:default/app-todo".to_owned();
    assert_eq!((&outcome.entities[..], outcome.truncated), (&[EntityChange { entity, action }][..], false));
}

#[tokio::test]
async fn a_create_and_an_update_are_a_head_a_put_and_a_look_at_the_tombstone() {
    let mut told = Told::new("update").await;
    changed(&told.sync(1, Some("A"), "1", COLD_CREATE).await, Action::Created);
    told.restart();
    changed(&told.sync(2, Some("B"), "2", COLD_UPDATE).await, Action::Updated);
    changed(&told.sync(3, Some("A"), "3", COLD_UPDATE).await, Action::Updated);
}

#[tokio::test]
async fn what_is_unchanged_costs_a_head_or_nothing() {
    let mut told = Told::new("unchanged").await;
    told.sync(1, Some("A"), "1", COLD_CREATE).await;
    assert_eq!(told.sync(1, Some("A"), "2", &[]).await, Synced::Unchanged);
    told.restart();
    assert_eq!(told.sync(2, Some("A"), "3", &["HEAD entities"]).await, Synced::Unchanged);
    assert_eq!(told.sync(2, Some("A"), "4", &[]).await, Synced::Unchanged);
}

#[tokio::test]
async fn what_is_late_costs_a_head() {
    let mut told = Told::new("late").await;
    told.sync(2, Some("A"), "2", COLD_CREATE).await;
    assert_eq!(told.sync(1, Some("B"), "1", &["HEAD entities"]).await, Synced::Late);
    told.restart();
    assert_eq!(told.sync(1, Some("B"), "1", &["HEAD entities"]).await, Synced::Late);
}

#[tokio::test]
async fn the_same_cause_again_gets_the_same_reply() {
    let mut told = Told::new("again").await;
    let first = told.sync(1, Some("A"), "1", COLD_CREATE).await;
    assert_eq!(told.sync(1, Some("A"), "1", &[]).await, again(&first));
    told.restart();
    assert_eq!(told.sync(1, Some("A"), "1", &["HEAD entities", "GET tombstone"]).await, again(&first));
}

#[tokio::test]
async fn a_delete_leaves_a_tombstone_from_which_it_replies_again() {
    let mut told = Told::new("delete").await;
    told.sync(1, Some("A"), "1", COLD_CREATE).await;
    let calls = ["HEAD entities", "PUT tombstone If-None-Match", "DELETE entities If-Match"];
    let deleted = told.sync(2, None, "2", &calls).await;
    changed(&deleted, Action::Deleted);
    let key = told.place.app(1, "A").0;
    assert_eq!(told.place.keys().await, [key.tombstone()]);
    assert_eq!(told.sync(2, None, "2", &[]).await, again(&deleted));
    told.restart();
    let calls = ["HEAD entities", "PUT tombstone If-None-Match", "GET tombstone", "HEAD entities"];
    assert_eq!(told.sync(2, None, "2", &calls).await, again(&deleted));
}

#[tokio::test]
async fn a_delete_of_nothing_leaves_a_tombstone_and_no_reply() {
    let told = Told::new("nothing").await;
    let calls = ["HEAD entities", "PUT tombstone If-None-Match", "HEAD entities"];
    assert_eq!(told.sync(1, None, "1", &calls).await, Synced::Unchanged);
}

#[tokio::test]
async fn a_late_update_does_not_raise_the_dead() {
    let mut told = Told::new("dead").await;
    told.sync(1, Some("A"), "1", COLD_CREATE).await;
    told.sync(3, None, "3", &["HEAD entities", "PUT tombstone If-None-Match", "DELETE entities If-Match"]).await;
    let looked = ["HEAD entities", "GET tombstone"];
    assert_eq!(told.sync(2, Some("B"), "2", &looked).await, Synced::Late);
    told.restart();
    let calls = [COLD_CREATE, &["HEAD entities", "DELETE entities If-Match"]].concat();
    assert_eq!(told.sync(2, Some("B"), "2", &calls).await, Synced::Late);
    assert_eq!(told.entities().await, 0);
}

#[tokio::test]
async fn what_lives_again_can_die_again_and_the_tombstone_only_rises() {
    let mut told = Told::new("again-dead").await;
    told.sync(1, None, "1", &["HEAD entities", "PUT tombstone If-None-Match", "HEAD entities"]).await;
    changed(&told.sync(3, Some("A"), "3", COLD_CREATE).await, Action::Created);
    let raise = ["PUT tombstone If-None-Match", "GET tombstone", "PUT tombstone If-Match"];
    let calls = [&["HEAD entities"][..], &raise, &["DELETE entities If-Match"]].concat();
    changed(&told.sync(5, None, "5", &calls).await, Action::Deleted);
    told.restart();
    let calls = ["HEAD entities", "PUT tombstone If-None-Match", "GET tombstone", "HEAD entities"];
    assert_eq!(told.sync(4, None, "4", &calls).await, Synced::Unchanged);
    told.restart();
    let calls = [COLD_CREATE, &["HEAD entities", "DELETE entities If-Match"]].concat();
    assert_eq!(told.sync(5, Some("B"), "late", &calls).await, Synced::Late);
}

#[tokio::test]
async fn what_opts_out_is_removed_and_may_come_back_in_the_same_version() {
    let mut told = Told::new("opted-out").await;
    told.sync(1, Some("A"), "1", COLD_CREATE).await;
    let calls = ["HEAD entities", "PUT tombstone If-None-Match", "DELETE entities If-Match"];
    changed(&told.tell(2, Wanted::Nothing, "2", &calls).await, Action::Deleted);
    assert_eq!(told.tell(3, Wanted::Nothing, "3", &["HEAD entities"]).await, Synced::Unchanged);
    told.restart();
    changed(&told.sync(2, Some("A"), "other settings", COLD_CREATE).await, Action::Created);
}

#[tokio::test]
async fn a_deletion_without_a_version_lowers_no_tombstone() {
    let mut told = Told::new("versionless").await;
    told.sync(30, None, "30", &["HEAD entities", "PUT tombstone If-None-Match", "HEAD entities"]).await;
    let (key, ..) = told.place.app(1, "A");
    let by_hand = told.process.sync(&key, Wanted::Gone, &Version::default(), "by hand").await.unwrap();
    assert_eq!(by_hand, Synced::Unchanged);
    told.process.store().calls();
    assert_eq!(told.sync(25, Some("B"), "25", &["HEAD entities"]).await, Synced::Late);
    told.restart();
    let buried = [COLD_CREATE, &["HEAD entities", "DELETE entities If-Match"]].concat();
    assert_eq!(told.sync(25, Some("B"), "25", &buried).await, Synced::Late);
}

#[tokio::test]
async fn a_store_without_conditions_keeps_tombstones_and_replies_for_one_writer() {
    let mut told = Told::new("unconditional").await;
    told.process = told.place.process(Honours::Nothing);
    told.sync(29, Some("A"), "29", &["HEAD entities", "PUT entities", "GET tombstone"]).await;
    let calls = ["HEAD entities", "GET tombstone", "PUT tombstone", "DELETE entities"];
    let deleted = told.sync(30, None, "30", &calls).await;
    told.process = told.place.process(Honours::Nothing);
    let calls = ["HEAD entities", "GET tombstone", "HEAD entities"];
    assert_eq!(told.sync(30, None, "30", &calls).await, again(&deleted));
    told.process = told.place.process(Honours::Nothing);
    assert_eq!(told.sync(7, None, "7", &calls).await, Synced::Unchanged);
}
