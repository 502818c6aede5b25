//! Kratix's ResourceBinding, which names a request of any kind.

use super::requests::redis;
use crate::{
    eventually::eventually,
    recorder::Recorded,
    suite::{NAMESPACE, SHOP, Suite, key},
};
use anyhow::Result;

const CHANGED: [&str; 2] = ["service=apps", "verdict=changed"];

const DEFINITION: &str = include_str!("../fixtures/resource-binding.yaml");

/// The request's pipeline fails, so that there is no Work. Only the binding reports it.
pub(crate) async fn circle(suite: &Suite) -> Result<()> {
    suite.cluster.apply(DEFINITION).await?;
    // Its adapter began without the definition, and looks for it no more.
    let adapter = "--selector=eventing.knative.dev/sourceName=resource-bindings";
    suite.cluster.delete(&["pods", adapter, "--namespace", NAMESPACE])?;
    suite.cluster.ready(60, &["pods", adapter, "--namespace", NAMESPACE]).await?;

    let (catalog, key) = (suite.catalog()?, key("e2e.callboard.dev", "redis", "bound"));
    let mark = suite.recorder.mark();
    suite.cluster.apply(&redis("bound", "fail")).await?;
    let binding = format!(
        "apiVersion: platform.kratix.io/v1alpha1\nkind: ResourceBinding\nmetadata: {{name: redis-bound-1, namespace: {SHOP}}}\n\
         spec: {{version: v1.0.0, promiseRef: {{name: redis}}, resourceRef: {{name: bound, namespace: {SHOP}}}}}"
    );
    suite.cluster.apply(&binding).await?;
    let (before, mut times) = (suite.count("callboard_events_total", &CHANGED), 0);
    eventually("the binding leads to its request", 60, async || {
        // At its start the adapter does not report what it finds.
        times += 1;
        let touch = format!("e2e/times={times}");
        let annotate = ["annotate", "--overwrite", "resourcebindings.platform.kratix.io", "redis-bound-1", &touch];
        suite.cluster.kubectl(&[&annotate[..], &["--namespace", SHOP]].concat())?;
        catalog.present(&key).await
    })
    .await?;
    suite.grew("callboard_events_total", &CHANGED, before).await?;
    let by_binding = |event: &Recorded| event.says("created", &key);
    eventually("and the reply says so", 10, async || suite.recorder.find(mark, by_binding)).await?;
    suite.cluster.delete(&["redis.e2e.callboard.dev", "bound", "--namespace", SHOP])?;
    suite.cluster.delete(&["resourcebindings.platform.kratix.io", "redis-bound-1", "--namespace", SHOP])?;
    eventually("and away from it", 30, async || catalog.absent(&key).await).await
}
