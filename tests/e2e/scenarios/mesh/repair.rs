//! The function `mesh` is restarted, or misses events.

use super::{EVENTING, event_type, key};
use crate::{
    cluster::condition,
    eventually::eventually,
    recorder::Recorded,
    scenarios::adapter::scale,
    suite::{NAMESPACE, SHOP, Suite},
};
use anyhow::{Result, ensure};

const PODS: [&str; 4] = ["pods", "--selector=serving.knative.dev/service=mesh", "--namespace", NAMESPACE];

/// A new process compares its index with the bucket, and rewrites nothing.
pub(crate) async fn restarted(suite: &Suite) -> Result<()> {
    let catalog = suite.catalog()?;
    suite.tick().await?;
    let before = catalog.causes("entities/").await?;
    suite.cluster.delete(&[&PODS[..], &["--force", "--grace-period=0"]].concat())?;
    eventually("another process is ready", 60, async || {
        let pods = suite.cluster.list(&PODS)?;
        ensure!(pods.len() == 1 && condition(&pods[0], "Ready")["status"] == "True", "{} pods", pods.len());
        Ok(())
    })
    .await?;
    suite.tick().await?;
    let after = catalog.causes("entities/").await?;
    let changed: Vec<_> = before.iter().filter(|(key, cause)| after.get(*key) != Some(cause)).collect();
    ensure!(changed.is_empty() && after.len() == before.len(), "{changed:#?}, {} became {}", before.len(), after.len());
    Ok(())
}

/// While the source is down, EventTypes come, change and go, and somebody deletes a file; one tick finds it all.
pub(crate) async fn missed(suite: &Suite) -> Result<()> {
    let (catalog, of) = (suite.catalog()?, |name: &str| key(EVENTING, "eventtype", SHOP, name));
    let trigger = key(EVENTING, "trigger", NAMESPACE, "mesh");
    suite.cluster.apply(&[event_type(SHOP, "kept", "Before"), event_type(SHOP, "dropped", "")].concat()).await?;
    for name in ["kept", "dropped"] {
        eventually("EventTypes are there", 10, async || catalog.present(&of(name)).await).await?;
    }
    suite.tick().await?;
    scale(suite, "mesh", 0).await?;
    suite.cluster.apply(&[event_type(SHOP, "kept", "After"), event_type(SHOP, "missed", "")].concat()).await?;
    suite.cluster.delete(&["eventtype", "dropped", "--namespace", SHOP])?;
    catalog.delete(&trigger).await?;
    let tick = suite.tick().await?;
    catalog.contains(&of("kept"), "description: After").await?;
    catalog.present(&of("missed")).await?;
    catalog.present(&trigger).await?;
    catalog.absent(&of("dropped")).await?;
    let drifted = suite.reported_by("mesh", &tick, "dev.callboard.catalog.drifted").await?;
    let counts = &drifted.data["counts"];
    for (reason, least) in [("missing", 2), ("outdated", 1), ("orphan", 1)] {
        ensure!(counts[reason].as_u64().is_some_and(|count| count >= least), "{least} {reason} expected: {counts}");
    }
    let repaired = |event: &Recorded| event.is_of("mesh") && event.says("created", &of("missed"));
    eventually("and the repair is reported", 10, async || suite.recorder.find(tick.mark(), repaired)).await?;
    scale(suite, "mesh", 1).await?;
    reported_again(suite).await?;
    for name in ["kept", "missed"] {
        eventually("and of deletions", 30, async || {
            suite.cluster.delete(&["eventtype", name, "--namespace", SHOP])?;
            catalog.absent(&of(name)).await
        })
        .await?;
    }
    Ok(())
}

/// Changes an EventType until the source reports it. At its start a source does not report what it finds.
pub(super) async fn reported_again(suite: &Suite) -> Result<()> {
    suite.cluster.ready(60, &["apiserversource", "mesh", "--namespace", NAMESPACE]).await?;
    let (catalog, key, mut times) = (suite.catalog()?, key(EVENTING, "eventtype", SHOP, "kept"), 0);
    eventually("the source reports changes again", 60, async || {
        times += 1;
        suite.cluster.apply(&event_type(SHOP, "kept", &format!("Change {times}"))).await?;
        catalog.contains(&key, "description: Change").await
    })
    .await
    .map(drop)
}
