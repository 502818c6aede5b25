//! What an event mesh looks like in Backstage.

use super::{mirrors, relates};
use crate::{
    backstage::{Backstage, related},
    eventually::eventually,
    scenarios::mesh::payments,
    suite::Suite,
};
use anyhow::{Context, Result, ensure};

const RECEIVED: &str = "api:payments/payments.received";
const BROKER: &str = "component:payments/broker-default";
const GATEWAY: &str = "component:payments/containersource-gateway";
const LEDGER: &str = "component:payments/service-ledger";
const PROCESSOR: &str = "component:payments/trigger-processor";
const SYSTEM: &str = "system:default/namespace-payments";

/// Who provides and who consumes an EventType, by which Trigger, and its AsyncAPI.
pub(crate) async fn shown(suite: &Suite) -> Result<()> {
    let backstage = Backstage::new()?;
    payments::apply(suite).await?;
    eventually("its API is there", 10, async || backstage.present(RECEIVED).await).await?;
    relates(&backstage, RECEIVED, "apiProvidedBy", &[BROKER, GATEWAY]).await?;
    relates(&backstage, RECEIVED, "apiConsumedBy", &[LEDGER, PROCESSOR]).await?;
    let received = backstage.present(RECEIVED).await?;
    let consumers = related(&received, "apiConsumedBy");
    ensure!(!consumers.iter().any(|it| it.contains("trigger-ledger")), "ledger is there twice: {consumers:#?}");
    relates(&backstage, RECEIVED, "partOf", &[SYSTEM]).await?;
    relates(&backstage, PROCESSOR, "dependsOn", &[BROKER]).await?;
    relates(&backstage, PROCESSOR, "dependencyOf", &["component:payments/processor"]).await?;
    relates(&backstage, SYSTEM, "hasPart", &[BROKER, GATEWAY, LEDGER, PROCESSOR, RECEIVED]).await?;
    let api = backstage.present(RECEIVED).await?;
    let definition = api["spec"]["definition"].as_str().context("the API has no definition")?;
    ensure!(api["spec"]["type"] == "asyncapi" && definition.starts_with("asyncapi: \"3.0.0\""), "{api:#}");
    ensure!(definition.contains("payments.received"), "the AsyncAPI does not name its event: {definition}");
    mirrors(suite, &backstage, 30).await.map(drop)
}
