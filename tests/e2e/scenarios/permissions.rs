//! What is not allowed, and an API server that goes away.

use super::{
    adapter::{reported_again, scale},
    requests::titled_app,
};
use crate::{
    catalog::Catalog,
    eventually::eventually,
    recorder::Recorded,
    suite::{REQUESTED, SHOP, Suite, TICKED, app_key, cache_key},
};
use anyhow::{Context, Result, ensure};
use std::{collections::BTreeSet, env, process::Command, time::Duration};

const ROLE: &str = "callboard-functions-marketplace-kratix-io";
const LABEL: &str = "callboard.dev/aggregate-to-functions";
const SOURCE: &str = "marketplace-kratix-io";

/// The functions may no longer read Apps; then the API server is started again.
pub(crate) async fn taken(suite: &Suite) -> Result<()> {
    let catalog = suite.catalog()?;
    // One that a resync which may list Apps takes away, and one of another kind that it writes.
    let (orphan, missing) = (app_key("cart"), cache_key("pages"));
    scale(suite, SOURCE, 0).await?;
    suite.cluster.delete(&["apps.marketplace.kratix.io", "cart", "--namespace", SHOP])?;
    catalog.delete(&missing).await?;
    suite.cluster.kubectl(&["label", "clusterrole", ROLE, &format!("{LABEL}-")])?;
    may_list(suite, "no").await?;
    let tick = suite.tick().await?;
    for key in [&app_key("todo"), &orphan] {
        catalog.present(key).await.context("a kind that may not be read lost an entity")?;
    }
    catalog.present(&missing).await.context("the other kinds did not go on")?;
    let reported = suite.reported(&tick, "dev.callboard.catalog.resynced").await?;
    let degraded = reported.data["degraded"].to_string();
    ensure!(degraded.contains("app.marketplace.kratix.io"), "degraded: {degraded}");
    suite.cluster.kubectl(&["label", "clusterrole", ROLE, &format!("{LABEL}=true")])?;
    may_list(suite, "yes").await?;
    suite.tick().await?;
    catalog.absent(&orphan).await.context("with the right back, the tick did not take the orphan away")?;
    scale(suite, SOURCE, 1).await?;
    let again = |title: String| titled_app("cart", "nginx:1", &title);
    reported_again(suite, again, &orphan).await?;
    restarted(suite).await
}

/// Only where the suite was told how: `CALLBOARD_E2E_RESTART_API` is a command.
async fn restarted(suite: &Suite) -> Result<()> {
    let Ok(command) = env::var("CALLBOARD_E2E_RESTART_API") else {
        println!("not shown: a restart of the API server, for CALLBOARD_E2E_RESTART_API is not set");
        return Ok(());
    };
    let catalog = suite.catalog()?;
    // It also wakes resync, which is not possible without an API server.
    suite.tick().await?;
    let (before, mark) = (keys(&catalog).await?, suite.recorder.mark());
    let (ticks, retry) = (TICKED.map(|function| suite.ticks(function)), ["service=resync", "verdict=retry"]);
    let (retried, broker) = (suite.count("callboard_events_total", &retry), suite.broker()?);
    let mut restart = Command::new("sh").args(["-c", &command]).spawn()?;
    let mut sent = 0;
    let mut clock = tokio::time::interval(Duration::from_millis(500));
    while restart.try_wait()?.is_none() || suite.cluster.kubectl(&["get", "--raw=/readyz"]).is_err() {
        clock.tick().await;
        sent += 1;
        suite.send_to(&broker, REQUESTED, "{}").await?;
        ensure!(sent < 200, "the API server does not come back");
    }
    ensure!(restart.wait()?.success(), "{command} failed");
    for (function, before) in TICKED.into_iter().zip(&ticks) {
        let answered = async || suite.ticked(function, before, sent);
        eventually(&format!("{function} has answered each of them"), 120, answered).await?;
    }
    suite.grew("callboard_events_total", &retry, retried).await.context("no tick met an absent API server")?;
    let after = keys(&catalog).await?;
    ensure!(after == before, "{before:#?} became {after:#?}");
    let deleted = |event: &Recorded| event.data["changes"].to_string().contains("\"deleted\"");
    ensure!(suite.recorder.find(mark, deleted).is_err(), "something was deleted");
    suite.tick().await?;
    let after = keys(&catalog).await?;
    ensure!(after == before, "{before:#?} became {after:#?} after one more tick");
    Ok(())
}

async fn keys(catalog: &Catalog) -> Result<BTreeSet<String>> {
    Ok(catalog.promised().await?.into_keys().collect())
}

async fn may_list(suite: &Suite, wanted: &str) -> Result<()> {
    eventually(&format!("whether resync may list Apps: {wanted}"), 30, async || {
        let account = "--as=system:serviceaccount:callboard:callboard-resync";
        let ask = ["auth", "can-i", "list", "apps.marketplace.kratix.io", "--namespace", SHOP, account];
        // It ends with 1 where the answer is no.
        let said = suite.cluster.kubectl(&ask).map_or("no", |_| "yes");
        ensure!(said == wanted, "{said}");
        Ok(())
    })
    .await
}
