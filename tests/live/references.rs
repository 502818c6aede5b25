//! Events of ApiServerSource in Reference mode.

use super::{Live, app, request};
use crate::{
    entry::captured,
    kubernetes::{Fault, definition, promise, reference, resource},
    memory::Memory,
    support::{answer, process, router},
};
use events::{Nack, Nothing};
use serde_json::Value;
use std::{fs, path::Path, time::Duration};

const TODO: &str = "/app/default/todo.yaml";

/// A cluster that serves Apps.
fn workshop() -> Live {
    let live = Live::new();
    let offered = definition("workshop.kratix.io", ("App", "apps"), &["v1"], "Namespaced");
    live.kubernetes.install(promise("app", offered));
    live
}

#[tokio::test]
async fn captured_references_lead_to_the_same_bytes_as_captured_objects() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/captures/apiserversource");
    let read = |mode: &str, name: &str| fs::read(root.join(mode).join(format!("{name}.http"))).unwrap();
    let live = workshop();
    let reported = Memory::default();
    let (references, objects) = (router(live.process), router(process(reported.clone())));
    for (name, is_there) in [
        ("18-kratix-app-add", true),
        ("19-kratix-app-update", true),
        ("20-kratix-app-delete", false),
        ("21-kratix-promise-add", true),
        ("22-kratix-promise-update", true),
        ("23-kratix-promise-delete", false),
    ] {
        let object = object(&read("resource", name));
        live.kubernetes.restore(&object);
        if !is_there {
            live.kubernetes.delete(&object);
        }
        let mut statuses = Vec::new();
        for (mode, router) in [("resource", &objects), ("reference", &references)] {
            statuses.push(answer(router, captured(&read(mode, name))).await.status);
        }
        assert_eq!(statuses[0], statuses[1], "{name}");
        assert_eq!(live.store.entities(), reported.entities(), "{name}");
        assert_eq!(live.store.entities().is_empty(), !is_there, "{name}");
    }
}

/// The object that a captured event carries.
fn object(capture: &[u8]) -> Value {
    let begin = capture.windows(4).position(|four| four == b"\r\n\r\n").unwrap() + 4;
    serde_json::from_slice(&capture[begin..]).unwrap()
}

#[tokio::test]
async fn a_late_update_does_not_raise_an_app_that_a_reference_deleted() {
    let live = workshop();
    let old = live.kubernetes.apply(app("A"));
    let (subject, _) = live.changed(reference("add", &old)).await;
    assert_eq!(subject, "app.workshop.kratix.io/default/todo");
    let (_, entities) = live.changed(reference("delete", &live.kubernetes.delete(&old))).await;
    assert_eq!(entities[0]["action"], "deleted");
    let live = live.restarted();
    assert_eq!(live.nothing(resource("update", &old)).await, Nothing::Late);
    assert!(live.store.entities().is_empty());
}

#[tokio::test]
async fn a_deletion_of_what_was_made_again_tells_how_it_is_now() {
    let live = workshop();
    let deleted = live.kubernetes.delete(&live.kubernetes.apply(app("A")));
    live.kubernetes.apply(app("B"));
    live.changed(reference("delete", &deleted)).await;
    assert_eq!(live.title(TODO).as_deref(), Some("B"));
}

#[tokio::test]
async fn what_is_deleted_before_it_is_asked_for_is_left_to_its_deletion() {
    let live = workshop();
    let stored = live.kubernetes.apply(app("A"));
    live.changed(resource("add", &stored)).await;
    live.kubernetes.delete(&stored);
    assert_eq!(live.nothing(reference("update", &stored)).await, Nothing::Absent);
    assert_eq!(live.title(TODO).as_deref(), Some("A"));
}

#[tokio::test]
async fn what_may_not_be_read_is_uncovered_and_other_kinds_go_on() {
    let live = workshop();
    let stored = live.kubernetes.apply(app("A"));
    live.changed(reference("add", &stored)).await;
    live.kubernetes.forbid("apps.workshop.kratix.io");
    live.kubernetes.apply(app("B"));
    for verb in ["update", "delete"] {
        assert_eq!(live.nothing(reference(verb, &stored)).await, Nothing::Uncovered, "{verb}");
    }
    assert_eq!(live.title(TODO).as_deref(), Some("A"));
    let other = promise("other", Value::Null);
    live.changed(reference("add", &live.kubernetes.apply(other))).await;
}

#[tokio::test]
async fn a_kind_that_is_not_served_says_nothing_about_its_objects() {
    let live = workshop();
    let stored = live.kubernetes.apply(app("A"));
    live.changed(reference("add", &stored)).await;
    let definition = definition("workshop.kratix.io", ("App", "apps"), &["v1"], "Namespaced");
    live.kubernetes.delete(&definition);
    let live = live.restarted();
    for verb in ["update", "delete"] {
        assert_eq!(live.nothing(reference(verb, &stored)).await, Nothing::Unresolved, "{verb}");
    }
    assert_eq!(live.title(TODO).as_deref(), Some("A"));
}

#[tokio::test(start_paused = true)]
async fn a_cluster_that_does_not_answer_makes_the_broker_try_again() {
    let live = workshop();
    let stored = live.kubernetes.apply(app("A"));
    for fault in [Fault::Status(500), Fault::Status(503), Fault::Half, Fault::Slow(Duration::from_secs(60))] {
        live.kubernetes.break_off("", fault, usize::MAX);
        for verb in ["update", "delete"] {
            let verdict = live.handle(reference(verb, &stored)).await;
            assert!(matches!(verdict, Err(Nack::Retry(_))), "{fault:?}: {verdict:?}");
        }
        live.kubernetes.recover();
        assert!(live.store.entities().is_empty(), "{fault:?}");
    }
    live.kubernetes.break_off("get apps", Fault::Busy(1), 1);
    live.changed(reference("update", &stored)).await;
}

#[tokio::test]
async fn an_irregular_plural_is_found() {
    let live = Live::new();
    live.kubernetes.apply(definition("marketplace.kratix.io", ("jenkins", "jenkins"), &["v1alpha1"], "Namespaced"));
    let stored = live.kubernetes.apply(request("marketplace.kratix.io/v1alpha1", "jenkins", "A"));
    live.changed(reference("add", &stored)).await;
    assert_eq!(live.title("/jenkins/default/todo.yaml").as_deref(), Some("A"));
}

#[tokio::test]
async fn the_version_of_the_event_is_read_where_it_is_served() {
    let live = Live::new();
    live.kubernetes.apply(definition("workshop.kratix.io", ("App", "apps"), &["v2", "v1"], "Namespaced"));
    let mut stored = live.kubernetes.apply(request("workshop.kratix.io/v1", "App", "A"));
    for (asked, read) in [("v1", "v1"), ("v0", "v2")] {
        stored["apiVersion"] = format!("workshop.kratix.io/{asked}").into();
        stored["metadata"]["resourceVersion"] = asked.into();
        live.changed(reference("update", &stored)).await;
        let text = live.store.entities().into_values().next().unwrap();
        assert!(text.contains(&format!("kratix.io/version: {read}\n")), "{asked}: {text}");
    }
}

#[tokio::test]
async fn a_flood_of_references_to_an_unknown_kind_is_none_of_requests() {
    let live = Live::new();
    let stranger = request("stranger.example.org/v1", "Stranger", "A");
    for _ in 0..100 {
        assert_eq!(live.nothing(reference("update", &stranger)).await, Nothing::Unresolved);
    }
    assert_eq!(live.kubernetes.requests().len(), 1);
}
