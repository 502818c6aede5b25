//! Consumers and sources of events whose Component no catalog has: `drift` lists each with the annotation that fixes it.

use crate::{
    backstage_fake::{FakeBackstage, TOKEN, Wrong},
    binary::{NEEDED, ended},
    kubernetes::{Kubernetes, of_knative},
    s3::endpoint,
};
use serde_json::{Value, json};
use std::{collections::BTreeMap, process::Output};

#[expect(clippy::needless_pass_by_value, reason = "callers make it on the spot")]
fn object(api_version: &str, kind: &str, name: &str, annotations: Value, spec: Value) -> Value {
    let metadata = json!({"name": name, "namespace": "shop", "annotations": annotations});
    json!({"apiVersion": api_version, "kind": kind, "metadata": metadata, "spec": spec})
}

/// A Deployment of which a third-party Component shows the Pods.
fn deployment(name: &str) -> Value {
    object("apps/v1", "Deployment", name, json!({"backstage.io/kubernetes-id": name}), json!({}))
}

/// A Trigger with this Deployment as its subscriber.
fn trigger(name: &str, deployment: &str, annotations: Value) -> Value {
    let subscriber = json!({"ref": {"apiVersion": "apps/v1", "kind": "Deployment", "name": deployment}});
    let spec = json!({"broker": "default", "subscriber": subscriber});
    object("eventing.knative.dev/v1", "Trigger", name, annotations, spec)
}

/// A cluster whose event mesh names Components that Callboard does not write.
fn cluster() -> Kubernetes {
    let kubernetes = Kubernetes::new();
    of_knative().into_iter().for_each(|definition| drop(kubernetes.apply(definition)));
    kubernetes.apply(json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}}));
    kubernetes.apply(object("eventing.knative.dev/v1", "Broker", "default", json!({}), json!({})));
    for name in ["known", "moved", "nowhere"] {
        kubernetes.apply(deployment(name));
        kubernetes.apply(trigger(name, name, json!({})));
    }
    kubernetes.apply(deployment("behind"));
    kubernetes.apply(trigger("named", "behind", json!({"callboard.dev/component": "component:team/ledger"})));
    kubernetes.apply(deployment("letters"));
    let subscriber = json!({"ref": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "letters"}});
    let channel = json!({"apiVersion": "messaging.knative.dev/v1", "kind": "Channel", "name": "post"});
    let spec = json!({"channel": channel, "subscriber": subscriber});
    kubernetes.apply(object("messaging.knative.dev/v1", "Subscription", "letters", json!({}), spec));
    let annotations = json!({"backstage.io/kubernetes-id": "clock"});
    kubernetes.apply(object("sources.knative.dev/v1", "PingSource", "clock", annotations, json!({})));
    kubernetes
}

/// A Backstage that has these Components, from elsewhere.
fn backstage(components: &[(&str, &str)]) -> FakeBackstage {
    let backstage = FakeBackstage::new();
    for (namespace, name) in components {
        let metadata = json!({"name": name, "namespace": namespace, "annotations": {}});
        let entity = json!({"kind": "Component", "metadata": metadata});
        backstage.took(entity, "https://git.example/catalog-info.yaml");
    }
    backstage
}

/// Drift after a resync, so that nothing differs.
async fn drift(backstage: &FakeBackstage, options: &[&str]) -> Output {
    let (url, kubernetes, store) = (backstage.serve().await, cluster(), endpoint().await);
    let resynced = ended(&["resync"], &NEEDED, &kubernetes, &store).await;
    assert_eq!(resynced.status.code(), Some(0), "{resynced:?}");
    let variables = [("CALLBOARD_BACKSTAGE_URL", url.as_str()), ("CALLBOARD_BACKSTAGE_TOKEN", TOKEN)];
    ended(&[&["drift"], options].concat(), &[&NEEDED[..], &variables].concat(), &kubernetes, &store).await
}

const REASON: &str = "no catalog has this Component";

/// What is listed: of which key, the Component, the reason and the advice.
async fn listed(options: &[&str]) -> Vec<[String; 4]> {
    let backstage = backstage(&[("default", "known"), ("shop", "moved"), ("default", "ledger")]);
    let output = drift(&backstage, &[&["--output", "json"], options].concat()).await;
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let refused: BTreeMap<String, Vec<Value>> = serde_json::from_value(report["refused"].clone()).unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let rows = refused.into_iter().flat_map(|(key, all)| all.into_iter().map(move |it| (key.clone(), it)));
    let rows = rows.filter(|(_, it)| it["reason"] == REASON);
    rows.map(|(key, it)| [key, text(&it["ref"]), text(&it["reason"]), text(&it["advice"])]).collect()
}

/// A row of that. The advice annotates this object so.
fn row(key: &str, component: &str, object: &str, annotation: &str) -> [String; 4] {
    let advice = format!("kubectl annotate -n shop {object} --overwrite callboard.dev/component={annotation}");
    [format!("entities/main/{key}.yaml"), component.to_owned(), REASON.to_owned(), advice]
}

fn ledger() -> [String; 4] {
    let (key, object) = ("eventing.knative.dev/trigger/shop/named", "trigger.eventing.knative.dev/named");
    row(key, "component:team/ledger", object, "component:default/ledger")
}

#[tokio::test(flavor = "multi_thread")]
async fn each_consumer_and_source_that_no_catalog_has_is_listed_with_its_annotation() {
    let of_trigger = |name: &str, annotation: &str| {
        let (component, object) = (format!("component:default/{name}"), format!("deployment.apps/{name}"));
        row(&format!("eventing.knative.dev/trigger/shop/{name}"), &component, &object, annotation)
    };
    let letters = row(
        "messaging.knative.dev/subscription/shop/letters",
        "component:default/letters",
        "deployment.apps/letters",
        "component:.../letters",
    );
    let clock = row(
        "sources.knative.dev/pingsource/shop/clock",
        "component:default/clock",
        "pingsource.sources.knative.dev/clock",
        "component:.../clock",
    );
    let wanted = [
        of_trigger("moved", "component:shop/moved"),
        ledger(),
        of_trigger("nowhere", "component:.../nowhere"),
        letters,
        clock,
    ];
    assert_eq!(listed(&[]).await, wanted);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_what_is_selected_is_listed() {
    let options = ["--kind", "triggers.eventing.knative.dev", "--namespace", "shop", "--name", "named"];
    assert_eq!(listed(&options).await, [ledger()]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backstage_that_does_not_say_what_it_has_is_a_failure() {
    let backstage = backstage(&[]);
    backstage.break_off("by-refs", Wrong::Status(403), usize::MAX);
    let output = drift(&backstage, &[]).await;
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.code(), Some(2), "{printed}");
    assert!(printed.contains("failed") && printed.contains("Backstage"), "{printed}");
    assert!(!printed.contains("no catalog has"), "{printed}");
}
