//! EventTypes that Knative makes by itself.

use super::{EVENTING, SOURCES, key, refs, removed};
use crate::{
    eventually::eventually,
    http,
    suite::{NAMESPACE, SHOP, Suite},
};
use anyhow::{Context, Result, ensure};
use chrono::Utc;
use serde_json::{Value, json};

const FIXTURE: &str = include_str!("../../fixtures/pulse.yaml");

const FEATURES: [&str; 2] = ["configmap/config-features", "--namespace=knative-eventing"];

pub(crate) async fn by_knative(suite: &Suite) -> Result<()> {
    suite.cluster.apply(FIXTURE).await?;
    for kind in ["broker", "pingsource"] {
        suite.cluster.ready(120, &[kind, "--namespace", SHOP]).await?;
    }
    let of_source = made(suite, "dev.knative.sources.ping").await?;
    provided(suite, &key(SOURCES, "pingsource", SHOP, "heartbeat"), &of_source).await?;
    provided(suite, &broker_key(), &of_source).await?;

    let features = suite.cluster.get(&["configmap", "config-features", "--namespace=knative-eventing"])?;
    feature(suite, &json!("enabled"))?;
    let by_event = by_event(suite).await;
    feature(suite, &features["data"]["eventtype-auto-create"])?;
    provided(suite, &broker_key(), &by_event?).await?;
    forget(suite, NAMESPACE)?;

    suite.cluster.delete(&["pingsource", "heartbeat", "--namespace", SHOP])?;
    let (catalog, api) = (suite.catalog()?, key(EVENTING, "eventtype", SHOP, &of_source));
    eventually("it goes with its source", 30, async || catalog.absent(&api).await).await?;
    // What a Broker owns goes with it.
    suite.cluster.delete_all(FIXTURE)?;
    removed(suite, SHOP).await
}

fn broker_key() -> String {
    key(EVENTING, "broker", SHOP, "pulse")
}

/// The name of the EventType of this type that Knative made, as soon as its API is there.
async fn made(suite: &Suite, ty: &str) -> Result<String> {
    let catalog = suite.catalog()?;
    eventually(&format!("Knative makes an EventType of {ty}, and mesh its API"), 30, async || {
        let all = suite.cluster.list(&["eventtypes.v1beta2.eventing.knative.dev", "--namespace", SHOP])?;
        let found = all.iter().find(|it| it["spec"]["type"] == ty).context("there is none")?;
        let name = found["metadata"]["name"].as_str().unwrap_or_default();
        catalog.present(&key(EVENTING, "eventtype", SHOP, name)).await?;
        Ok(name.to_owned())
    })
    .await
}

async fn provided(suite: &Suite, key: &str, event_type: &str) -> Result<()> {
    let (catalog, api) = (suite.catalog()?, format!("api:{SHOP}/{event_type}"));
    eventually(&format!("{key} provides it"), 10, async || {
        let provided = refs(&catalog.entity(key).await?, "providesApis");
        ensure!(provided.contains(&api), "{api} is not among {provided:?}");
        Ok(())
    })
    .await
}

/// With its feature, Knative makes an EventType of each event that a Broker gets.
async fn by_event(suite: &Suite) -> Result<String> {
    let broker = suite.address_of("broker", SHOP, "pulse")?;
    let sent = async || {
        let id = format!("e2e-{}", Utc::now().timestamp_micros());
        let headers = [("ce-specversion", "1.0"), ("ce-id", &*id), ("ce-source", "/pulse"), ("ce-type", "pulse.taken")];
        ensure!(http::post(&broker, &headers, "").await? == 202, "the Broker does not take it");
        let all = suite.cluster.list(&["eventtypes", "--namespace", SHOP])?;
        let is_made = |it: &Value| it["metadata"]["name"].as_str().is_some_and(|name| name.starts_with("et-pulse-"));
        ensure!(all.iter().any(is_made), "it made none");
        Ok(())
    };
    eventually("Knative makes an EventType of what a Broker gets", 30, sent).await?;
    made(suite, "pulse.taken").await
}

fn feature(suite: &Suite, auto_create: &Value) -> Result<()> {
    suite.cluster.patch(&FEATURES, &json!({"data": {"eventtype-auto-create": auto_create}}))
}

/// Deletes what Knative made of the events that our own Broker got meanwhile.
fn forget(suite: &Suite, namespace: &str) -> Result<()> {
    let all = suite.cluster.list(&["eventtypes", "--namespace", namespace])?;
    let names = all.iter().filter_map(|it| it["metadata"]["name"].as_str()).filter(|name| name.starts_with("et-"));
    let names: Vec<&str> = names.collect();
    if names.is_empty() {
        Ok(())
    } else {
        suite.cluster.delete(&[&["eventtype", "--namespace", namespace], &names[..]].concat())
    }
}
