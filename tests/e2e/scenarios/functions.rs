//! The functions as processes: what they may do, and what happens when they are killed.

use super::{
    install::quiet,
    requests::{cache, caches},
};
use crate::{
    cluster::condition,
    eventually::eventually,
    suite::{NAMESPACE, SHOP, Suite, cache_key},
};
use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

const CHANGED: [&str; 2] = ["service=apps", "verdict=changed"];
const FUNCTIONS: [&str; 4] = ["apps", "promises", "mesh", "resync"];

/// Both what is asked for and what Kubernetes made of it.
pub(crate) async fn hardened(suite: &Suite) -> Result<()> {
    for function in FUNCTIONS {
        let service = suite.cluster.get(&["ksvc", function, "--namespace", NAMESPACE])?;
        let revision = service["status"]["latestReadyRevisionName"].as_str().context("no ready revision")?;
        let name = format!("{revision}-deployment");
        let deployment = suite.cluster.get(&["deployment", &name, "--namespace", NAMESPACE])?;
        let containers = deployment["spec"]["template"]["spec"]["containers"].as_array().cloned().unwrap_or_default();
        let ours = containers.iter().find(|container| container["name"] == "user-container");
        let ours = ours.with_context(|| format!("{function} has no container"))?;
        let security = &ours["securityContext"];
        for (field, wanted) in [
            ("readOnlyRootFilesystem", json!(true)),
            ("runAsNonRoot", json!(true)),
            ("allowPrivilegeEscalation", json!(false)),
            ("capabilities", json!({"drop": ["ALL"]})),
        ] {
            ensure!(security[field] == wanted, "{function}: {field} is {}", security[field]);
        }
        let cpu = ours["resources"]["requests"]["cpu"].as_str().unwrap_or_default();
        let milli: u32 = cpu.strip_suffix('m').unwrap_or_default().parse().unwrap_or(u32::MAX);
        ensure!(milli <= 50, "{function} asks for {cpu} of a processor");
    }
    Ok(())
}

/// No pod is there, and the first change brings one.
pub(crate) async fn wake_up(suite: &Suite) -> Result<()> {
    asleep(suite, "apps").await?;
    let before = suite.count("callboard_events_total", &CHANGED);
    let (catalog, mark) = (suite.catalog()?, suite.recorder.mark());
    suite.cluster.apply(&cache("pages", "Woken")).await?;
    let key = cache_key("pages");
    eventually("the change arrives", 60, async || catalog.contains(&key, "Woken").await).await?;
    eventually("it is reported", 10, async || suite.recorder.find(mark, |event| event.says("updated", &key))).await?;
    suite.grew("callboard_events_total", &CHANGED, before).await
}

/// Pods are killed without notice while changes go on; no tick helps.
pub(crate) async fn killed(suite: &Suite) -> Result<()> {
    let before = suite.count("callboard_events_total", &CHANGED);
    let selector = "--selector=serving.knative.dev/service=apps";
    for batch in 0..4 {
        suite.cluster.apply(&caches("killed", batch * 10..(batch + 1) * 10, "Kept")).await?;
        let kill = ["pods", selector, "--namespace", NAMESPACE, "--force", "--grace-period=0"];
        suite.cluster.delete(&kill)?;
    }
    let catalog = suite.catalog()?;
    eventually("all 40 requests arrive without a tick", 120, async || {
        let keys = catalog.keys(&cache_key("killed").replace(".yaml", "-")).await?;
        ensure!(keys.len() == 40, "{} are there", keys.len());
        Ok(())
    })
    .await?;
    eventually("callboard drift finds nothing, before any tick", 60, async || suite.callboard("drift")).await?;
    suite.grew("callboard_events_total", &CHANGED, before).await?;
    removed(suite, "killed").await
}

/// Without its ServiceAccount no pod of `apps` can start.
pub(crate) async fn dead_letters(suite: &Suite) -> Result<()> {
    let kept = suite.count("callboard_dead_letters_total", &["service=resync"]);
    let (catalog, trigger) = (suite.catalog()?, ["trigger/apps", "--namespace", NAMESPACE]);
    let before = suite.cluster.get(&["trigger", "apps", "--namespace", NAMESPACE])?["spec"]["delivery"].clone();
    // Otherwise the Broker retries for three minutes before it gives an event up.
    suite.cluster.patch(&trigger, &json!({"spec": {"delivery": {"retry": 1, "timeout": "PT3S"}}}))?;
    subscribed(suite).await?;
    suite.cluster.delete(&["serviceaccount", "callboard-apps", "--namespace", NAMESPACE])?;
    let pods = ["pods", "--selector=serving.knative.dev/service=apps", "--namespace", NAMESPACE];
    suite.cluster.delete(&[&pods[..], &["--force", "--grace-period=0"]].concat())?;
    suite.cluster.apply(&cache("pages", "While it was down")).await?;
    let dead = eventually("a dead letter is kept in the state, with identity and no body", 120, async || {
        let keys = catalog.keys("state/entities/main/dead/").await?;
        let dead = catalog.text(keys.first().context("there is none")?).await?;
        ensure!(dead.contains("pages") && !dead.contains("While it was down"), "{dead}");
        Ok(())
    })
    .await;
    quiet(suite).await?;
    suite.cluster.patch(&trigger, &json!({"spec": {"delivery": before}}))?;
    subscribed(suite).await?;
    dead?;
    let said = suite.callboard("redrive")?;
    ensure!(said.contains("1 handled, 0 failed again"), "callboard redrive says {said}");
    let key = cache_key("pages");
    eventually("that makes it good", 10, async || catalog.contains(&key, "While it was down").await).await?;
    eventually("no dead letter is left", 60, async || {
        let keys = catalog.keys("state/entities/main/dead/").await?;
        ensure!(keys.is_empty(), "{keys:?}");
        Ok(())
    })
    .await?;
    suite.grew("callboard_dead_letters_total", &["service=resync"], kept).await
}

/// Knative makes the Subscription of a Trigger again when its delivery changes. An event that comes meanwhile is lost.
async fn subscribed(suite: &Suite) -> Result<()> {
    suite.cluster.ready(60, &["triggers", "--namespace", NAMESPACE]).await?;
    suite.cluster.ready(60, &["subscriptions.messaging.knative.dev", "--namespace", NAMESPACE]).await
}

/// Deletes the Caches of this name, and waits until the bucket has followed.
pub(crate) async fn removed(suite: &Suite, prefix: &str) -> Result<()> {
    let caches = suite.cluster.list(&["caches.e2e.callboard.dev", "--namespace", SHOP])?;
    let names: Vec<String> = caches.iter().filter_map(|c| c["metadata"]["name"].as_str().map(str::to_owned)).collect();
    let names = names.iter().map(String::as_str).filter(|name| name.starts_with(&format!("{prefix}-")));
    let all: Vec<&str> =
        ["caches.e2e.callboard.dev", "--wait=false", "--namespace", SHOP].into_iter().chain(names).collect();
    suite.cluster.delete(&all)?;
    let catalog = suite.catalog()?;
    eventually("the bucket follows the deletions", 120, async || {
        let keys = catalog.keys(&cache_key(prefix).replace(".yaml", "-")).await?;
        ensure!(keys.is_empty(), "{} are left", keys.len());
        Ok(())
    })
    .await
}

async fn asleep(suite: &Suite, function: &str) -> Result<()> {
    let selector = format!("--selector=serving.knative.dev/service={function}");
    eventually(&format!("{function} is scaled to zero"), 180, async || {
        let pods = suite.cluster.list(&["pods", &selector, "--namespace", NAMESPACE])?;
        let ready = |pod: &&Value| condition(pod, "Ready")["status"] == "True";
        ensure!(pods.is_empty(), "{} pods, {} of them ready", pods.len(), pods.iter().filter(ready).count());
        Ok(())
    })
    .await
}
