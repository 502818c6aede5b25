//! What may be done, found out by doing it.

use super::*;
use bucket::Right;

#[tokio::test]
async fn each_call_is_tried_and_nothing_is_left_behind() {
    let place = Place::new("rights").await;
    let process = place.process(Honours::Unknown);
    let tried = process.tried().await;
    let rights = [Right::List, Right::Put, Right::Head, Right::Get, Right::Delete];
    assert_eq!(tried.calls, rights.map(|right| (right, Ok(()))));
    assert!(tried.skew.is_some_and(|skew| skew.as_secs() < 60), "{:?}", tried.skew);
    assert_eq!(process.ignored_conditions().await, Ok(vec![]));
    for root in ["", "state/"] {
        assert_eq!(process.listed(&format!("{root}{}/", place.prefix)).await, Ok(vec![]));
    }
}

#[tokio::test]
async fn conditions_are_tried_whatever_was_found_before() {
    let place = Place::new("tried-again").await;
    let process = place.process_ignoring(Honours::Unknown, &["PUT If-None-Match"]);
    place.put(&place.settings.layout.state("conditional-writes.json"), "{}", Condition::Always).await;
    assert_eq!(process.ignored_conditions().await, Ok(vec!["If-None-Match on PUT"]));
}
