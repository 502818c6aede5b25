//! The calls which a sync makes are fixed: docs/architecture.md has the table.

use super::{Place, watched::Watched};
use bucket::{Bucket, Honours, Synced, Wanted};
use events::{Action, EntityChange, Version};

const COLD_CREATE: &[&str] = &["HEAD entities", "PUT entities If-None-Match", "GET tombstone"];
const COLD_UPDATE: &[&str] = &["HEAD entities", "PUT entities If-Match", "GET tombstone"];

/// A process, which is another one after [`Process::restart`].
struct Process {
    place: Place,
    bucket: Bucket<Watched>,
}

impl Process {
    async fn new(test: &str) -> Self {
        let place = Place::new(test).await;
        let bucket = place.process(Honours::Conditions);
        Self { place, bucket }
    }

    fn restart(&mut self) {
        self.bucket = self.place.process(Honours::Conditions);
    }

    /// Syncs a version with this title, or its deletion, and checks the calls.
    async fn sync(&self, version: u32, title: Option<&str>, cause: &str, calls: &[&str]) -> Synced {
        let (_, wanted, _) = self.place.app(version, title.unwrap_or_default());
        self.sync_as(version, title.map_or(Wanted::Deleted, |_| Wanted::Is(&wanted)), cause, calls).await
    }

    async fn sync_as(&self, version: u32, wanted: Wanted<'_>, cause: &str, calls: &[&str]) -> Synced {
        let (key, _, source) = self.place.app(version, "");
        let synced = self.bucket.sync(&key, wanted, &source, cause).await.unwrap();
        assert_eq!(self.bucket.store().calls(), calls, "{cause}: {synced:?}");
        synced
    }

    async fn entities(&self) -> usize {
        self.place.keys().await.iter().filter(|key| !key.starts_with("state/")).count()
    }
}

/// The answer to the same event when it comes again.
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
    let mut process = Process::new("update").await;
    changed(&process.sync(1, Some("A"), "1", COLD_CREATE).await, Action::Created);
    process.restart();
    changed(&process.sync(2, Some("B"), "2", COLD_UPDATE).await, Action::Updated);
    changed(&process.sync(3, Some("A"), "3", COLD_UPDATE).await, Action::Updated);
}

#[tokio::test]
async fn what_is_unchanged_costs_a_head_or_nothing() {
    let mut process = Process::new("unchanged").await;
    process.sync(1, Some("A"), "1", COLD_CREATE).await;
    assert_eq!(process.sync(1, Some("A"), "2", &[]).await, Synced::Unchanged);
    process.restart();
    assert_eq!(process.sync(2, Some("A"), "3", &["HEAD entities"]).await, Synced::Unchanged);
    assert_eq!(process.sync(2, Some("A"), "4", &[]).await, Synced::Unchanged);
}

#[tokio::test]
async fn what_is_late_costs_a_head() {
    let mut process = Process::new("late").await;
    process.sync(2, Some("A"), "2", COLD_CREATE).await;
    assert_eq!(process.sync(1, Some("B"), "1", &["HEAD entities"]).await, Synced::Late);
    process.restart();
    assert_eq!(process.sync(1, Some("B"), "1", &["HEAD entities"]).await, Synced::Late);
}

#[tokio::test]
async fn the_same_cause_again_gets_the_same_reply() {
    let mut process = Process::new("again").await;
    let first = process.sync(1, Some("A"), "1", COLD_CREATE).await;
    assert_eq!(process.sync(1, Some("A"), "1", &[]).await, again(&first));
    process.restart();
    assert_eq!(process.sync(1, Some("A"), "1", &["HEAD entities", "GET tombstone"]).await, again(&first));
}

#[tokio::test]
async fn a_delete_leaves_a_tombstone_from_which_it_replies_again() {
    let mut process = Process::new("delete").await;
    process.sync(1, Some("A"), "1", COLD_CREATE).await;
    let calls = ["HEAD entities", "PUT tombstone If-None-Match", "DELETE entities If-Match"];
    let deleted = process.sync(2, None, "2", &calls).await;
    changed(&deleted, Action::Deleted);
    let key = process.place.app(1, "A").0;
    assert_eq!(process.place.keys().await, [key.tombstone()]);
    assert_eq!(process.sync(2, None, "2", &[]).await, again(&deleted));
    process.restart();
    let calls = ["HEAD entities", "PUT tombstone If-None-Match", "GET tombstone", "HEAD entities"];
    assert_eq!(process.sync(2, None, "2", &calls).await, again(&deleted));
}

#[tokio::test]
async fn a_delete_of_nothing_leaves_a_tombstone_and_no_reply() {
    let process = Process::new("nothing").await;
    let calls = ["HEAD entities", "PUT tombstone If-None-Match", "HEAD entities"];
    assert_eq!(process.sync(1, None, "1", &calls).await, Synced::Unchanged);
}

#[tokio::test]
async fn a_late_update_does_not_re_create_what_was_deleted() {
    let mut process = Process::new("deleted").await;
    process.sync(1, Some("A"), "1", COLD_CREATE).await;
    process.sync(3, None, "3", &["HEAD entities", "PUT tombstone If-None-Match", "DELETE entities If-Match"]).await;
    let looked = ["HEAD entities", "GET tombstone"];
    assert_eq!(process.sync(2, Some("B"), "2", &looked).await, Synced::Late);
    process.restart();
    let calls = [COLD_CREATE, &["HEAD entities", "DELETE entities If-Match"]].concat();
    assert_eq!(process.sync(2, Some("B"), "2", &calls).await, Synced::Late);
    assert_eq!(process.entities().await, 0);
}

#[tokio::test]
async fn what_lives_again_can_die_again_and_the_tombstone_only_rises() {
    let mut process = Process::new("again-deleted").await;
    process.sync(1, None, "1", &["HEAD entities", "PUT tombstone If-None-Match", "HEAD entities"]).await;
    changed(&process.sync(3, Some("A"), "3", COLD_CREATE).await, Action::Created);
    let replace = ["PUT tombstone If-None-Match", "GET tombstone", "PUT tombstone If-Match"];
    let calls = [&["HEAD entities"][..], &replace, &["DELETE entities If-Match"]].concat();
    changed(&process.sync(5, None, "5", &calls).await, Action::Deleted);
    process.restart();
    let calls = ["HEAD entities", "PUT tombstone If-None-Match", "GET tombstone", "HEAD entities"];
    assert_eq!(process.sync(4, None, "4", &calls).await, Synced::Unchanged);
    process.restart();
    let calls = [COLD_CREATE, &["HEAD entities", "DELETE entities If-Match"]].concat();
    assert_eq!(process.sync(5, Some("B"), "late", &calls).await, Synced::Late);
}

#[tokio::test]
async fn what_opts_out_is_removed_and_may_come_back_in_the_same_version() {
    let mut process = Process::new("opted-out").await;
    process.sync(1, Some("A"), "1", COLD_CREATE).await;
    let calls = ["HEAD entities", "PUT tombstone If-None-Match", "DELETE entities If-Match"];
    changed(&process.sync_as(2, Wanted::Nothing, "2", &calls).await, Action::Deleted);
    assert_eq!(process.sync_as(3, Wanted::Nothing, "3", &["HEAD entities"]).await, Synced::Unchanged);
    process.restart();
    changed(&process.sync(2, Some("A"), "other settings", COLD_CREATE).await, Action::Created);
}

#[tokio::test]
async fn a_deletion_without_a_version_lowers_no_tombstone() {
    let mut process = Process::new("versionless").await;
    process.sync(30, None, "30", &["HEAD entities", "PUT tombstone If-None-Match", "HEAD entities"]).await;
    let (key, ..) = process.place.app(1, "A");
    let by_hand = process.bucket.sync(&key, Wanted::Deleted, &Version::default(), "by hand").await.unwrap();
    assert_eq!(by_hand, Synced::Unchanged);
    process.bucket.store().calls();
    assert_eq!(process.sync(25, Some("B"), "25", &["HEAD entities"]).await, Synced::Late);
    process.restart();
    let deleted = [COLD_CREATE, &["HEAD entities", "DELETE entities If-Match"]].concat();
    assert_eq!(process.sync(25, Some("B"), "25", &deleted).await, Synced::Late);
}

#[tokio::test]
async fn a_store_without_conditions_keeps_tombstones_and_replies_for_one_writer() {
    let mut process = Process::new("unconditional").await;
    process.bucket = process.place.process(Honours::Nothing);
    process.sync(29, Some("A"), "29", &["HEAD entities", "PUT entities", "GET tombstone"]).await;
    let calls = ["HEAD entities", "GET tombstone", "PUT tombstone", "DELETE entities"];
    let deleted = process.sync(30, None, "30", &calls).await;
    process.bucket = process.place.process(Honours::Nothing);
    let calls = ["HEAD entities", "GET tombstone", "HEAD entities"];
    assert_eq!(process.sync(30, None, "30", &calls).await, again(&deleted));
    process.bucket = process.place.process(Honours::Nothing);
    assert_eq!(process.sync(7, None, "7", &calls).await, Synced::Unchanged);
}
