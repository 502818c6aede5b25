//! The source is down while things change.

use super::{
    functions::removed,
    requests::{cache, caches},
};
use crate::{
    eventually::eventually,
    suite::{NAMESPACE, SHOP, Suite, cache_key},
};
use anyhow::{Context, Result, ensure};

/// Stops a source's adapter, and brings it back.
pub(crate) async fn scale(suite: &Suite, source: &str, replicas: u32) -> Result<()> {
    let selector = format!("--selector=eventing.knative.dev/sourceName={source}");
    let replicas_flag = format!("--replicas={replicas}");
    suite.cluster.kubectl(&["scale", "deployment", &selector, &replicas_flag, "--namespace", NAMESPACE])?;
    eventually(&format!("{replicas} adapters of {source}"), 60, async || {
        let pods = suite.cluster.list(&["pods", &selector, "--namespace", NAMESPACE])?;
        ensure!(pods.len() == replicas as usize, "there are {}", pods.len());
        Ok(())
    })
    .await
}

pub(crate) async fn stopped(suite: &Suite) -> Result<()> {
    let catalog = suite.catalog()?;
    suite.cluster.apply(&caches("missed", 0..15, "Before")).await?;
    eventually("15 requests are there", 60, async || {
        catalog.contains(&cache_key("missed-14"), "Before").await?;
        let keys = catalog.keys(&cache_key("missed").replace(".yaml", "-")).await?;
        ensure!(keys.len() == 15, "{} are", keys.len());
        Ok(())
    })
    .await?;
    // Kratix still labels them, and so they change once more.
    suite.tick().await?;
    scale(suite, "e2e-callboard-dev", 0).await?;
    suite.cluster.apply(&caches("missed", 0..10, "After")).await?;
    suite.cluster.apply(&caches("missed", 15..20, "After")).await?;
    let dead: Vec<String> = (10..15).map(|number| format!("missed-{number}")).collect();
    let dead = dead.iter().map(String::as_str);
    let delete: Vec<&str> = ["caches.e2e.callboard.dev", "--namespace", SHOP].into_iter().chain(dead).collect();
    suite.cluster.delete(&delete)?;
    scale(suite, "e2e-callboard-dev", 1).await?;
    suite.cluster.ready(60, &["apiserversource", "e2e-callboard-dev", "--namespace", NAMESPACE]).await?;

    ensure!(suite.callboard("drift").is_err(), "callboard drift finds nothing");
    let before = drift(suite);
    let tick = suite.tick().await?;
    for number in (0..10).chain(15..20) {
        catalog.contains(&cache_key(&format!("missed-{number}")), "After").await?;
    }
    for number in 10..15 {
        catalog.absent(&cache_key(&format!("missed-{number}"))).await?;
    }
    suite.callboard("drift").context("callboard drift after the tick")?;
    let drifted = suite.reported(&tick, "dev.callboard.catalog.drifted").await?;
    let counts = &drifted.data["counts"];
    for (reason, count) in [("missing", 5), ("outdated", 10), ("orphan", 5)] {
        ensure!(counts[reason] == count, "{count} {reason} expected: {counts}");
    }
    eventually("drift is counted", 10, async || {
        let counted = drift(suite) - before;
        ensure!(counted >= 20.0, "{counted} of 20:\n{}", suite.metrics.dump("callboard_drift_total"));
        Ok(())
    })
    .await?;
    suite.reported(&tick, "dev.callboard.catalog.resynced").await.context("no event says what was repaired")?;
    reported_again(suite, |title| cache("missed-20", &title), &cache_key("missed-20")).await?;
    eventually("how long nobody had looked is measured", 10, async || {
        let lag = suite.count("callboard_truth_lag_seconds", &["service=resync"]);
        ensure!((1.0..600.0).contains(&lag), "{lag} s");
        Ok(())
    })
    .await?;
    removed(suite, "missed").await
}

/// Changes a request until the source reports it. At its start a source does not report what it finds.
pub(crate) async fn reported_again(suite: &Suite, request: impl Fn(String) -> String, key: &str) -> Result<()> {
    let (catalog, mut times) = (suite.catalog()?, 0);
    eventually("the source reports changes again", 120, async || {
        times += 1;
        suite.cluster.apply(&request(format!("Change {times}"))).await?;
        catalog.present(key).await
    })
    .await
}

fn drift(suite: &Suite) -> f64 {
    let of = |reason| suite.metrics.total("callboard_drift_total", &["kind=cache.e2e.callboard.dev", reason]).count;
    ["reason=missing", "reason=outdated", "reason=orphan"].map(of).iter().sum()
}
