//! One object's trouble is its own: the store refuses it, another wrote its file, or its kind is called like another.

use crate::{
    memory::Memory,
    story::{SHOP, TODO, event},
    support::{answer, handle, process, router, structured},
};
use bucket::{Body, Condition};
use cloudevents::Event;
use events::{Nack, Nothing, Reply, Verdict};
use serde_json::{Value, json};
use std::collections::BTreeMap;

const APP: &str = "entities/main/workshop.kratix.io/app/default/todo.yaml";

fn added(name: crate::story::Who) -> Event {
    event(name.1, "add", name, 1, 10, "A")
}

/// What the reply says of an object that is left as it is.
fn omitted(verdict: Verdict) -> Value {
    let Ok(Reply::Omitted(reply)) = verdict else { panic!("{verdict:?}") };
    let data: Value = reply.data().unwrap().clone().try_into().unwrap();
    assert_eq!(data["changes"], json!([]));
    data["omitted"].clone()
}

#[tokio::test]
async fn an_object_that_the_store_refuses_is_acknowledged_and_the_reply_says_so() {
    for call in ["put", "head"] {
        let store = Memory::default();
        store.refuse(&format!("{call} {APP}"));
        let router = router(process(store.clone()));
        let refused = answer(&router, structured(&added(TODO))).await;
        assert_eq!(
            (refused.status.as_u16(), refused.headers["ce-type"].to_str().unwrap()),
            (200, "dev.callboard.app.cataloged")
        );
        let data: Value = serde_json::from_str(&refused.body).unwrap();
        assert_eq!((&data["omitted"][0]["ref"], &data["changes"]), (&json!("component:default/app-todo"), &json!([])));
        let reason = data["omitted"][0]["reason"].as_str().unwrap();
        assert!(
            reason.starts_with(&format!("failed to {call} {APP}: the store does not take it (400 InvalidArgument)")),
            "{reason}"
        );
        assert!(reason.contains("rename the object"), "{reason}");
        assert_eq!(answer(&router, structured(&added(SHOP))).await.status, 200);
        assert_eq!(store.entities().len(), 1);
    }
}

#[test]
fn a_deletion_that_the_store_refuses_is_acknowledged_as_well() {
    let store = Memory::default();
    let process = process(store.clone());
    handle(&process, &added(TODO)).unwrap();
    store.refuse(&format!("delete {APP}"));
    let said = omitted(handle(&process, &event("gone", "delete", TODO, 1, 20, "A")));
    assert_eq!(said[0]["ref"], "component:default/app-todo");
}

/// A wrong URL, region or key may be refused by 400 as well. Then no object is at fault.
#[test]
fn a_store_that_refuses_everything_is_to_be_asked_again() {
    for calls in ["", "put "] {
        let store = Memory::default();
        store.refuse(calls);
        let process = process(store.clone());
        assert!(matches!(handle(&process, &added(TODO)), Err(Nack::Retry(_))), "{calls}");
        store.recover();
        assert!(matches!(handle(&process, &added(TODO)), Ok(Reply::Changed(_))));
    }
}

#[test]
fn a_delete_event_leaves_the_file_of_another() {
    let store = Memory::default();
    let body = Body { bytes: b"kind: Group\n".to_vec(), content_type: "application/yaml", metadata: BTreeMap::new() };
    store.write(APP, body, Condition::Always);
    let before = store.entities();
    let process = process(store.clone());
    for version in [20, 30] {
        let gone = event(&version.to_string(), "delete", TODO, 1, version, "A");
        assert_eq!(handle(&process, &gone), Ok(Reply::Nothing(Nothing::Unchanged)));
        assert_eq!(store.entities(), before);
    }
    // What comes late after the deletion is still late, and the file stays.
    for process in [process, crate::support::process(store.clone())] {
        assert_eq!(handle(&process, &added(TODO)), Ok(Reply::Nothing(Nothing::Late)));
        assert_eq!(store.entities(), before);
    }
}

#[test]
fn a_kind_that_differs_in_case_alone_never_takes_the_key_of_another() {
    let store = Memory::default();
    let lower = ("app", "todo");
    // Whether this process or the one before wrote it.
    for process in [process(store.clone()), process(store.clone())] {
        handle(&process, &added(TODO)).unwrap();
        let before = store.entities();
        for (verb, version) in [("update", 20), ("delete", 30)] {
            let said = omitted(handle(&process, &event(verb, verb, lower, 2, version, "B")));
            let reason = said[0]["reason"].as_str().unwrap();
            assert!(reason.contains("of the kind App, from which the kind app differs"), "{reason}");
            assert_eq!(store.entities(), before);
        }
    }
    let process = process(store.clone());
    handle(&process, &event("gone", "delete", TODO, 1, 40, "A")).unwrap();
    assert!(matches!(handle(&process, &event("later", "update", lower, 2, 50, "B")), Ok(Reply::Changed(_))));
    assert_eq!(store.entities().len(), 1);
}

#[test]
fn the_group_core_written_out_is_not_the_core_group() {
    use cloudevents::{EventBuilder, EventBuilderV10};
    let service = json!({"apiVersion": "core/v1", "kind": "Service", "metadata": {"name": "x", "namespace": "shop"}});
    let event = EventBuilderV10::new().id("1").source("/test").ty("dev.knative.apiserver.resource.add");
    let event = event.data("application/json", service).build().unwrap();
    let store = Memory::default();
    let Err(Nack::Reject(why)) = handle(&process(store.clone()), &event) else { panic!("it is no object") };
    assert!(why.contains("core/v1"), "{why}");
    assert!(store.objects().is_empty());
}

/// One object's panic ends alone by unwinding.
#[test]
fn no_profile_ends_the_process_at_a_panic() {
    let manifest = include_str!("../Cargo.toml");
    assert!(manifest.contains("[profile.release]") && !manifest.contains("panic = \"abort\""));
}
