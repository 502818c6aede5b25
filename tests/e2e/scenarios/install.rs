//! An install into a cluster that is in use.

use super::{
    removal,
    requests::{self, APP, CACHE, REDIS, app, cache, deployed, redis},
};
use crate::{
    cluster::run,
    eventually::eventually,
    recorder::Recorded,
    suite::{NAMESPACE, QUIET, SHOP, Suite, app_key, cache_key, key, promise_key},
};
use anyhow::{Context, Result, ensure};
use std::{collections::BTreeSet, process::Command};

/// Removed again, because Knative waits longer and longer before it looks whether the subscriber of a Trigger has an address.
pub(crate) async fn base_alone(suite: &Suite) -> Result<()> {
    // What an earlier run may have left.
    removal::remove(suite).await?;
    suite.cluster.delete_namespaces(&[SHOP]).await?;
    in_use(suite).await?;
    let overlay = suite.overlay("base", "resources: [../../../deploy]\n")?;
    eventually("the base is applied", 60, async || suite.cluster.kubectl(&["apply", "--kustomize", &overlay])).await?;
    for function in ["apps", "promises", "mesh", "resync"] {
        let selector = format!("--selector=serving.knative.dev/service={function}");
        eventually(&format!("{function} says what is missing"), 90, async || {
            // Whether Knative shows it in a condition, too, is a matter of luck.
            let said = "--output=jsonpath={..terminated.message}";
            let said = suite.cluster.kubectl(&["get", "pods", &selector, "--namespace", NAMESPACE, said])?;
            for value in ["CALLBOARD_BUCKET", "CALLBOARD_OWNER"] {
                ensure!(said.contains(value), "it says {said:?}, which does not name {value}");
            }
            Ok(())
        })
        .await?;
    }
    suite.cluster.delete(&["--wait=false", "--kustomize", &overlay])?;
    suite.cluster.namespaces_deleted(&[NAMESPACE]).await
}

/// The tick is the one of the PingSource.
pub(crate) async fn first_look(suite: &Suite) -> Result<()> {
    in_use(suite).await?;
    let mark = suite.recorder.mark();
    let overlay = suite.first_look("")?;
    eventually("it is applied", 60, async || suite.cluster.kubectl(&["apply", "--kustomize", &overlay])).await?;
    ready(suite).await?;
    let catalog = suite.catalog()?;
    let known = [promise_key("app"), promise_key("cache"), promise_key("redis"), app_key("todo"), app_key("cart")];
    let holds = async |wanted: &BTreeSet<String>| {
        let keys = BTreeSet::from_iter(catalog.promised().await?.into_keys());
        ensure!(keys == *wanted, "the bucket holds {keys:#?} instead of {wanted:#?}");
        Ok(())
    };
    let mut wanted = BTreeSet::from(known);
    eventually("the first tick catalogs what may be read", 120, async || holds(&wanted).await).await?;
    let asked = |event: &Recorded| event.says("created", &app_key("todo"));
    eventually("resync says so", 10, async || suite.recorder.find(mark, asked)).await?;
    quiet(suite).await?;

    let drifted = |event: &Recorded| event.is_of("resync") && event.ty() == "dev.callboard.catalog.drifted";
    let drifted = suite.recorder.find(mark, drifted)?.data.to_string();
    let degraded = |event: &Recorded| event.ty() == "dev.callboard.catalog.resynced";
    let degraded = suite.recorder.find(mark, degraded)?.data["degraded"].to_string();
    ensure!(drifted.contains("cache.e2e.callboard.dev"), "drift does not say that Caches have no source: {drifted}");
    ensure!(degraded.contains("redis.e2e.callboard.dev"), "it is not said that Redis may not be read: {degraded}");
    sources(suite).await?;
    let tick = suite.tick().await?;
    wanted.extend([cache_key("pages"), key("e2e.callboard.dev", "redis", "sessions")]);
    eventually("with sources for all kinds, all of them", 10, async || holds(&wanted).await).await?;
    let resynced = suite.reported(&tick, "dev.callboard.catalog.resynced").await?;
    ensure!(resynced.says("created", &cache_key("pages")), "it does not say so: {}", resynced.data);
    eventually("drift is counted", 10, async || {
        let missing = suite.metrics.total("callboard_drift_total", &["service=resync", "reason=missing"]).count;
        ensure!(missing >= 7.0, "{missing} missing:\n{}", suite.metrics.dump("callboard_drift_total"));
        Ok(())
    })
    .await
}

/// Waits until all of an install is ready.
pub(super) async fn ready(suite: &Suite) -> Result<()> {
    let namespace = ["--namespace", NAMESPACE];
    suite.cluster.ready(180, &[&["ksvc"][..], &namespace].concat()).await?;
    // As docs/troubleshooting.md says: each status of a Service that is not yet ready makes Eventing wait longer before it asks for its address.
    let again = ["annotate", "triggers", "--all", "--overwrite", "e2e.callboard.dev/again=true"];
    suite.cluster.kubectl(&[&again[..], &namespace].concat())?;
    for kind in ["broker", "trigger", "pingsource", "sinkbinding"] {
        suite.cluster.ready(180, &[&[kind][..], &namespace].concat()).await?;
    }
    for source in ["promises", "works", "marketplace-kratix-io"] {
        suite.cluster.ready(120, &[&["apiserversource", source][..], &namespace].concat()).await?;
    }
    Ok(())
}

/// From here on ticks come from the suite alone.
pub(crate) async fn quiet(suite: &Suite) -> Result<()> {
    let overlay = suite.first_look(QUIET)?;
    eventually("it is applied", 60, async || suite.cluster.kubectl(&["apply", "--kustomize", &overlay])).await.map(drop)
}

/// Promises and requests that are there before Callboard is.
pub(super) async fn in_use(suite: &Suite) -> Result<()> {
    let namespace = format!(
        "apiVersion: v1\nkind: Namespace\nmetadata: {{name: {SHOP}, labels: {{e2e.callboard.dev/suite: \"true\"}}}}"
    );
    suite.cluster.apply(&namespace).await?;
    for (fixture, name) in [(APP, "app"), (REDIS, "redis"), (CACHE, "cache")] {
        requests::promise(suite, fixture, name).await?;
    }
    let requests = [app("todo", "nginx:1"), app("cart", "nginx:1"), redis("sessions", "redis:8"), cache("pages", "")];
    suite.cluster.apply(&requests.concat()).await?;
    deployed(suite, "todo", "nginx:1").await?;
    deployed(suite, "cart", "nginx:1").await
}

pub(super) async fn sources(suite: &Suite) -> Result<()> {
    suite.cluster.apply(&printed_sources()?).await?;
    let source = ["apiserversource", "e2e-callboard-dev", "--namespace", NAMESPACE];
    suite.cluster.ready(120, &source).await
}

/// What `callboard sources` prints for the Promises that are there.
pub(crate) fn printed_sources() -> Result<String> {
    run(Command::new(env!("CARGO_BIN_EXE_callboard")).arg("sources"), "").context("callboard sources")
}
