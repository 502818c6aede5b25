//! When nothing may be deleted, and when much may be only if a user says so.

use super::{
    adapter::{reported_again, scale},
    mesh,
    requests::{self, CACHE, cache, caches},
};
use crate::{
    eventually::eventually,
    recorder::Recorded,
    suite::{NAMESPACE, SHOP, Suite, app_key, cache_key, promise_key},
};
use anyhow::{Context, Result, ensure};

const HELD: &str = "dev.callboard.deletion.held";
const APPROVED: &str = "dev.callboard.deletion.approved";
const CLUSTER: &str = "state/entities/main/cluster.json";
const ANOTHER: &str = "00000000-0000-4000-8000-000000000000";
const SOURCE: &str = "e2e-callboard-dev";
const SAID: [&str; 2] = ["service=resync", "type=dev.callboard.deletion.held"];

/// The state says that another cluster filled the bucket.
pub(crate) async fn another_cluster(suite: &Suite) -> Result<()> {
    let catalog = suite.catalog()?;
    let system = suite.cluster.get(&["namespace", "kube-system"])?;
    let uid = system["metadata"]["uid"].as_str().context("kube-system has no uid")?;
    // Two entities are missing, and one is of an object that is gone.
    let (missing, orphan) = (app_key("cart"), cache_key("orphan"));
    let ours = mesh::key("eventing.knative.dev", "eventtype", NAMESPACE, "dev.callboard.app.cataloged");
    reported_again(suite, |title| cache("orphan", &title), &orphan).await?;
    scale(suite, SOURCE, 0).await?;
    suite.cluster.delete(&["caches.e2e.callboard.dev", "orphan", "--namespace", SHOP])?;
    catalog.delete(&missing).await?;
    catalog.delete(&ours).await?;

    let state = catalog.text(CLUSTER).await?;
    ensure!(state.contains(uid), "{CLUSTER} does not hold {uid}: {state}");
    catalog.put(CLUSTER, &state.replace(uid, ANOTHER)).await?;
    let (before, said) = (catalog.promised().await?, suite.count("callboard_sink_total", &SAID[1..]));
    let tick = suite.tick().await?;
    ensure!(catalog.promised().await? == before, "the bucket was changed");
    catalog.absent(&ours).await.context("mesh wrote")?;
    let held = |event: &Recorded| event.ty() == HELD && event.data["id"] == uid;
    // By whichever of the two functions that compare was faster.
    eventually("it is said that all is held", 10, async || suite.recorder.find(tick.mark(), held)).await?;
    suite.grew("callboard_sink_total", &SAID[1..], said).await?;

    suite.send(APPROVED, &format!("{{\"id\":\"{uid}\"}}")).await?;
    eventually("a user approves", 60, async || catalog.contains(CLUSTER, uid).await).await?;
    for missing in [&missing, &ours] {
        eventually("what was missing is there", 60, async || catalog.present(missing).await).await?;
    }
    eventually("what was too much is deleted", 10, async || catalog.absent(&orphan).await).await?;
    scale(suite, SOURCE, 1).await
}

/// The source is stopped, because otherwise it would report each deletion. Twelve are above the threshold, three are not.
pub(crate) async fn definition(suite: &Suite) -> Result<()> {
    let catalog = suite.catalog()?;
    scale(suite, SOURCE, 0).await?;
    deleted(suite, 3).await?;
    suite.tick().await?;
    are(suite, 0).await?;

    requests::promise(suite, CACHE, "cache").await?;
    deleted(suite, 12).await?;
    let said = suite.count("callboard_sink_total", &SAID);
    let tick = suite.tick().await?;
    ensure!(many(suite).await? == 12, "some were deleted without approval");
    let asked = |event: &Recorded| event.ty() == HELD;
    let held = eventually("they are held", 10, async || suite.recorder.find(tick.mark(), asked)).await?;
    suite.grew("callboard_sink_total", &SAID, said).await?;
    let id = held.data["id"].as_str().context("it has no id")?;
    suite.send(APPROVED, &format!("{{\"id\":\"{id}\"}}")).await?;
    eventually("a user approves", 60, async || {
        let left = many(suite).await?;
        ensure!(left == 0, "{left} are left");
        Ok(())
    })
    .await?;
    eventually("the Promise's own entities are gone", 30, async || catalog.absent(&promise_key("cache")).await).await?;
    requests::promise(suite, CACHE, "cache").await?;
    scale(suite, SOURCE, 1).await?;
    reported_again(suite, |title| cache("pages", &title), &cache_key("pages")).await
}

/// So many Caches, cataloged by a tick, whose definition Kratix then deletes with its Promise.
async fn deleted(suite: &Suite, number: usize) -> Result<()> {
    suite.cluster.apply(&caches("many", 0..number, "")).await?;
    suite.tick().await?;
    // A busy API server serves the definition that Kratix has just made late. The run says so, and comes back.
    are(suite, number).await?;
    suite.cluster.delete(&["promise", "cache"])?;
    let definition = suite.cluster.get(&["crd", "caches.e2e.callboard.dev"])?;
    ensure!(definition.is_null(), "Kratix left the definition");
    Ok(())
}

/// Waits until the bucket holds so many of them.
async fn are(suite: &Suite, number: usize) -> Result<()> {
    eventually(&format!("the bucket holds {number} requests after the tick"), 20, async || {
        let found = many(suite).await?;
        ensure!(found == number, "it holds {found}");
        Ok(())
    })
    .await
}

async fn many(suite: &Suite) -> Result<usize> {
    Ok(suite.catalog()?.keys(&cache_key("many").replace(".yaml", "-")).await?.len())
}
