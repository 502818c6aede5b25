//! Kratix's ResourceBinding and Work, which name a request whatever its kind.

use super::{Live, request};
use crate::kubernetes::{definition, promise, reference, resource};
use cloudevents::Event;
use events::{Nack, Nothing};
use serde_json::{Value, json};

const TODO: &str = "/jenkins/default/todo.yaml";

/// A cluster whose Promise offers a kind that no ApiServerSource guesses, and a request of it.
fn marketplace() -> (Live, Value) {
    let live = Live::new();
    live.kubernetes.install(promise("jenkins", jenkins("Namespaced")));
    let todo = live.kubernetes.apply(jenkin("A"));
    (live, todo)
}

fn jenkins(scope: &str) -> Value {
    definition("marketplace.kratix.io", ("jenkins", "jenkins"), &["v1alpha1"], scope)
}

fn jenkin(title: &str) -> Value {
    request("marketplace.kratix.io/v1alpha1", "jenkins", title)
}

fn binding() -> Value {
    json!({
        "apiVersion": "platform.kratix.io/v1alpha1",
        "kind": "ResourceBinding",
        "metadata": {"name": "todo-jenkins-1", "namespace": "default"},
        "spec": {"version": "v1", "promiseRef": {"name": "jenkins"}, "resourceRef": {"name": "todo", "namespace": "default"}},
    })
}

/// A Work as Kratix v0.125 makes it, but for its content.
fn work(namespace: &str, labels: &Value) -> Value {
    json!({
        "apiVersion": "platform.kratix.io/v1alpha1",
        "kind": "Work",
        "metadata": {"name": "jenkins-todo-instance-1", "namespace": namespace, "labels": labels},
        "spec": {"promiseName": "jenkins", "resourceName": "todo"},
    })
}

fn of_request() -> Value {
    json!({"kratix.io/promise-name": "jenkins", "kratix.io/resource-name": "todo", "kratix.io/work-type": "resource"})
}

#[tokio::test]
async fn a_binding_leads_to_its_request_whatever_its_plural() {
    for shadow in [resource, reference] {
        let (live, todo) = marketplace();
        let bound = live.kubernetes.apply(binding());
        let (subject, entities) = live.changed(shadow("add", &bound)).await;
        assert_eq!(subject, "jenkins.marketplace.kratix.io/default/todo");
        assert_eq!(entities[0]["ref"], "component:default/jenkins-todo");
        let keys: Vec<_> = live.store.entities().into_keys().collect();
        assert_eq!(keys, ["entities/main/marketplace.kratix.io/jenkins/default/todo.yaml"]);
        assert_eq!(live.nothing(resource("add", &todo)).await, Nothing::Unchanged);
    }
}

#[tokio::test]
async fn the_end_of_a_binding_is_that_of_its_request() {
    let (live, todo) = marketplace();
    let bound = live.kubernetes.apply(binding());
    live.changed(resource("add", &bound)).await;
    let mut leaving = todo.clone();
    leaving["metadata"]["deletionTimestamp"] = "2026-11-21T02:24:40Z".into();
    live.kubernetes.apply(leaving);
    let unbound = resource("delete", &live.kubernetes.delete(&bound));
    let verdict = live.handle(unbound.clone()).await;
    assert!(matches!(&verdict, Err(Nack::Retry(why)) if why.contains("still being deleted")), "{verdict:?}");
    live.kubernetes.delete(&todo);
    assert_eq!(live.changed(unbound).await.1[0]["action"], "deleted");
    assert!(live.store.entities().is_empty());
}

#[tokio::test]
async fn a_request_outlives_a_binding_that_was_deleted_alone() {
    let (live, _) = marketplace();
    let bound = live.kubernetes.apply(binding());
    live.changed(resource("add", &bound)).await;
    assert_eq!(live.nothing(resource("delete", &live.kubernetes.delete(&bound))).await, Nothing::Unchanged);
    assert_eq!(live.title(TODO).as_deref(), Some("A"));
}

#[tokio::test]
async fn a_binding_that_names_no_request_is_rejected() {
    for (pointer, wrong) in [
        ("/spec", Value::Null),
        ("/spec/promiseRef", json!({})),
        ("/spec/resourceRef", json!({"namespace": "default"})),
        ("/spec/resourceRef/name", json!(7)),
        ("/spec/promiseRef/name", json!("../x")),
        ("/spec/resourceRef/name", json!("../x")),
        ("/spec/resourceRef/namespace", json!("..")),
    ] {
        let (live, _) = marketplace();
        let mut bound = binding();
        *bound.pointer_mut(pointer).unwrap() = wrong;
        let verdict = live.handle(resource("add", &live.kubernetes.apply(bound))).await;
        assert!(matches!(verdict, Err(Nack::Reject(_))), "{pointer}: {verdict:?}");
    }
}

#[tokio::test]
async fn a_work_leads_to_the_request_that_its_labels_name() {
    let elsewhere = json!({
        "kratix.io/promise-name": "jenkins", "kratix.io/resource-name": "todo", "kratix.io/resource-namespace": "default",
    });
    for (namespace, labels) in [("default", of_request()), ("pipelines", elsewhere)] {
        let (live, _) = marketplace();
        let made = live.kubernetes.apply(work(namespace, &labels));
        live.kubernetes.requests();
        live.changed(reference("update", &made)).await;
        assert_eq!(live.title(TODO).as_deref(), Some("A"), "{namespace}");
        let read = live.kubernetes.requests().into_iter().find(|line| line.contains("works.")).unwrap();
        assert!(read.ends_with(" metadata"), "{read}");
    }
}

#[tokio::test]
async fn a_work_that_is_deleted_takes_only_a_request_along_that_is_deleted() {
    let (live, todo) = marketplace();
    let made = live.kubernetes.apply(work("default", &of_request()));
    live.changed(reference("add", &made)).await;
    let deleted = live.kubernetes.delete(&made);
    assert_eq!(live.nothing(resource("delete", &deleted)).await, Nothing::Unchanged);
    live.kubernetes.delete(&todo);
    assert_eq!(live.nothing(reference("delete", &deleted)).await, Nothing::Absent);
    let mut again = deleted;
    again["metadata"]["resourceVersion"] = "5000".into();
    live.changed(resource("delete", &again)).await;
    assert!(live.store.entities().is_empty());
}

#[tokio::test]
async fn a_shadow_of_nothing_that_is_there_changes_nothing() {
    let of_promise = json!({"kratix.io/promise-name": "jenkins", "kratix.io/work-type": "promise"});
    type Change = fn(&Live, &Value);
    let cases: [(&str, Value, Change, Nothing); 7] = [
        ("the Promise's own", work("default", &of_promise), |_, _| {}, Nothing::NotOurs),
        ("of others", work("default", &json!({})), |_, _| {}, Nothing::NotOurs),
        ("gone", work("default", &of_request()), |live, shadow| drop(live.kubernetes.delete(shadow)), Nothing::Absent),
        ("without a request", binding(), |live, _| drop(live.kubernetes.delete(&jenkin("A"))), Nothing::Absent),
        (
            "without a Promise",
            binding(),
            |live, _| drop(live.kubernetes.delete(&promise("jenkins", json!({})))),
            Nothing::Absent,
        ),
        (
            "without an API",
            binding(),
            |live, _| drop(live.kubernetes.apply(promise("jenkins", json!({})))),
            Nothing::Unresolved,
        ),
        (
            "of a kind that is gone",
            binding(),
            |live, _| drop(live.kubernetes.delete(&jenkins("Namespaced"))),
            Nothing::Unresolved,
        ),
    ];
    for (case, shadow, change, wanted) in cases {
        let (live, _) = marketplace();
        let shadow = live.kubernetes.apply(shadow);
        change(&live, &shadow);
        assert_eq!(live.nothing(reference("update", &shadow)).await, wanted, "{case}");
        assert!(live.store.entities().is_empty(), "{case}");
    }
}

#[tokio::test]
async fn whatever_of_it_may_not_be_read_a_shadow_is_uncovered() {
    for (forbidden, shadow) in [
        ("works.platform.kratix.io", work("default", &of_request())),
        ("promises.platform.kratix.io", work("default", &of_request())),
        ("jenkins.marketplace.kratix.io", binding()),
    ] {
        let (live, _) = marketplace();
        let shadow = live.kubernetes.apply(shadow);
        live.kubernetes.forbid(forbidden);
        assert_eq!(live.nothing(reference("update", &shadow)).await, Nothing::Uncovered, "{forbidden}");
    }
}

#[tokio::test]
async fn a_request_in_no_namespace_is_found_as_well() {
    let live = Live::new();
    live.kubernetes.install(promise("jenkins", jenkins("Cluster")));
    let mut todo = jenkin("A");
    todo["metadata"].as_object_mut().unwrap().remove("namespace");
    live.kubernetes.apply(todo);
    let bound = live.kubernetes.apply(binding());
    assert_eq!(live.changed(resource("add", &bound)).await.0, "jenkins.marketplace.kratix.io/todo");
}

#[tokio::test]
async fn a_shadow_without_a_cluster_tells_nothing() {
    let live = Live::new();
    let process = crate::support::process(live.store.clone());
    let event: Event = resource("add", &binding());
    let verdict = runtime::Handler::handle(&process, event).await;
    assert_eq!(verdict, Ok(events::Reply::Nothing(Nothing::Unresolved)));
}
