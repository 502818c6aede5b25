//! A kind that ApiServerSource cannot watch, since it guesses the plural.

use super::requests::redis;
use crate::{
    eventually::eventually,
    suite::{SHOP, Suite, key},
};
use anyhow::{Result, ensure};

pub(crate) async fn irregular(suite: &Suite) -> Result<()> {
    let (catalog, key) = (suite.catalog()?, key("e2e.callboard.dev", "redis", "queue"));
    let mark = suite.recorder.mark();
    let changed = ["service=apps", "verdict=changed"];
    let before = suite.count("callboard_events_total", &changed);
    suite.cluster.apply(&redis("queue", "redis:7")).await?;
    eventually("its Work reports it, without a resync", 120, async || catalog.present(&key).await).await?;
    let by_work = |event: &crate::recorder::Recorded| {
        event.says("created", &key) && event.data["cause"]["type"].as_str().is_some_and(|ty| ty.contains(".ref."))
    };
    eventually("and nothing else did", 10, async || suite.recorder.find(mark, by_work)).await?;
    suite.grew("callboard_events_total", &changed, before).await?;
    suite.cluster.delete(&["redis.e2e.callboard.dev", "queue", "--namespace", SHOP])?;
    let tick = suite.tick().await?;
    eventually("the resync after its deletion removes it", 10, async || catalog.absent(&key).await).await?;
    let reported = suite.reported(&tick, "dev.callboard.catalog.resynced").await?;
    ensure!(reported.says("deleted", &key), "it is not said: {}", reported.data);
    Ok(())
}
