//! What `kn event send` really sends, to the Broker.

use super::mesh;
use crate::{
    catalog::Catalog,
    eventually::eventually,
    http::{self, Target},
    recorder::Recorded,
    suite::{REQUESTED, SHOP, Suite, TICKED, app_key, promise_key},
};
use anyhow::{Context, Result, ensure};
use chrono::Utc;
use serde_json::{Value, json};

/// Captured from kn 1.21.
const SENT: &str = include_str!("../../fixtures/captures/kn-event/01-send-fields.http");

/// The same request with another type and other fields reaches each function; kn sets neither extensions nor a subject.
pub(crate) async fn through_the_broker(suite: &Suite) -> Result<()> {
    let (catalog, mark, broker) = (suite.catalog()?, suite.recorder.mark(), suite.broker()?);
    ensure!(http::replay(&broker, SENT).await? == 202, "the Broker refused the capture as it is");
    let fixed = |event: &Recorded| event.attribute("id") == "fixed-2";
    let event =
        eventually("the capture comes out of the Broker", 10, async || suite.recorder.find(mark, fixed)).await?;
    ensure!(event.data == json!({"app": {"id": "003", "name": "todo", "replicas": 3}}), "{}", event.data);

    let metadata = json!({"name": "ghost", "namespace": SHOP});
    let in_mesh = mesh::key("eventing.knative.dev", "eventtype", SHOP, "ghost");
    let app = json!({"apiVersion": "marketplace.kratix.io/v1", "kind": "app", "metadata": metadata, "spec": {"name": "ghost"}});
    let promise = json!({"apiVersion": "platform.kratix.io/v1alpha1", "kind": "Promise", "metadata": {"name": "ghost"}, "spec": {}});
    let event_type = json!({"apiVersion": "eventing.knative.dev/v1beta2", "kind": "EventType", "metadata": metadata, "spec": {"type": "ghost"}});
    let ghosts =
        [("apps", app, app_key("ghost")), ("promises", promise, promise_key("ghost")), ("mesh", event_type, in_mesh)];
    for (function, data, key) in &ghosts {
        let function = format!("service={function}");
        let changed = [&function, "verdict=changed", "type=dev.knative.apiserver.resource.add"];
        let before = suite.count("callboard_events_total", &changed);
        written(&catalog, &broker, data, key).await?;
        let says = |event: &Recorded| event.says("created", key);
        eventually("and says so", 10, async || suite.recorder.find(mark, says)).await?;
        suite.grew("callboard_events_total", &changed, before).await?;
    }
    let ticks = TICKED.map(|function| suite.ticks(function));
    ensure!(http::replay(&broker, &as_kn_sends(REQUESTED, &json!({}))?).await? == 202);
    for (_, _, key) in &ghosts {
        eventually("a tick finds that there is no such object", 60, async || catalog.absent(key).await).await?;
    }
    for (function, before) in TICKED.into_iter().zip(&ticks) {
        let counted = async || suite.ticked(function, before, 1);
        eventually(&format!("{function} counts the request"), 10, counted).await?;
    }
    Ok(())
}

/// Sends an object until its entity is written. A function that takes more than 10 s to wake up asks the cluster for the
/// object of such an old event, and there is none.
async fn written(catalog: &Catalog, broker: &Target, object: &Value, key: &str) -> Result<()> {
    let mut last = Ok(());
    for _ in 0..6 {
        ensure!(http::replay(broker, &as_kn_sends("dev.knative.apiserver.resource.add", object)?).await? == 202);
        last = eventually("the function writes what it gets", 10, async || catalog.present(key).await).await;
        if last.is_ok() {
            break;
        }
    }
    last
}

fn as_kn_sends(ty: &str, data: &Value) -> Result<String> {
    let (head, body) = SENT.split_once("\r\n\r\n").context("the capture has no end of its head")?;
    let data = data.to_string();
    let line = |line: &str| match line.split_once(": ") {
        Some(("Ce-Id", _)) => format!("Ce-Id: kn-{}", Utc::now().timestamp_micros()),
        Some(("Ce-Type", _)) => format!("Ce-Type: {ty}"),
        Some(("Ce-Time", _)) => format!("Ce-Time: {}", Utc::now().format("%Y-%m-%dT%H:%M:%S%.9fZ")),
        Some(("Content-Length", length)) if length == body.len().to_string() => {
            format!("Content-Length: {}", data.len())
        }
        _ => line.to_owned(),
    };
    let head: Vec<String> = head.split("\r\n").map(line).collect();
    Ok(format!("{}\r\n\r\n{data}", head.join("\r\n")))
}
