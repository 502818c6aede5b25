//! A kind that the API server cannot list, because its conversion webhook says nothing.

use super::requests::cache;
use crate::{
    eventually::eventually,
    suite::{NAMESPACE, SHOP, Suite, cache_key},
};
use anyhow::{Context, Result, ensure};
use serde_json::json;
use tokio::net::TcpListener;

const DEFINITION: &str = "crd/slows.slow.e2e.callboard.dev";
const OBJECT: &str = "---\napiVersion: slow.e2e.callboard.dev/v1\nkind: Slow\nmetadata: {name: one, namespace: shop}\n";
const PORT: u16 = 28_443;

/// One run: the kind is degraded, and what is wrong with the others is repaired. `doctor` names the kind.
pub(crate) async fn degraded(suite: &Suite) -> Result<()> {
    let (catalog, key) = (suite.catalog()?, cache_key("neighbour"));
    suite.cluster.apply(&cache("neighbour", "Next to it")).await?;
    eventually("its neighbour is there", 30, async || catalog.present(&key).await).await?;
    suite.cluster.apply(include_str!("../fixtures/slow.yaml")).await?;
    suite.cluster.apply(OBJECT).await?;

    let silent = TcpListener::bind(("0.0.0.0", PORT)).await?;
    let webhook = tokio::spawn(async move {
        let mut open = Vec::new();
        while let Ok((connection, _)) = silent.accept().await {
            open.push(connection);
        }
    });
    let client = json!({"url": suite.filled(&format!("https://SUITE_HOST:{PORT}/convert"))});
    let webhook_of =
        json!({"strategy": "Webhook", "webhook": {"clientConfig": client, "conversionReviewVersions": ["v1"]}});
    suite.cluster.patch(&[DEFINITION], &json!({"spec": {"conversion": webhook_of}}))?;
    let found = found(suite, &key).await;
    suite.cluster.patch(&[DEFINITION], &json!({"spec": {"conversion": {"strategy": "None", "webhook": null}}}))?;
    webhook.abort();
    suite.cluster.delete(&["apiserversource", "slow", "--namespace", NAMESPACE])?;
    suite.cluster.delete(&[DEFINITION, "clusterrole/e2e-slow", "clusterrolebinding/e2e-slow"])?;
    found?;
    suite.cluster.delete(&["caches.e2e.callboard.dev", "neighbour", "--namespace", SHOP])?;
    eventually("its neighbour goes", 30, async || catalog.absent(&key).await).await
}

async fn found(suite: &Suite, key: &str) -> Result<()> {
    let catalog = suite.catalog()?;
    eventually("the API server does not list it", 90, async || {
        let listed = suite.cluster.kubectl(&[
            "get",
            "slows.v2.slow.e2e.callboard.dev",
            "--all-namespaces",
            "--request-timeout=3s",
        ]);
        ensure!(listed.is_err(), "it does: {listed:?}");
        Ok(())
    })
    .await?;
    catalog.delete(key).await?;
    let tick = suite.tick().await?;
    catalog.present(key).await.context("the other kinds did not go on")?;
    let resynced = suite.reported(&tick, "dev.callboard.catalog.resynced").await?;
    let degraded = resynced.data["degraded"].to_string();
    ensure!(degraded.contains("slow.slow.e2e.callboard.dev"), "degraded: {degraded}");
    let Err(said) = suite.callboard("doctor") else { anyhow::bail!("doctor finds nothing") };
    let said = format!("{said:#}");
    ensure!(said.contains("answer for slow.slow.e2e.callboard.dev"), "doctor does not name it: {said}");
    Ok(())
}
