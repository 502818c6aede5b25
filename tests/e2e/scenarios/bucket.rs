//! The bucket is unreachable for a while.

use super::{functions::removed, requests::caches};
use crate::{
    eventually::eventually,
    recorder::Recorded,
    suite::{NAMESPACE, Suite, cache_key},
};
use anyhow::{Context, Result, ensure};
use serde_json::json;
use std::{
    collections::BTreeSet,
    time::{Duration, Instant},
};

const CHANGES: usize = 100;
/// Longer than an event is retried, which is 15.5 s.
const OUTAGE: Duration = Duration::from_secs(24);

/// Those within the retry window arrive by themselves, the others by one tick.
pub(crate) async fn unreachable(suite: &Suite) -> Result<()> {
    let (catalog, mark) = (suite.catalog()?, suite.recorder.mark());
    let arrived = async || catalog.keys(&cache_key("outage").replace(".yaml", "-")).await.map(|keys| keys.len());
    let retried = ["service=apps", "verdict=retry"];
    let before = suite.count("callboard_events_total", &retried);
    let service = ["service/seaweedfs", "--namespace", NAMESPACE];
    suite.cluster.patch(&service, &json!({"spec": {"selector": {"callboard.dev/outage": "true"}}}))?;
    // They hold connections that stay.
    let pods = ["pods", "--selector=serving.knative.dev/service", "--namespace", NAMESPACE, "--force"];
    suite.cluster.delete(&pods)?;
    let mut clock = tokio::time::interval(OUTAGE / 10);
    for batch in 0..10 {
        clock.tick().await;
        suite.cluster.apply(&caches("outage", batch * CHANGES / 10..(batch + 1) * CHANGES / 10, "Late")).await?;
    }
    clock.tick().await;
    suite.grew("callboard_events_total", &retried, before).await?;
    suite.cluster.patch(&service, &json!({"spec": {"selector": {"callboard.dev/outage": null}}}))?;
    let outage = suite.recorder.since(mark);
    let outage: BTreeSet<&str> = outage.iter().map(|event| event.attribute("id")).collect();
    eventually("the bucket answers again", 60, arrived).await?;

    // The last retry of an event comes 16 s after its first try, and each try may take its time.
    let (mut by_themselves, mut since) = (arrived().await?, Instant::now());
    let deadline = Instant::now() + Duration::from_secs(90);
    while since.elapsed() < Duration::from_secs(18) && Instant::now() < deadline && by_themselves < CHANGES {
        clock.tick().await;
        let now = arrived().await?;
        if now != by_themselves {
            (by_themselves, since) = (now, Instant::now());
        }
    }
    let events = suite.recorder.since(mark);
    let of_outage = |event: &&Recorded| {
        event.ty() == "dev.callboard.app.cataloged"
            && event.data["cause"]["id"].as_str().is_some_and(|id| outage.contains(id))
    };
    let by_retry: BTreeSet<&str> = events.iter().filter(of_outage).map(|event| event.attribute("subject")).collect();
    suite.tick().await?;
    let all = arrived().await?;
    println!(
        "{CHANGES} requests in {} s without the bucket: {} arrived by retry, {} by a later event, {} by one tick",
        OUTAGE.as_secs(),
        by_retry.len(),
        by_themselves.saturating_sub(by_retry.len()),
        all - by_themselves
    );
    ensure!(!by_retry.is_empty(), "none arrived by retry");
    ensure!(all == CHANGES, "{all} of {CHANGES} are there after the tick");
    suite.callboard("drift").context("callboard drift after the tick")?;
    removed(suite, "outage").await
}
