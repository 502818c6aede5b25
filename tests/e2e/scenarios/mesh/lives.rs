//! The payment example is changed, moved and deleted.

use super::{
    EVENTING,
    consumers::{ALL, FLAGGED, PROCESSED, RECEIVED, consumer},
    key,
    payments::{self, BROKER, event_type_key, ledger_key, trigger_key},
    refers,
};
use crate::{cluster::run, eventually::eventually, recorder::Recorded, suite::Suite};
use anyhow::{Context, Result};
use std::process::Command;

const BACKUP: &str = "component:payments/broker-backup";
const ARCHIVED: &str = "api:payments/payments.archived";

pub(crate) async fn of_payments(suite: &Suite) -> Result<()> {
    payments::apply(suite).await?;
    changed(suite).await?;
    moved(suite).await?;
    deleted(suite).await?;
    payments::delete(suite).await
}

async fn changed(suite: &Suite) -> Result<()> {
    let (catalog, mark) = (suite.catalog()?, suite.recorder.mark());
    let description = r#"--patch={"spec": {"description": "Money came in"}}"#;
    let patch = ["patch", "eventtype", "payments.received", "--namespace", "payments", "--type=merge", description];
    suite.cluster.kubectl(&patch)?;
    let api = event_type_key("payments.received");
    eventually("the description", 10, async || catalog.contains(&api, "description: Money came in.").await).await?;

    let (trigger, key) = (consumer("ledger-processed").context("it is there")?, trigger_key("ledger-processed"));
    let flagged = "filter: {attributes: {type: payments.flagged}}";
    suite.cluster.apply(&trigger.trigger(suite, "default", flagged)).await?;
    refers(suite, &key, "dependsOn", &[BROKER]).await?;
    refers(suite, &ledger_key(), "consumesApis", &[RECEIVED, FLAGGED]).await?;
    let both =
        |event: &Recorded| event.is_of("mesh") && event.says("updated", &key) && event.says("updated", &ledger_key());
    eventually("one event names all that changed", 10, async || suite.recorder.find(mark, both)).await?;

    let label = [
        "label",
        "service",
        "processor",
        "--namespace",
        "payments",
        "--overwrite",
        "backstage.io/kubernetes-id=clearing",
    ];
    suite.cluster.kubectl(&label)?;
    refers(suite, &trigger_key("processor"), "dependencyOf", &["component:default/clearing"]).await
}

/// The Broker of a Trigger cannot be changed. The Trigger is deleted and made again.
async fn moved(suite: &Suite) -> Result<()> {
    let trigger = consumer("ledger-processed").context("it is there")?.trigger(suite, "backup", "");
    let replace = ["replace", "--force", "--filename=-"];
    run(Command::new("kubectl").args(replace), &trigger)?;
    refers(suite, &trigger_key("ledger-processed"), "dependsOn", &[BACKUP]).await?;
    refers(suite, &ledger_key(), "consumesApis", &[RECEIVED, ARCHIVED]).await
}

async fn deleted(suite: &Suite) -> Result<()> {
    let (catalog, namespace) = (suite.catalog()?, ["--namespace", "payments"]);
    suite.cluster.delete(&[&["eventtype", "payments.flagged"][..], &namespace].concat())?;
    eventually("its API is gone", 10, async || catalog.absent(&event_type_key("payments.flagged")).await).await?;
    refers(suite, &key(EVENTING, "broker", "payments", "default"), "providesApis", &[RECEIVED, PROCESSED]).await?;
    refers(suite, &trigger_key("audit"), "consumesApis", &[RECEIVED, PROCESSED]).await?;
    refers(suite, &trigger_key("external"), "consumesApis", &[]).await?;

    suite.cluster.delete(&[&["trigger", "ledger-processed"][..], &namespace].concat())?;
    eventually("its Component is gone", 10, async || catalog.absent(&trigger_key("ledger-processed")).await).await?;
    refers(suite, &ledger_key(), "consumesApis", &[RECEIVED]).await?;

    // What comes back before its Triggers do, and a Broker that goes before them.
    let fixture = suite.filled(include_str!("../../fixtures/payments.yaml"));
    suite.cluster.apply(&fixture).await?;
    refers(suite, &trigger_key("audit"), "consumesApis", ALL).await?;
    suite.cluster.delete(&[&["broker", "default"][..], &namespace].concat())?;
    refers(suite, &trigger_key("audit"), "dependsOn", &[]).await?;
    refers(suite, &trigger_key("audit"), "consumesApis", &[]).await?;
    refers(suite, &ledger_key(), "consumesApis", &[]).await
}
