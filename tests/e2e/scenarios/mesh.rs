//! The event mesh: what the bucket holds of it, and whether that is true.

pub(crate) mod channel;
pub(crate) mod consumers;
pub(crate) mod lives;
pub(crate) mod made;
pub(crate) mod own;
pub(crate) mod payments;
pub(crate) mod reality;
pub(crate) mod relay;
pub(crate) mod repair;
pub(crate) mod rights;

use crate::{eventually::eventually, suite::Suite};
use anyhow::{Result, ensure};
use serde_json::Value;
use std::collections::BTreeSet;

const EVENTING: &str = "eventing.knative.dev";
const MESSAGING: &str = "messaging.knative.dev";
const SOURCES: &str = "sources.knative.dev";
const SERVING: &str = "serving.knative.dev";

/// The key of an object of the mesh.
pub(crate) fn key(group: &str, kind: &str, namespace: &str, name: &str) -> String {
    format!("entities/main/{group}/{kind}/{namespace}/{name}.yaml")
}

/// How the keys of a kind in a namespace begin.
fn prefix(group: &str, kind: &str, namespace: &str) -> String {
    format!("entities/main/{group}/{kind}/{namespace}/")
}

/// The key of a Namespace.
fn namespace_key(name: &str) -> String {
    format!("entities/main/core/namespace/{name}.yaml")
}

/// Waits until the references of an entity in this field are these.
pub(crate) async fn refers(suite: &Suite, key: &str, field: &str, wanted: &[&str]) -> Result<()> {
    let (catalog, wanted) = (suite.catalog()?, wanted.iter().map(|it| (*it).to_owned()).collect::<BTreeSet<_>>());
    eventually(&format!("{field} of {key}"), 30, async || {
        let found = refs(&catalog.entity(key).await?, field);
        ensure!(found == wanted, "{found:#?} instead of {wanted:#?}");
        Ok(())
    })
    .await
}

/// The references of an entity in a field of its spec.
pub(crate) fn refs(entity: &Value, field: &str) -> BTreeSet<String> {
    let all = entity["spec"][field].as_array().into_iter().flatten();
    all.filter_map(|it| it.as_str().map(str::to_owned)).collect()
}

/// What an entity only may consume.
pub(crate) fn may_consume(entity: &Value) -> BTreeSet<String> {
    let all = entity["metadata"]["annotations"]["callboard.dev/may-consume"].as_str();
    all.into_iter().flat_map(|all| all.split(", ")).map(str::to_owned).collect()
}

/// Waits until the bucket holds nothing that is in the mesh of a namespace.
async fn removed(suite: &Suite, namespace: &str) -> Result<()> {
    let catalog = suite.catalog()?;
    eventually(&format!("nothing of {namespace} is left"), 60, async || {
        let mut keys = catalog.keys("entities/").await?;
        let is_in = |key: &String| key.contains("knative.dev/") && key.contains(&format!("/{namespace}/"));
        keys.retain(|key| is_in(key) || *key == namespace_key(namespace));
        ensure!(keys.is_empty(), "{keys:#?}");
        Ok(())
    })
    .await
}

/// A Service that leads to the suite; its metadata except name and namespace.
fn service(suite: &Suite, namespace: &str, name: &str, metadata: &str) -> String {
    suite.filled(&format!(
        "---\napiVersion: v1\nkind: Service\nmetadata: {{name: {name}, namespace: {namespace}, {metadata}}}\n\
         spec: {{ports: [{{port: 80, targetPort: SUITE_PORT}}]}}\n\
         ---\napiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\n\
         metadata: {{name: {name}, namespace: {namespace}, labels: {{kubernetes.io/service-name: {name}}}}}\n\
         addressType: IPv4\nports: [{{port: SUITE_PORT}}]\nendpoints: [{{addresses: [SUITE_HOST]}}]\n"
    ))
}

/// An EventType that nobody provides.
fn event_type(namespace: &str, name: &str, description: &str) -> String {
    format!(
        "---\napiVersion: eventing.knative.dev/v1beta2\nkind: EventType\nmetadata: {{name: {name}, namespace: {namespace}}}\n\
         spec: {{type: {name}, description: '{description}'}}\n"
    )
}
