//! The event mesh alone: an install into a cluster without Kratix.

use super::{install::printed_sources, mesh, removal};
use crate::{
    backstage::STORE,
    cluster::{self, condition},
    eventually::eventually,
    suite::{NAMESPACE, Suite},
};
use anyhow::{Context, Result, ensure};
use std::{env, process::Command};

/// Only if the suite was given a command that removes Kratix and installs it: `CALLBOARD_E2E_KRATIX`, with `off` or `on`.
pub(crate) async fn without_kratix(suite: &Suite) -> Result<()> {
    let Ok(command) = env::var("CALLBOARD_E2E_KRATIX") else {
        println!("not shown: a cluster without Kratix, for CALLBOARD_E2E_KRATIX is not set");
        return Ok(());
    };
    let kratix = |what: &str| cluster::run(Command::new("sh").args(["-c", &format!("{command} {what}")]), "");
    kratix("off")?;
    let installed = installed(suite).await;
    let back = kratix("on");
    installed?;
    back.map(drop)
}

async fn installed(suite: &Suite) -> Result<()> {
    let served = suite.cluster.kubectl(&["api-resources", "--api-group=platform.kratix.io", "--output=name"])?;
    ensure!(served.is_empty(), "the API server still serves {served}");
    let overlay = overlay(suite)?;
    eventually("it is applied", 60, async || suite.cluster.kubectl(&["apply", "--kustomize", &overlay])).await?;
    // Until the store is there, a doctor has no bucket to look at.
    let deployment = ["deployment", "seaweedfs", "--namespace", NAMESPACE];
    eventually("the store is there", 120, async || {
        let store = suite.cluster.get(&deployment)?;
        ensure!(condition(&store, "Available")["status"] == "True", "{}", store["status"]);
        Ok(())
    })
    .await?;
    // It waits by itself: for Services, Triggers and sources, and until a comparison has filled the bucket.
    let said = suite.callboard_with("doctor", &["--wait", "5m"]).context("callboard doctor --wait")?;
    println!("{said}");
    for kind in ["ksvc", "broker", "trigger", "apiserversource", "pingsource", "sinkbinding"] {
        for object in suite.cluster.list(&[kind, "--namespace", NAMESPACE])? {
            let ready = condition(&object, "Ready");
            ensure!(ready["status"] == "True", "{kind} {} is not ready: {ready}", object["metadata"]["name"]);
        }
    }
    let broker = mesh::key("eventing.knative.dev", "broker", NAMESPACE, "callboard");
    suite.catalog()?.present(&broker).await?;
    // Of the sources that are installed next to Knative's own, `drift` says that nothing reports them.
    suite.cluster.apply(&printed_sources()?).await?;
    // Eventing makes the last EventTypes meanwhile, and each minute has a resync.
    eventually("callboard drift finds nothing", 120, async || suite.callboard("drift")).await?;
    removal::remove_overlay(suite, &overlay).await?;
    removal::nothing_is_left(suite).await
}

/// The base with a bucket, without Kratix. The doctor is given the store's address, so the functions use that as well.
fn overlay(suite: &Suite) -> Result<String> {
    let settings = suite.settings();
    suite.overlay(
        "without-kratix",
        &format!(
            "resources: [../../../deploy]\n\
             components: [../../../deploy/components/bucket, ../../../deploy/components/without-kratix]\n\
             {settings}  - CALLBOARD_OWNER=group:default/platform\n\
             patches:\n\
             - target: {{kind: ConfigMap, name: callboard}}\n  patch: |-\n    \
             - {{op: replace, path: /data/AWS_ENDPOINT_URL_S3, value: \"http://{STORE}:8333\"}}\n\
             - target: {{kind: PingSource, name: tick}}\n  patch: |-\n    \
             - {{op: replace, path: /spec/schedule, value: \"* * * * *\"}}\n\
             - target: {{version: v1, kind: Service, name: seaweedfs}}\n  patch: |-\n    \
             - {{op: add, path: /spec/clusterIP, value: {STORE}}}\n"
        ),
    )
}
