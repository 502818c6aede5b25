//! What kustomize makes of deploy/: a patch whose target does not exist any more fails here alone.

use crate::suite::Suite;
use anyhow::{Result, ensure};

/// Folders and components of deploy/, what they must bring about, and what must not be there any more.
const RENDERED: &[(&str, &[&str], &[&str])] = &[
    (
        "resources: [../../../deploy]",
        &["name: apps", "name: promises", "name: mesh", "name: resync", "kind: PingSource"],
        &[],
    ),
    ("resources: [../../../deploy/func]", &["kind: Broker", "name: callboard-all"], &["kind: Trigger\nmetadata:"]),
    ("resources: [../../../deploy/examples/existing-broker]", &["kind: ApiServerSource", "kind: Trigger"], &[BROKER]),
    ("resources: [../../../deploy/examples/namespaces]", &["values:", "kind: RoleBinding"], &[]),
    (
        "resources: [../../../deploy]\ncomponents: [../../../deploy/components/one-service]",
        &["name: callboard-all"],
        &["name: callboard-apps"],
    ),
    (
        "resources: [../../../deploy]\ncomponents: [../../../deploy/components/kafka-broker]",
        &["eventing.knative.dev/broker.class: Kafka"],
        &[],
    ),
    (
        "resources: [../../../deploy]\ncomponents: [../../../deploy/components/secured]",
        &["kind: EventPolicy", "sub: system:serviceaccount:callboard:tick-oidc-"],
        &[],
    ),
    (
        "resources: [../../../deploy/examples/backstage]",
        &["name: refresh", "secretName: callboard-backstage", "CALLBOARD_BACKSTAGE_URL: http"],
        &[],
    ),
    (
        "resources: [../../../deploy]\n\
         components: [../../../deploy/components/backstage, ../../../deploy/components/existing-broker]\n\
         configMapGenerator: [{name: existing-broker, literals: [name=default, namespace=elsewhere]}]",
        &["name: callboard-refresh\n  namespace: elsewhere"],
        &[],
    ),
    (
        "resources: [../../../deploy]\ncomponents: [../../../deploy/components/without-kratix]",
        &["kind: ApiServerSource", "name: mesh-sinks"],
        &["kind: Promise", "kind: Work", "kind: ResourceBinding"],
    ),
    (
        "resources: [../../../deploy/examples/namespace]",
        &[
            "kind: Namespace\nmetadata:\n  labels:\n    app.kubernetes.io/part-of: callboard\n    e2e.callboard.dev/suite: \"true\"\n  name: catalog",
        ],
        OF_ANOTHER_INSTALL,
    ),
    // All that another namespace must reach: senders, subscribers and dead-letter sinks.
    (
        "resources: [../../../deploy]\n\
         components: [../../../deploy/components/app, ../../../deploy/components/backstage, ../../../deploy/components/bucket, \
         ../../../deploy/components/secured, ../../../deploy/components/namespace]\n\
         configMapGenerator: [{name: install, literals: [namespace=catalog-two], options: {annotations: \
         {config.kubernetes.io/local-config: \"true\"}}}]",
        &[
            "sub: system:serviceaccount:catalog-two:tick-oidc-*",
            "name: catalog-two-functions-marketplace-kratix-io",
            "name: addressable-resolver\nsubjects:\n- kind: ServiceAccount\n  name: callboard-mesh\n  namespace: catalog-two",
        ],
        OF_ANOTHER_INSTALL,
    ),
    (
        "resources: [../../../deploy]\n\
         components: [../../../deploy/components/existing-broker, ../../../deploy/components/namespace]\n\
         configMapGenerator: [{name: existing-broker, literals: [name=default, namespace=shop]}, \
         {name: install, literals: [namespace=catalog-two]}]",
        &[
            "name: catalog-two-apps\n  namespace: shop",
            "name: resync\n        namespace: catalog-two",
            "name: apps\n      namespace: catalog-two",
        ],
        OF_ANOTHER_INSTALL,
    ),
    (
        "resources: [../../../deploy/func]\ncomponents: [../../../deploy/components/namespace]\n\
         configMapGenerator: [{name: install, literals: [namespace=catalog-two]}]",
        &[
            "name: catalog-two-functions\nsubjects:\n- kind: ServiceAccount\n  name: callboard-all\n  namespace: catalog-two",
        ],
        OF_ANOTHER_INSTALL,
    ),
];

const BROKER: &str = "kind: Broker\nmetadata:";

/// What an install in the namespace `callboard` has.
const OF_ANOTHER_INSTALL: &[&str] = &[
    "namespace: callboard\n",
    "name: callboard\n  namespace: callboard",
    "name: callboard-functions",
    "name: callboard-mesh-",
    "name: callboard-sources-",
    "serviceaccount:callboard:",
];

pub(crate) async fn render(suite: &Suite) -> Result<()> {
    for (number, (parts, wanted, unwanted)) in RENDERED.iter().enumerate() {
        let overlay = suite.overlay(&format!("rendered-{number}"), &format!("{parts}\n"))?;
        let text = suite.cluster.kubectl(&["kustomize", &overlay])?;
        for wanted in *wanted {
            ensure!(text.contains(wanted), "{parts} renders nothing with {wanted:?}");
        }
        let upstream = "ghcr.io/callboard-dev/callboard";
        for unwanted in unwanted.iter().chain([&upstream]) {
            ensure!(!text.contains(unwanted), "{parts} renders {unwanted:?}");
        }
    }
    Ok(())
}
