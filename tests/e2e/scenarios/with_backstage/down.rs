//! Backstage is down for a while.

use super::{cache_ref, mirrors};
use crate::{
    backstage::Backstage,
    eventually::eventually,
    scenarios::{
        functions::removed,
        mesh,
        requests::{cache, caches},
    },
    suite::{NAMESPACE, SHOP, Suite, cache_key},
};
use anyhow::{Context, Result, ensure};
use chrono::Utc;
use std::time::Instant;

/// Nobody waits for it, and one tick makes up for it.
pub(crate) async fn made_good(suite: &Suite) -> Result<()> {
    let (backstage, catalog) = (Backstage::new()?, suite.catalog()?);
    suite.cluster.apply(&caches("kept", 0..20, "Before")).await?;
    eventually("they show", 30, async || backstage.titled(&cache_ref("kept-19"), "Before").await).await?;
    let up = to_bucket(suite, "Up").await?;

    Backstage::stop()?;
    let retried = ["service=refresh", "verdict=retry"];
    let before = suite.count("callboard_events_total", &retried);
    let down = to_bucket(suite, "Down").await?;
    println!("kubectl apply -> object in the bucket, p50: {up:.0} ms, and {down:.0} ms without Backstage");
    ensure!(down < up + 1000.0, "a Backstage that is down holds up the other functions");
    suite.cluster.apply(&caches("kept", 20..25, "New")).await?;
    let delete = ["caches.e2e.callboard.dev", "kept-0", "kept-1", "--namespace", SHOP];
    suite.cluster.delete(&delete)?;
    let describe = ["annotate", "--overwrite", "trigger", "apps", "callboard.dev/title=Without Backstage"];
    suite.cluster.kubectl(&[&describe[..], &["--namespace", NAMESPACE]].concat())?;
    let trigger = mesh::key("eventing.knative.dev", "trigger", NAMESPACE, "apps");
    eventually("the mesh goes on", 10, async || catalog.contains(&trigger, "Without Backstage").await).await?;
    eventually("and so does the bucket", 10, async || {
        catalog.present(&cache_key("kept-24")).await?;
        catalog.absent(&cache_key("kept-1")).await
    })
    .await?;
    suite.grew("callboard_events_total", &retried, before).await.context("refresh does not ask for a retry")?;

    Backstage::start(&[])?;
    suite.tick().await?;
    let began = Instant::now();
    let count = mirrors(suite, &backstage, 30).await.context("one tick does not show all")?;
    println!("{count} entities show {:.1} s after the tick", began.elapsed().as_secs_f64());
    backstage.titled("component:callboard/trigger-apps", "Without Backstage").await?;
    backstage.titled(&cache_ref("kept-24"), "New").await?;
    backstage.absent(&cache_ref("kept-1")).await?;
    removed(suite, "kept").await?;
    suite.cluster.kubectl(&["annotate", "trigger", "apps", "callboard.dev/title-", "--namespace", NAMESPACE])?;
    mirrors(suite, &backstage, 30).await.map(drop)
}

/// Milliseconds at p50 from kubectl to the bucket, of 15 changes that follow one another.
async fn to_bucket(suite: &Suite, title: &str) -> Result<f64> {
    let catalog = suite.catalog()?;
    let mut times = Vec::new();
    for number in 2..17 {
        let (name, began) = (format!("kept-{number}"), Utc::now());
        suite.cluster.apply(&cache(&name, title)).await?;
        eventually("it is in the bucket", 10, async || catalog.contains(&cache_key(&name), title).await).await?;
        times.push((Utc::now() - began).as_seconds_f64() * 1e3);
    }
    times.sort_by(f64::total_cmp);
    Ok(times[times.len() / 2])
}
