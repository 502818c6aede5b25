//! Conditional writes: what the server must honour, and how one that does not is found out.

use super::Place;
use bucket::{Condition, Conditional, Error, Honours, Store, Synced, Wanted};
use events::Nack;
use futures::future::join_all;

const WRONG: Condition<'_> = Condition::Is("\"00000000000000000000000000000000\"");

#[tokio::test]
async fn a_write_happens_where_its_condition_holds_and_else_does_not() {
    let place = Place::new("conditions").await;
    let key = &place.key("a");
    assert_eq!(place.put(key, "lost", WRONG).await, Conditional::Lost);
    let Conditional::Done(first) = place.put(key, "first", Condition::Absent).await else { panic!("lost") };
    assert_eq!(place.put(key, "lost", Condition::Absent).await, Conditional::Lost);
    assert_eq!(place.put(key, "lost", WRONG).await, Conditional::Lost);
    let Conditional::Done(second) = place.put(key, "second", Condition::Is(&first)).await else { panic!("lost") };
    assert_eq!(place.put(key, "lost", Condition::Is(&first)).await, Conditional::Lost);
    assert_eq!(place.store.delete(key, Condition::Is(&first)).await, Ok(Conditional::Lost));
    assert_eq!(place.store.get(key, 100).await.unwrap().unwrap().1, b"second");
    assert_eq!(place.store.delete(key, Condition::Is(&second)).await, Ok(Conditional::Done(())));
    assert_eq!(place.store.head(key).await, Ok(None));
}

#[tokio::test]
async fn of_sixteen_writers_at_once_one_wins() {
    let place = Place::new("cas").await;
    let key = &place.key("a");
    let mut condition = Condition::Absent;
    let mut last;
    for round in 0..3 {
        let texts: Vec<_> = (0..16).map(|writer| format!("{round} of {writer}")).collect();
        let written = join_all(texts.iter().map(|text| place.put(key, text, condition))).await;
        let winners: Vec<_> =
            written.iter().zip(&texts).filter(|(written, _)| **written != Conditional::Lost).collect();
        let [(Conditional::Done(etag), text)] = &winners[..] else { panic!("{winners:?} won") };
        assert_eq!(place.store.get(key, 100).await.unwrap().unwrap().1, text.as_bytes());
        last = etag.clone();
        condition = Condition::Is(&last);
    }
}

#[tokio::test]
async fn a_store_that_honours_conditions_is_probed_once() {
    let place = Place::new("probe").await;
    let (key, wanted, version) = place.app(1, "A");
    let first = place.process(Honours::Unknown);
    first.sync(&key, Wanted::Is(&wanted), &version, "1").await.unwrap();
    let calls = first.store().calls();
    assert_eq!(calls.iter().filter(|call| call.contains("state")).count(), 8, "{calls:?}");
    let remembered = place.settings.layout.state("conditional-writes.json");
    assert_eq!(place.keys().await, [key.to_string(), remembered]);
    let second = place.process(Honours::Unknown);
    let (_, wanted, version) = place.app(2, "B");
    second.sync(&key, Wanted::Is(&wanted), &version, "2").await.unwrap();
    assert_eq!(second.store().calls(), ["HEAD entities", "GET state", "PUT entities If-Match", "GET tombstone"]);
}

#[tokio::test]
async fn a_store_that_ignores_a_condition_is_refused_before_anything_is_written() {
    let place = Place::new("refused").await;
    let (key, wanted, version) = place.app(1, "A");
    for (ignores, missing) in [
        (&["PUT If-None-Match"][..], "If-None-Match on PUT"),
        (&["PUT If-Match"], "If-Match on PUT"),
        (&["DELETE If-Match"], "If-Match on DELETE"),
        (&["PUT If-Match", "DELETE If-Match"], "If-Match on PUT and If-Match on DELETE"),
    ] {
        let process = place.process_ignoring(Honours::Unknown, ignores);
        let refused = process.sync(&key, Wanted::Is(&wanted), &version, "1").await.unwrap_err();
        assert_eq!(refused, Error::Unconditional { store: place.store.name(), missing: missing.to_owned() });
        let Nack::Retry(text) = Nack::from(refused) else { panic!("the event is not at fault") };
        assert!(text.contains(&place.store.name()) && text.contains("CALLBOARD_UNCONDITIONAL=true"), "{text}");
        assert_eq!(place.keys().await, Vec::<String>::new());
    }
}

#[tokio::test]
async fn a_store_without_conditions_is_written_to_where_the_user_says_so() {
    let place = Place::new("unconditional").await;
    let (key, wanted, version) = place.app(1, "A");
    let process = place.process_ignoring(Honours::Nothing, &["PUT If-None-Match", "PUT If-Match", "DELETE If-Match"]);
    let synced = process.sync(&key, Wanted::Is(&wanted), &version, "1").await.unwrap();
    assert!(matches!(synced, Synced::Changed(_)));
    assert_eq!(process.store().calls(), ["HEAD entities", "PUT entities", "GET tombstone"]);
    process.sync(&key, Wanted::Deleted, &place.app(2, "A").2, "2").await.unwrap();
    assert_eq!(process.store().calls(), ["HEAD entities", "GET tombstone", "PUT tombstone", "DELETE entities"]);
}
