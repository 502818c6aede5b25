//! Knative's authentication, and policies that let only Callboard's own senders send.

use super::{install::quiet, mesh};
use crate::{
    cluster::condition,
    eventually::eventually,
    http,
    recorder::Recorded,
    suite::{NAMESPACE, QUIET, SHOP, Suite, app_key},
};
use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

const FEATURES: [&str; 2] = ["configmap/config-features", "--namespace=knative-eventing"];
const FORGED: &str = "dev.callboard.deletion.approved";

pub(crate) async fn refused(suite: &Suite) -> Result<()> {
    let features = suite.cluster.get(&["configmap", "config-features", "--namespace=knative-eventing"])?;
    let before = features["data"]["authentication-oidc"].clone();
    feature(suite, &json!("enabled"))?;
    let result = with_policies(suite).await;
    feature(suite, &before)?;
    suite.cluster.delete(&["eventpolicies", "--all", "--namespace", NAMESPACE])?;
    quiet(suite).await?;
    result
}

async fn with_policies(suite: &Suite) -> Result<()> {
    let policies = "components: [../../../deploy/components/secured]\n";
    let overlay = suite.first_look(&format!("{policies}{QUIET}"))?;
    eventually("it is applied", 60, async || suite.cluster.kubectl(&["apply", "--kustomize", &overlay])).await?;
    for kind in ["broker", "ksvc", "eventpolicy", "pingsource", "sinkbinding"] {
        suite.cluster.ready(120, &[kind, "--namespace", NAMESPACE]).await?;
    }
    identified(suite).await?;
    let (catalog, mark) = (suite.catalog()?, suite.recorder.mark());
    eventually("an event without a token is refused", 60, async || says(suite, None, 401).await).await?;
    let audience = format!("--audience=eventing.knative.dev/broker/{NAMESPACE}/callboard");
    for namespace in [SHOP, NAMESPACE] {
        let token = suite.cluster.kubectl(&["create", "token", "default", "--namespace", namespace, &audience])?;
        says(suite, Some(token.trim()), 403).await?;
    }
    // Ours: a source's event, the tick of our PingSource, and what resync POSTs.
    let key = app_key("todo");
    let by_event = |event: &Recorded| {
        event.says("updated", &key) && event.data["cause"]["type"].as_str().is_some_and(|ty| ty.contains(".resource."))
    };
    let mut times = 0;
    eventually("a change goes through, and so does the reply", 120, async || {
        times += 1;
        let title = format!("callboard.dev/title=Secured {times}");
        let annotate = ["annotate", "--overwrite", "apps.marketplace.kratix.io", "todo", &title];
        suite.cluster.kubectl(&[&annotate[..], &["--namespace", SHOP]].concat())?;
        suite.recorder.find(mark, by_event)
    })
    .await?;
    catalog.contains(&key, "Secured").await?;
    let trigger = mesh::key("eventing.knative.dev", "trigger", NAMESPACE, "apps");
    eventually("and a change of the mesh", 60, async || {
        times += 1;
        let description = format!("callboard.dev/description=Secured {times}");
        suite.cluster.kubectl(&[
            "annotate",
            "--overwrite",
            "trigger",
            "apps",
            &description,
            "--namespace",
            NAMESPACE,
        ])?;
        catalog.contains(&trigger, "Secured").await
    })
    .await?;
    let sent = suite.count("callboard_sink_total", &["service=resync"]);
    // Not the one that was annotated: a late event would write that before the tick does.
    let missing = app_key("cart");
    suite
        .cluster
        .patch(&["pingsource/tick", "--namespace", NAMESPACE], &json!({"spec": {"schedule": "*/10 * * * * *"}}))?;
    let reported = |ty: &'static str| move |event: &Recorded| event.ty() == ty;
    eventually("a tick leads to a reply", 300, async || {
        catalog.delete(&missing).await?;
        suite.recorder.find(mark, reported("dev.callboard.catalog.resynced"))
    })
    .await?;
    let drifted = reported("dev.callboard.catalog.drifted");
    eventually("and to what resync sends", 60, async || suite.recorder.find(mark, drifted)).await?;
    eventually("the resync repairs it", 90, async || catalog.present(&missing).await).await?;
    suite.grew("callboard_sink_total", &["service=resync"], sent).await?;
    ensure!(suite.recorder.find(mark, reported(FORGED)).is_err(), "the forged event went through");
    Ok(())
}

/// Waits until each Trigger and its Subscription has an identity of its own.
///
/// With the feature Eventing makes each Subscription again, and its identity, which has the name of the one before. Until that is
/// collected, the Broker's filter refuses what the channel sends, and each event of the Broker, a tick, too, goes to the dead-letter
/// sink without a mark, from where no reply comes back. Annotated again and again, because Eventing waits longer after each try.
async fn identified(suite: &Suite) -> Result<()> {
    let mut last = Ok(());
    for times in 0..8 {
        let again = format!("e2e.callboard.dev/identified={times}");
        for kind in ["triggers.eventing.knative.dev", "subscriptions.messaging.knative.dev"] {
            suite.cluster.kubectl(&["annotate", kind, "--all", "--overwrite", &again, "--namespace", NAMESPACE])?;
        }
        last = eventually("each Trigger has an identity", 30, async || are_identified(suite)).await;
        if last.is_ok() {
            break;
        }
    }
    last
}

fn are_identified(suite: &Suite) -> Result<()> {
    let namespace = ["--namespace", NAMESPACE];
    for kind in ["triggers.eventing.knative.dev", "subscriptions.messaging.knative.dev"] {
        for object in suite.cluster.list(&[&[kind][..], &namespace].concat())? {
            let name = &object["metadata"]["name"];
            let account = object["status"]["auth"]["serviceAccountName"].as_str();
            let account = account.with_context(|| format!("{kind} {name} has no identity"))?;
            let account = suite.cluster.get(&[&["serviceaccount", account][..], &namespace].concat())?;
            let owner = &account["metadata"]["ownerReferences"][0]["uid"];
            ensure!(*owner == object["metadata"]["uid"], "{kind} {name} has the identity of one that is gone");
            let ready = condition(&object, "Ready");
            ensure!(ready["status"] == "True", "{kind} {name} is not ready: {ready}");
        }
    }
    Ok(())
}

fn feature(suite: &Suite, oidc: &Value) -> Result<()> {
    suite.cluster.patch(&FEATURES, &json!({"data": {"authentication-oidc": oidc}}))
}

/// Sends an event that would let deletions go.
async fn says(suite: &Suite, token: Option<&str>, wanted: u16) -> Result<()> {
    let authorization = format!("Bearer {}", token.unwrap_or_default());
    let mut headers = vec![
        ("ce-specversion", "1.0"),
        ("ce-id", "forged"),
        ("ce-source", "/stranger"),
        ("ce-type", FORGED),
        ("content-type", "application/json"),
    ];
    headers.extend(token.map(|_| ("authorization", authorization.as_str())));
    let status = http::post(&suite.broker()?, &headers, "{\"id\":\"x\"}").await?;
    ensure!(status == wanted, "the Broker answered {status} instead of {wanted}");
    Ok(())
}
