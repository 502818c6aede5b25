//! What `mesh` may read, and what becomes of the catalog when it may not.

use super::{EVENTING, event_type, key, repair::reported_again};
use crate::{
    eventually::eventually,
    scenarios::{adapter::scale, install::quiet},
    suite::{NAMESPACE, SHOP, Suite},
};
use anyhow::{Context, Result, ensure};
use serde_json::Value;

const ROLE: &str = "callboard-mesh";
const ACCOUNT: &str = "--as=system:serviceaccount:callboard:callboard-mesh";

/// It may no longer read Triggers: their entities stay, and the rest goes on.
pub(crate) async fn taken(suite: &Suite) -> Result<()> {
    for (kind, wanted) in [
        ("triggers.eventing.knative.dev", "yes"),
        ("services.serving.knative.dev", "yes"),
        ("kafkasources.sources.knative.dev", "no"),
        ("secrets", "no"),
        ("configmaps", "no"),
        ("pods", "no"),
    ] {
        may_list(suite, kind, wanted).await?;
    }
    let catalog = suite.catalog()?;
    let (orphan, missing) = (key(EVENTING, "trigger", SHOP, "orphan"), key(EVENTING, "eventtype", SHOP, "kept"));
    suite.cluster.apply(&[TRIGGER, &event_type(SHOP, "kept", "")].concat()).await?;
    for key in [&orphan, &missing] {
        eventually("it is there", 10, async || catalog.present(key).await).await?;
    }
    scale(suite, "mesh", 0).await?;
    suite.cluster.delete(&["trigger", "orphan", "--namespace", SHOP])?;
    catalog.delete(&missing).await?;
    without_triggers(suite)?;
    may_list(suite, "triggers.eventing.knative.dev", "no").await?;
    let tick = suite.tick().await?;
    let ours = key(EVENTING, "trigger", NAMESPACE, "mesh");
    for key in [&orphan, &ours] {
        catalog.present(key).await.context("a kind that may not be read lost an entity")?;
    }
    catalog.present(&missing).await.context("the other kinds did not go on")?;
    let drifted = suite.reported_by("mesh", &tick, "dev.callboard.catalog.drifted").await?.data.to_string();
    ensure!(
        drifted.contains("trigger.eventing.knative.dev"),
        "it is not said that Triggers may not be read: {drifted}"
    );
    quiet(suite).await?;
    may_list(suite, "triggers.eventing.knative.dev", "yes").await?;
    suite.tick().await?;
    catalog.absent(&orphan).await.context("with the right back, the tick did not take the orphan away")?;
    scale(suite, "mesh", 1).await?;
    reported_again(suite).await?;
    suite.cluster.delete(&["eventtype", "kept", "--namespace", SHOP])?;
    eventually("it goes", 30, async || catalog.absent(&missing).await).await
}

fn without_triggers(suite: &Suite) -> Result<()> {
    let mut role = suite.cluster.get(&["clusterrole", ROLE])?;
    for rule in role["rules"].as_array_mut().into_iter().flatten() {
        if let Some(resources) = rule["resources"].as_array_mut() {
            resources.retain(|resource| resource != "triggers");
        }
    }
    let rules: Value = serde_json::json!({"rules": role["rules"]});
    suite.cluster.patch(&[&format!("clusterrole/{ROLE}")], &rules)
}

async fn may_list(suite: &Suite, kind: &str, wanted: &str) -> Result<()> {
    eventually(&format!("whether mesh may list {kind}: {wanted}"), 30, async || {
        let ask = ["auth", "can-i", "list", kind, "--all-namespaces", ACCOUNT];
        // It ends with 1 where the answer is no.
        let said = suite.cluster.kubectl(&ask).map_or("no", |_| "yes");
        ensure!(said == wanted, "{said}");
        Ok(())
    })
    .await
}

const TRIGGER: &str = "\
---
apiVersion: eventing.knative.dev/v1
kind: Trigger
metadata: {name: orphan, namespace: shop}
spec: {broker: nowhere, subscriber: {uri: 'http://nobody.invalid/'}}
";
