//! The lives of an App and of a Promise, seen in the bucket, in the replies and in the metrics.

use super::requests::{self, QUEUE, app, deployed};
use crate::{
    eventually::eventually,
    suite::{SHOP, Suite, app_key, promise_key},
};
use anyhow::{Result, ensure};

pub(crate) async fn app_life(suite: &Suite) -> Result<()> {
    let (catalog, mark, key) = (suite.catalog()?, suite.recorder.mark(), app_key("hello"));
    let before = changed(suite, "apps");
    suite.cluster.apply(&app("hello", "nginx:1")).await?;
    eventually("it is there before its pipeline has run", 10, async || catalog.contains(&key, "name: app-hello").await)
        .await?;
    reported(suite, mark, "dev.callboard.app.cataloged", "created", &key).await?;
    deployed(suite, "hello", "nginx:1").await?;
    let text =
        eventually("it is reconciled", 60, async || catalog.contains(&key, "callboard.dev/state: reconciled").await)
            .await?;
    for part in ["kind: Component", "http://hello.local.gd:8080", "owner: group:default/platform", "app-promise-api"] {
        ensure!(text.contains(part), "its entity lacks {part:?}:\n{text}");
    }
    suite.cluster.apply(&app("hello", "nginx:2")).await?;
    let annotate =
        ["annotate", "apps.marketplace.kratix.io", "hello", "--namespace", SHOP, "callboard.dev/title=Changed"];
    suite.cluster.kubectl(&annotate)?;
    eventually("the change is there", 10, async || catalog.contains(&key, "title: Changed").await).await?;
    reported(suite, mark, "dev.callboard.app.cataloged", "updated", &key).await?;
    deployed(suite, "hello", "nginx:2").await?;
    suite.cluster.delete(&["apps.marketplace.kratix.io", "hello", "--namespace", SHOP])?;
    eventually("it is gone from the bucket", 10, async || catalog.absent(&key).await).await?;
    reported(suite, mark, "dev.callboard.app.cataloged", "deleted", &key).await?;
    counted(suite, "apps", before + 3.0).await
}

pub(crate) async fn promise_life(suite: &Suite) -> Result<()> {
    let (catalog, mark, key) = (suite.catalog()?, suite.recorder.mark(), promise_key("queue"));
    let before = changed(suite, "promises");
    requests::promise(suite, &QUEUE.replace("DESCRIPTION", "First"), "queue").await?;
    let text = eventually("it is there", 10, async || catalog.contains(&key, "description: First").await).await?;
    for part in ["kind: Component", "kind: API", "kind: Template", "queue-promise-template"] {
        ensure!(text.contains(part), "its entities lack {part:?}:\n{text}");
    }
    reported(suite, mark, "dev.callboard.promise.cataloged", "created", &key).await?;
    suite.cluster.apply(&QUEUE.replace("DESCRIPTION", "Second")).await?;
    eventually("the change is there", 10, async || catalog.contains(&key, "description: Second").await).await?;
    reported(suite, mark, "dev.callboard.promise.cataloged", "updated", &key).await?;
    suite.cluster.delete(&["promise", "queue"])?;
    let definition = suite.cluster.get(&["crd", "queues.queues.e2e.callboard.dev"])?;
    ensure!(definition.is_null(), "Kratix left its definition");
    eventually("it is gone from the bucket", 10, async || catalog.absent(&key).await).await?;
    reported(suite, mark, "dev.callboard.promise.cataloged", "deleted", &key).await?;
    counted(suite, "promises", before + 3.0).await
}

async fn reported(suite: &Suite, mark: usize, ty: &str, action: &str, key: &str) -> Result<()> {
    let asked = |event: &crate::recorder::Recorded| event.ty() == ty && event.says(action, key);
    eventually(&format!("{ty} says that {key} was {action}"), 10, async || suite.recorder.find(mark, asked)).await?;
    Ok(())
}

fn changed(suite: &Suite, function: &str) -> f64 {
    let function = format!("function={function}");
    suite.metrics.total("callboard_events_total", &[&function, "verdict=changed"]).count
}

async fn counted(suite: &Suite, function: &str, least: f64) -> Result<()> {
    eventually(&format!("{function} counts what it changed"), 10, async || {
        let now = changed(suite, function);
        ensure!(now >= least, "{now} instead of {least} or more:\n{}", suite.metrics.dump("callboard_events_total"));
        Ok(())
    })
    .await
}
