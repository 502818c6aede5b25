//! A comparison of bucket and cluster: third-party changes, deleted objects, and a restored cluster.

use super::{Place, body};
use bucket::{BucketObject, Condition, Conditional, Honours, Store, Synced, Wanted};
use events::{Action, EntityChange, Version};

const TODO: &str = "component:default/app-todo";

fn changed(action: Action) -> Vec<EntityChange> {
    vec![EntityChange { entity: TODO.to_owned(), action }]
}

/// What changed, or what the same cause changed before.
fn changes(synced: Synced) -> Vec<EntityChange> {
    match synced {
        Synced::Changed(outcome) | Synced::Repeated(outcome) => outcome.entities,
        Synced::Unchanged | Synced::Late => panic!("{synced:?}"),
    }
}

#[tokio::test]
async fn what_others_changed_is_found_by_its_bytes_and_repaired() {
    let place = Place::new("repair-changed").await;
    let process = place.process(Honours::Conditions);
    let (key, wanted, version) = place.app(1, "A");
    process.sync(&key, Wanted::Is(&wanted), &version, "1").await.unwrap();
    let name = key.to_string();
    let ours = place.store.head(&name).await.unwrap().unwrap().metadata;
    for (metadata, action) in [(ours, Action::Updated), (body("").metadata, Action::Created)] {
        let others = bucket::Body { metadata, ..body(&format!("{}# mended by hand", wanted.body())) };
        place.store.put(&name, others, Condition::Always).await.unwrap();
        assert_eq!(process.sync(&key, Wanted::Is(&wanted), &version, "2").await, Ok(Synced::Unchanged));
        let repaired = process.repair(&key, Wanted::Is(&wanted), &version, &format!("{action:?}")).await.unwrap();
        assert_eq!(changes(repaired), changed(action));
        assert_eq!(place.store.get(&name, 10_000).await.unwrap().unwrap().1, wanted.body().as_bytes());
    }
    place.store.delete(&name, Condition::Always).await.unwrap();
    let repaired = process.repair(&key, Wanted::Is(&wanted), &version, "3").await.unwrap();
    assert_eq!(changes(repaired), changed(Action::Created));
}

#[tokio::test]
async fn what_is_right_costs_a_repair_one_head() {
    let place = Place::new("repair-right").await;
    let process = place.process(Honours::Conditions);
    let (key, wanted, version) = place.app(1, "A");
    process.sync(&key, Wanted::Is(&wanted), &version, "1").await.unwrap();
    process.store().calls();
    assert_eq!(process.repair(&key, Wanted::Is(&wanted), &version, "resync").await, Ok(Synced::Unchanged));
    assert_eq!(process.store().calls(), ["HEAD entities"]);
}

#[tokio::test]
async fn a_tick_that_comes_again_tells_the_same_and_writes_what_changed_since() {
    let place = Place::new("repair-again").await;
    let (key, first, version) = place.app(1, "A");
    let process = place.process(Honours::Conditions);
    let synced = process.repair(&key, Wanted::Is(&first), &version, "resync").await.unwrap();
    let Synced::Changed(outcome) = synced else { panic!("{synced:?}") };
    for process in [process, place.process(Honours::Conditions)] {
        let again = process.repair(&key, Wanted::Is(&first), &version, "resync").await;
        assert_eq!(again, Ok(Synced::Repeated(outcome.clone())));
    }
    let (_, second, version) = place.app(2, "B");
    let process = place.process(Honours::Conditions);
    let synced = process.repair(&key, Wanted::Is(&second), &version, "resync").await.unwrap();
    assert!(matches!(synced, Synced::Changed(_)), "{synced:?}");
    assert_eq!(place.store.get(&key.to_string(), 10_000).await.unwrap().unwrap().1, second.body().as_bytes());
}

#[tokio::test]
async fn an_orphan_is_deleted_by_the_version_of_its_list_and_stays_dead_to_it() {
    let place = Place::new("orphan").await;
    let (key, wanted, version) = place.app(5, "A");
    place.process(Honours::Conditions).sync(&key, Wanted::Is(&wanted), &version, "5").await.unwrap();
    let delete_listed = async |list: &str| {
        let listed = Version { resource_version: list.to_owned(), ..version.clone() };
        place.process(Honours::Conditions).repair(&key, Wanted::Deleted, &listed, "resync").await.unwrap()
    };
    let deleted = delete_listed("9").await;
    assert!(matches!(deleted, Synced::Changed(_)), "{deleted:?}");
    assert_eq!(changes(deleted), changed(Action::Deleted));
    let again = delete_listed("12").await;
    assert!(matches!(again, Synced::Repeated(_)), "{again:?}");
    assert_eq!(changes(again), changed(Action::Deleted));

    let (_, late, version) = place.app(11, "B");
    let late = place.process(Honours::Conditions).sync(&key, Wanted::Is(&late), &version, "11").await;
    assert_eq!(late, Ok(Synced::Late));
    assert_eq!(place.keys().await, [key.tombstone()]);
}

#[tokio::test]
async fn an_orphan_that_lives_again_is_left_alone() {
    let place = Place::new("orphan-lives").await;
    let (key, wanted, version) = place.app(9, "A");
    let process = place.process(Honours::Conditions);
    process.sync(&key, Wanted::Is(&wanted), &version, "9").await.unwrap();
    let listed = Version { resource_version: "8".to_owned(), ..version };
    assert_eq!(process.repair(&key, Wanted::Deleted, &listed, "resync").await, Ok(Synced::Late));
    assert!(place.keys().await.contains(&key.to_string()));
}

#[tokio::test]
async fn what_counts_again_is_written_over_what_counts_higher() {
    let place = Place::new("rewound").await;
    let (key, old, version) = place.app(100, "old");
    let witness = place.process(Honours::Conditions);
    witness.sync(&key, Wanted::Is(&old), &version, "100").await.unwrap();

    let (_, new, version) = place.app(5, "new");
    let process = place.process(Honours::Conditions);
    assert_eq!(process.repair(&key, Wanted::Is(&new), &version, "resync").await, Ok(Synced::Late));
    let rewound = process.rewind(&key, Wanted::Is(&new), &version, "resync").await.unwrap();
    assert_eq!(changes(rewound), changed(Action::Updated));
    assert_eq!(process.repair(&key, Wanted::Is(&new), &version, "next tick").await, Ok(Synced::Unchanged));

    let (_, newer, version) = place.app(6, "newer");
    let by_witness = witness.sync(&key, Wanted::Is(&newer), &version, "6").await.unwrap();
    assert_eq!(changes(by_witness), changed(Action::Updated));
}

#[tokio::test]
async fn what_lives_in_a_cluster_that_counts_again_is_no_longer_deleted() {
    let place = Place::new("rewound-dead").await;
    let (key, wanted, dead) = place.app(100, "A");
    let witness = place.process(Honours::Conditions);
    witness.sync(&key, Wanted::Deleted, &dead, "100").await.unwrap();

    let version = Version { resource_version: "5".to_owned(), ..dead };
    let process = place.process(Honours::Conditions);
    assert_eq!(process.repair(&key, Wanted::Is(&wanted), &version, "resync").await, Ok(Synced::Late));
    process.store().calls();
    let rewound = process.rewind(&key, Wanted::Is(&wanted), &version, "resync").await.unwrap();
    assert_eq!(changes(rewound), changed(Action::Created));
    let away = ["GET tombstone", "DELETE tombstone If-Match"];
    let calls = [&away[..], &["HEAD entities", "PUT entities If-None-Match", "GET tombstone"]].concat();
    assert_eq!(process.store().calls(), calls);
    assert_eq!(place.keys().await, [key.to_string()]);
    let again = place.process(Honours::Conditions).rewind(&key, Wanted::Is(&wanted), &version, "resync").await.unwrap();
    assert!(matches!(again, Synced::Repeated(_)), "{again:?}");

    let (_, newer, version) = place.app(6, "newer");
    let by_witness = witness.sync(&key, Wanted::Is(&newer), &version, "6").await.unwrap();
    assert_eq!(changes(by_witness), changed(Action::Updated));
}

#[tokio::test]
async fn what_the_new_count_never_had_goes_and_leaves_no_tombstone_of_the_old_one() {
    let place = Place::new("rewound-gone").await;
    let (key, old, version) = place.app(100, "old");
    let witness = place.process(Honours::Conditions);
    witness.sync(&key, Wanted::Is(&old), &version, "100").await.unwrap();

    let listed = Version { resource_version: "8".to_owned(), ..version };
    let process = place.process(Honours::Conditions);
    assert_eq!(process.repair(&key, Wanted::Deleted, &listed, "resync").await, Ok(Synced::Late));
    let rewound = process.rewind(&key, Wanted::Deleted, &listed, "resync").await.unwrap();
    assert!(matches!(rewound, Synced::Changed(_)), "{rewound:?}");
    assert_eq!(changes(rewound), changed(Action::Deleted));
    assert_eq!(place.keys().await, [key.tombstone()]);

    let again = place.process(Honours::Conditions).rewind(&key, Wanted::Deleted, &listed, "resync").await.unwrap();
    assert!(matches!(again, Synced::Repeated(_)), "{again:?}");

    let (_, late, version) = place.app(7, "late");
    assert_eq!(witness.sync(&key, Wanted::Is(&late), &version, "7").await, Ok(Synced::Late));
    let (_, made, version) = place.app(9, "made");
    assert_eq!(changes(witness.sync(&key, Wanted::Is(&made), &version, "9").await.unwrap()), changed(Action::Created));
}

#[tokio::test]
async fn what_opted_out_in_the_new_count_goes_and_may_come_back() {
    let place = Place::new("rewound-opted-out").await;
    let (key, old, version) = place.app(100, "old");
    let process = place.process(Honours::Conditions);
    process.sync(&key, Wanted::Is(&old), &version, "100").await.unwrap();

    let (_, back, version) = place.app(5, "back");
    assert_eq!(process.repair(&key, Wanted::Nothing, &version, "resync").await, Ok(Synced::Late));
    let rewound = process.rewind(&key, Wanted::Nothing, &version, "resync").await.unwrap();
    assert!(matches!(rewound, Synced::Changed(_)), "{rewound:?}");
    assert_eq!(changes(rewound), changed(Action::Deleted));
    let again = place.process(Honours::Conditions).rewind(&key, Wanted::Nothing, &version, "resync").await.unwrap();
    assert!(matches!(again, Synced::Repeated(_)), "{again:?}");
    let other_settings = process.sync(&key, Wanted::Is(&back), &version, "5").await.unwrap();
    assert_eq!(changes(other_settings), changed(Action::Created));
}

#[tokio::test]
async fn of_a_kind_that_is_deleted_only_what_was_listed_goes() {
    let place = Place::new("kind-gone").await;
    let (key, wanted, version) = place.app(5, "A");
    let process = place.process(Honours::Conditions);
    process.sync(&key, Wanted::Is(&wanted), &version, "5").await.unwrap();
    let (_, same, later) = place.app(6, "A");
    assert_eq!(process.sync(&key, Wanted::Is(&same), &later, "6").await, Ok(Synced::Unchanged));
    let listed = process.entities().await.unwrap()[&key.to_string()].clone();

    assert_eq!(process.remove_listed(&key, "\"another\"", "resync").await, Ok(Synced::Late));
    process.store().calls();
    assert_eq!(changes(process.remove_listed(&key, &listed, "resync").await.unwrap()), changed(Action::Deleted));
    let calls = ["HEAD entities", "PUT tombstone If-None-Match", "DELETE entities If-Match"];
    assert_eq!(process.store().calls(), calls);
    assert_eq!(process.remove_listed(&key, &listed, "resync").await, Ok(Synced::Late));
    for late in [process, place.process(Honours::Conditions)] {
        assert_eq!(late.sync(&key, Wanted::Is(&same), &later, "late").await, Ok(Synced::Late));
    }
    assert_eq!(place.keys().await, [key.tombstone()]);
}

#[tokio::test]
async fn what_stands_there_tells_its_version_and_whose_it_is() {
    let place = Place::new("standing").await;
    let (key, wanted, version) = place.app(7, "A");
    let process = place.process(Honours::Conditions);
    assert_eq!(process.object(&key).await, Ok(None));
    process.sync(&key, Wanted::Is(&wanted), &version, "7").await.unwrap();
    let sha256 = wanted.sha256().to_owned();
    let etag = process.entities().await.unwrap()[&key.to_string()].clone();
    let entities = wanted.entities().iter().map(ToString::to_string).collect();
    let managed = BucketObject { version, sha256, etag, entities, is_managed: true };
    assert_eq!(process.object(&key).await, Ok(Some(managed)));
    let written = place.put(&key.to_string(), "kind: Component", Condition::Always).await;
    assert!(matches!(written, Conditional::Done(_)));
    let etag = process.entities().await.unwrap()[&key.to_string()].clone();
    let (version, sha256) = (Version::default(), String::new());
    let unmanaged = BucketObject { version, sha256, etag, entities: Vec::new(), is_managed: false };
    assert_eq!(process.object(&key).await, Ok(Some(unmanaged)));
}
