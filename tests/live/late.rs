//! Events that carry their object and come late: the object as it is now counts.

use super::{Live, NOW, app};
use crate::kubernetes::{at, definition, resource};
use events::Nothing;

const TODO: &str = "/app/default/todo.yaml";

/// Just not late any more, and late.
const FRESH: i64 = NOW - 10_000;
const LATE: i64 = NOW - 10_001;

fn workshop() -> Live {
    let live = Live::new();
    live.kubernetes.apply(definition("workshop.kratix.io", ("App", "apps"), &["v1"], "Namespaced"));
    live
}

#[tokio::test]
async fn a_late_update_tells_how_the_object_is_now_and_a_fresh_one_how_it_was() {
    for (time, title) in [(Some(LATE), "B"), (Some(FRESH), "A"), (Some(NOW + 60_000), "A"), (None, "A")] {
        let live = workshop();
        let event = resource("add", &live.kubernetes.apply(app("A")));
        live.kubernetes.apply(app("B"));
        live.changed(time.map_or(event.clone(), |time| at(event, time))).await;
        assert_eq!(live.title(TODO).as_deref(), Some(title), "{time:?}");
    }
}

/// A at one version, A again, a late B in between, and no memory of the second A.
#[tokio::test]
async fn what_a_new_process_cannot_remember_the_cluster_knows() {
    let live = workshop();
    let [a, b, again] = ["A", "B", "A"].map(|title| live.kubernetes.apply(app(title)));
    live.changed(resource("add", &a)).await;
    assert_eq!(live.nothing(resource("update", &again)).await, Nothing::Unchanged);
    let live = live.restarted();
    assert_eq!(live.nothing(at(resource("update", &b), LATE)).await, Nothing::Unchanged);
    assert_eq!(live.title(TODO).as_deref(), Some("A"));
}

#[tokio::test]
async fn a_late_update_of_what_is_gone_raises_nothing() {
    let live = workshop();
    let stored = live.kubernetes.apply(app("A"));
    live.kubernetes.delete(&stored);
    assert_eq!(live.nothing(at(resource("add", &stored), LATE)).await, Nothing::Absent);
    assert!(live.store.entities().is_empty());
}

#[tokio::test]
async fn a_late_deletion_covers_all_that_was_before_it_and_before_the_list() {
    let live = workshop();
    let stored = live.kubernetes.apply(app("A"));
    live.changed(resource("add", &stored)).await;
    let gone = live.kubernetes.delete(&stored);
    let again = live.kubernetes.apply(app("B"));
    live.kubernetes.delete(&again);
    live.changed(at(resource("delete", &gone), LATE)).await;
    assert_eq!(live.restarted().nothing(resource("add", &again)).await, Nothing::Late);
}

#[tokio::test]
async fn a_late_deletion_is_not_taken_back_by_a_cluster_that_counts_anew() {
    let live = workshop();
    let stored = live.kubernetes.apply(app("A"));
    let gone = live.kubernetes.delete(&stored);
    live.kubernetes.rebuild(1);
    assert_eq!(live.nothing(at(resource("delete", &gone), LATE)).await, Nothing::Unchanged);
    assert_eq!(live.restarted().nothing(resource("add", &stored)).await, Nothing::Late);
}

#[tokio::test]
async fn a_late_deletion_of_what_was_made_again_deletes_nothing() {
    let live = workshop();
    let gone = live.kubernetes.delete(&live.kubernetes.apply(app("A")));
    let made = live.kubernetes.apply(app("B"));
    live.changed(resource("add", &made)).await;
    assert_eq!(live.nothing(at(resource("delete", &gone), LATE)).await, Nothing::Unchanged);
    assert_eq!(live.title(TODO).as_deref(), Some("B"));
}

#[tokio::test]
async fn where_the_object_may_not_be_read_a_late_event_counts_as_it_is() {
    let live = workshop();
    let stored = live.kubernetes.apply(app("A"));
    live.kubernetes.apply(app("B"));
    live.kubernetes.forbid("apps.workshop.kratix.io");
    live.changed(at(resource("add", &stored), LATE)).await;
    assert_eq!(live.title(TODO).as_deref(), Some("A"));
    live.changed(at(resource("delete", &live.kubernetes.delete(&stored)), LATE)).await;
    assert!(live.store.entities().is_empty());
}
