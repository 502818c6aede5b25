//! The payment example, as the bucket has it.

use super::{
    EVENTING, MESSAGING, SERVING, SOURCES,
    consumers::{ALL, CONSUMERS, PROCESSED, RECEIVED},
    key, may_consume, namespace_key, refers, removed,
};
use crate::{
    catalog::Catalog,
    cluster::condition,
    eventually::eventually,
    recorder::Recorded,
    suite::{NAMESPACE, PAYMENTS, Suite},
};
use anyhow::{Result, ensure};
use serde_json::Value;
use std::collections::BTreeSet;

pub(super) const BROKER: &str = "component:payments/broker-default";

pub(crate) async fn cataloged(suite: &Suite) -> Result<()> {
    // What an earlier run may have left.
    delete(suite).await?;
    let mark = suite.recorder.mark();
    apply(suite).await?;
    let catalog = suite.catalog()?;
    for consumer in CONSUMERS {
        let trigger = trigger_key(consumer.name);
        refers(suite, &trigger, "dependsOn", &[BROKER]).await?;
        refers(suite, &trigger, "consumesApis", consumer.consumes_itself()).await?;
        refers(suite, &trigger, "dependencyOf", consumer.component().as_deref().as_slice()).await?;
        may(&catalog, &trigger, consumer.may_consume).await?;
    }
    let broker = key(EVENTING, "broker", "payments", "default");
    refers(suite, &broker, "providesApis", ALL).await?;
    let gateway = key(SOURCES, "containersource", "payments", "gateway");
    refers(suite, &gateway, "providesApis", &[RECEIVED]).await?;
    refers(suite, &gateway, "dependsOn", &[BROKER]).await?;
    refers(suite, &ledger_key(), "consumesApis", &[RECEIVED, PROCESSED]).await?;
    may(&catalog, &ledger_key(), &[RECEIVED]).await?;
    faces(&catalog).await?;
    all_and_no_more(&catalog).await?;
    let asked = |event: &Recorded| {
        event.ty() == "dev.callboard.mesh.cataloged" && event.is_of("mesh") && event.says("created", &broker)
    };
    eventually("mesh says so", 10, async || suite.recorder.find(mark, asked)).await.map(drop)
}

/// Applies the example, as often as one likes, and waits until Knative has done its part.
pub(crate) async fn apply(suite: &Suite) -> Result<()> {
    let namespace = "apiVersion: v1\nkind: Namespace\n\
                     metadata: {name: payments, labels: {e2e.callboard.dev/suite: \"true\"}}";
    suite.cluster.apply(namespace).await?;
    settled(suite, |namespaces| namespaces.contains(&PAYMENTS.into())).await?;
    let fixture = suite.filled(include_str!("../../fixtures/payments.yaml"));
    let consumers: String = CONSUMERS.iter().map(|consumer| consumer.yaml(suite)).collect();
    suite.cluster.apply(&(fixture + &consumers)).await?;
    for kind in ["broker", "ksvc", "trigger", "subscriptions.messaging.knative.dev"] {
        suite.cluster.ready(120, &[kind, "--namespace", "payments"]).await?;
    }
    Ok(())
}

/// Deletes the example with its namespace.
pub(super) async fn delete(suite: &Suite) -> Result<()> {
    suite.cluster.delete_namespaces(&[PAYMENTS]).await?;
    removed(suite, PAYMENTS).await?;
    settled(suite, |namespaces| !namespaces.contains(&PAYMENTS.into())).await
}

/// Knative restarts the adapters when a namespace is made or deleted.
async fn settled(suite: &Suite, is_known: impl Fn(&Vec<Value>) -> bool) -> Result<()> {
    let namespace = ["--namespace", NAMESPACE];
    let adapters = [&["deployments", "--selector=eventing.knative.dev/source"], &namespace[..]].concat();
    eventually("the sources know the namespaces", 60, async || {
        for source in suite.cluster.list(&[&["apiserversources"], &namespace[..]].concat())? {
            let known = source["status"]["namespaces"].as_array().is_some_and(&is_known);
            ensure!(
                known && condition(&source, "Ready")["status"] == "True",
                "{} does not",
                source["metadata"]["name"]
            );
        }
        for adapter in suite.cluster.list(&adapters)? {
            let (wanted, status) = (&adapter["spec"]["replicas"], &adapter["status"]);
            let is_new = status["observedGeneration"] == adapter["metadata"]["generation"];
            let are_there = ["replicas", "updatedReplicas", "readyReplicas"].iter().all(|it| status[it] == *wanted);
            ensure!(is_new && are_there, "{} is not rolled out", adapter["metadata"]["name"]);
        }
        Ok(())
    })
    .await
}

/// A Trigger of the example to measure with.
pub(crate) fn warm_trigger(name: &str) -> String {
    format!(
        "apiVersion: eventing.knative.dev/v1\nkind: Trigger\n\
         metadata: {{name: {name}, namespace: payments, labels: {{e2e.callboard.dev/suite: warm}}}}\n\
         spec: {{broker: default, filter: {{attributes: {{type: payments.received}}}}, subscriber: {{ref: \
         {{apiVersion: serving.knative.dev/v1, kind: Service, name: ledger}}}}}}\n"
    )
}

pub(crate) fn trigger_key(name: &str) -> String {
    key(EVENTING, "trigger", "payments", name)
}

pub(super) fn event_type_key(name: &str) -> String {
    key(EVENTING, "eventtype", "payments", name)
}

pub(super) fn ledger_key() -> String {
    key(SERVING, "service", "payments", "ledger")
}

/// What is consumed only perhaps.
pub(super) async fn may(catalog: &Catalog, key: &str, wanted: &[&str]) -> Result<()> {
    let (found, wanted) =
        (may_consume(&catalog.entity(key).await?), wanted.iter().map(|it| (*it).to_owned()).collect());
    ensure!(found == wanted, "{key} may consume {found:#?} instead of {wanted:#?}");
    Ok(())
}

/// What people see of an API, a Broker, a Trigger, a Knative Service and a namespace.
async fn faces(catalog: &Catalog) -> Result<()> {
    let api = catalog.entity(&event_type_key("payments.received")).await?;
    let title = "payments.received - (payments/payments.received)";
    let link = &api["metadata"]["links"][0]["url"];
    ensure!(api["kind"] == "API" && api["metadata"]["title"] == title, "{api:#}");
    ensure!(
        api["metadata"]["description"].as_str().is_some_and(|it| {
            it.starts_with("A payment came in. Consumed by ") && it.contains("processor through Trigger processor")
        }) && link == "https://example.com/schemas/payment.json",
        "{api:#}"
    );
    ensure!(
        api["spec"]["type"] == "asyncapi"
            && api["spec"]["definition"].as_str().is_some_and(|it| it.starts_with("asyncapi: \"3.0.0\"")),
        "{api:#}"
    );
    for (key, kind, ty) in [
        (key(EVENTING, "broker", "payments", "default"), "Component", "broker"),
        (trigger_key("audit"), "Component", "eventing.knative.dev:Trigger"),
        (key(SOURCES, "containersource", "payments", "gateway"), "Component", "sources.knative.dev:ContainerSource"),
        (ledger_key(), "Component", "service"),
    ] {
        let entity = catalog.entity(&key).await?;
        let title = entity["metadata"]["title"].as_str().unwrap_or_default();
        ensure!(title.ends_with(" (payments)"), "{entity:#}");
        ensure!(entity["kind"] == kind && entity["spec"]["type"] == ty, "{entity:#}");
        ensure!(entity["spec"]["system"] == "system:default/namespace-payments", "{entity:#}");
    }
    let system = catalog.entity(&namespace_key("payments")).await?;
    ensure!(system["kind"] == "System" && system["metadata"]["name"] == "namespace-payments", "{system:#}");
    Ok(())
}

/// No channel that carries a Broker, no Subscription that carries a Trigger, no SinkBinding of which a ContainerSource is
/// made, no Service of Kubernetes.
async fn all_and_no_more(catalog: &Catalog) -> Result<()> {
    let named = |group, kind, names: &[&str]| -> Vec<String> {
        names.iter().map(|name| key(group, kind, "payments", name)).collect()
    };
    let triggers: Vec<&str> = CONSUMERS.iter().map(|consumer| consumer.name).collect();
    let types = ["payments.received", "payments.processed", "payments.flagged", "payments.archived"];
    let wanted: BTreeSet<String> = [
        named(EVENTING, "broker", &["default", "backup"]),
        named(EVENTING, "eventtype", &types),
        named(EVENTING, "trigger", &triggers),
        named(SOURCES, "containersource", &["gateway"]),
        named(SERVING, "service", &["ledger"]),
    ]
    .into_iter()
    .flatten()
    .collect();
    let mut found = catalog.keys("entities/").await?;
    found.retain(|key| key.contains("/payments/"));
    ensure!(found == wanted, "{found:#?} instead of {wanted:#?}");
    let hidden = key(MESSAGING, "inmemorychannel", "payments", "default-kne-trigger");
    catalog.absent(&hidden).await
}
