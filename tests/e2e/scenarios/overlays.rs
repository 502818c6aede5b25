//! What kustomize makes of deploy/: a patch whose target does not exist any more fails here alone.

use crate::suite::Suite;
use anyhow::{Result, ensure};

/// Folders and components of deploy/, and what they must bring about.
const RENDERED: &[(&str, &[&str])] = &[
    (
        "resources: [../../../deploy]",
        &["name: apps", "name: promises", "name: mesh", "name: resync", "kind: PingSource"],
    ),
    ("resources: [../../../deploy/func]", &["kind: Broker", "name: callboard-all"]),
    ("resources: [../../../deploy/examples/existing-broker]", &["kind: ApiServerSource", "kind: Trigger"]),
    ("resources: [../../../deploy/examples/namespaces]", &["values:", "kind: RoleBinding"]),
    ("resources: [../../../deploy]\ncomponents: [../../../deploy/components/one-service]", &["name: callboard-all"]),
    (
        "resources: [../../../deploy]\ncomponents: [../../../deploy/components/kafka-broker]",
        &["eventing.knative.dev/broker.class: Kafka"],
    ),
    ("resources: [../../../deploy]\ncomponents: [../../../deploy/components/secured]", &["kind: EventPolicy"]),
    (
        "resources: [../../../deploy/examples/backstage]",
        &["name: refresh", "secretName: callboard-backstage", "CALLBOARD_BACKSTAGE_URL: http"],
    ),
    (
        "resources: [../../../deploy]\n\
         components: [../../../deploy/components/backstage, ../../../deploy/components/existing-broker]\n\
         configMapGenerator: [{name: existing-broker, literals: [name=default, namespace=elsewhere]}]",
        &["name: callboard-refresh\n  namespace: elsewhere"],
    ),
];

pub(crate) async fn render(suite: &Suite) -> Result<()> {
    for (number, (parts, wanted)) in RENDERED.iter().enumerate() {
        let overlay = suite.overlay(&format!("rendered-{number}"), &format!("{parts}\n"))?;
        let text = suite.cluster.kubectl(&["kustomize", &overlay])?;
        for wanted in *wanted {
            ensure!(text.contains(wanted), "{parts} renders nothing with {wanted:?}");
        }
        let upstream = "ghcr.io/callboard-dev/callboard";
        ensure!(!text.contains(upstream), "{parts} names {upstream} where kustomize does not find it");
    }
    Ok(())
}
