//! Events that carry their object and come late: the object as it is now counts.

use super::{Live, NOW, app};
use crate::kubernetes::{at, definition, resource};
use cloudevents::Event;
use events::{Nothing, Reply};
use runtime::Handler;

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
    for (time, title) in
        [(Some(LATE), "B"), (Some(FRESH), "A"), (Some(NOW + 10_000), "A"), (Some(NOW + 10_001), "B"), (None, "B")]
    {
        let live = workshop();
        let event = resource("add", &live.kubernetes.apply(app("A")));
        live.kubernetes.apply(app("B"));
        live.process.handle(time.map_or(event.clone(), |time| at(event, time))).await.unwrap();
        assert_eq!(live.title(TODO).as_deref(), Some(title), "{time:?}");
    }
}

/// An App is created, updated and deleted, and each event of that comes at any time after it, without a time or from the future,
/// to a process that remembers those before or not.
#[tokio::test]
async fn an_event_that_says_no_time_raises_nothing_whenever_it_comes() {
    const CHANGES: usize = 3;
    let mut orders = 0;
    // Each step is a change of the cluster, or the event of a change before.
    let mut open = vec![Vec::<Option<usize>>::new()];
    while let Some(steps) = open.pop() {
        let changed = steps.iter().filter(|step| step.is_none()).count();
        let left = (0..changed).filter(|change| !steps.contains(&Some(*change))).map(Some);
        let next: Vec<_> = left.chain((changed < CHANGES).then_some(None)).collect();
        open.extend(next.iter().map(|step| steps.iter().copied().chain([*step]).collect::<Vec<_>>()));
        if !next.is_empty() {
            continue;
        }
        orders += 1;
        for time in [None, Some(NOW + 10_001)] {
            for restarts in [false, true] {
                ends_as_the_cluster(&steps, time, restarts).await;
            }
        }
    }
    assert_eq!(orders, 15);
}

async fn ends_as_the_cluster(steps: &[Option<usize>], time: Option<i64>, restarts: bool) {
    let mut live = workshop();
    let (mut events, mut was_there) = (Vec::new(), false);
    for step in steps {
        match (step, events.len()) {
            (Some(event), _) => {
                let event = Event::clone(&events[*event]);
                live.process.handle(time.map_or(event.clone(), |time| at(event, time))).await.unwrap();
            }
            (None, 0) => events.push(resource("add", &live.kubernetes.apply(app("A")))),
            (None, 1) => events.push(resource("update", &live.kubernetes.apply(app("B")))),
            (None, _) => events.push(resource("delete", &live.kubernetes.delete(&app("B")))),
        }
        // Only the deletion's own event may still have to come.
        let is_gone = live.kubernetes.find("apps.workshop.kratix.io", "todo").is_none();
        if step.is_some() && is_gone && events.len() == 3 {
            let raised = live.title(TODO).filter(|_| !was_there);
            assert_eq!(raised, None, "{steps:?} {time:?}, restarts: {restarts}");
        }
        was_there = live.title(TODO).is_some();
        if restarts {
            live = live.restarted();
        }
    }
    assert_eq!(live.title(TODO), None, "{steps:?} {time:?}, restarts: {restarts}");
}

#[tokio::test]
async fn an_invented_object_of_a_later_version_is_not_believed_without_a_time() {
    let live = workshop();
    let mut invented = live.kubernetes.apply(app("A"));
    live.changed(resource("add", &invented)).await;
    live.changed(resource("delete", &live.kubernetes.delete(&invented))).await;
    invented["metadata"]["resourceVersion"] = "999999".into();
    for event in [resource("update", &invented), at(resource("update", &invented), NOW + 60_000)] {
        assert_eq!(live.process.handle(event).await, Ok(Reply::Nothing(Nothing::Absent)));
    }
    assert!(live.store.entities().is_empty());
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
async fn a_late_update_of_what_is_deleted_raises_nothing() {
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
    let deleted = live.kubernetes.delete(&stored);
    let again = live.kubernetes.apply(app("B"));
    live.kubernetes.delete(&again);
    live.changed(at(resource("delete", &deleted), LATE)).await;
    assert_eq!(live.restarted().nothing(resource("add", &again)).await, Nothing::Late);
}

#[tokio::test]
async fn a_late_deletion_is_not_taken_back_by_a_cluster_that_counts_again() {
    let live = workshop();
    let stored = live.kubernetes.apply(app("A"));
    let deleted = live.kubernetes.delete(&stored);
    live.kubernetes.rebuild(1);
    assert_eq!(live.nothing(at(resource("delete", &deleted), LATE)).await, Nothing::Unchanged);
    assert_eq!(live.restarted().nothing(resource("add", &stored)).await, Nothing::Late);
}

#[tokio::test]
async fn a_late_deletion_of_what_was_made_again_deletes_nothing() {
    let live = workshop();
    let deleted = live.kubernetes.delete(&live.kubernetes.apply(app("A")));
    let made = live.kubernetes.apply(app("B"));
    live.changed(resource("add", &made)).await;
    assert_eq!(live.nothing(at(resource("delete", &deleted), LATE)).await, Nothing::Unchanged);
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
