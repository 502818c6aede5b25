//! What the bucket says of consumers, against who receives what.

use super::{EVENTING, key, may_consume, payments, prefix, refs};
use crate::{
    eventually::eventually,
    http::{self, Target},
    recorder::Recorded,
    suite::Suite,
};
use anyhow::{Result, ensure};
use chrono::Utc;
use std::collections::BTreeSet;

/// The extensions that half of the events have, and their source where the EventType leaves it open.
const RICH: [(&str, &str); 6] = [
    ("ce-source", "/shops/gateway"),
    ("ce-tier", "gold"),
    ("ce-amount", "2000"),
    ("ce-priority", "high"),
    ("ce-region", "eu"),
    ("ce-coupon", "spring"),
];
const PLAIN: [(&str, &str); 1] = [("ce-source", "/payments/rules")];

/// A Broker or Channel with its Triggers or Subscriptions.
pub(super) struct Hub<'a> {
    pub(super) group: &'a str,
    pub(super) kind: &'a str,
    pub(super) namespace: &'a str,
    pub(super) name: &'a str,
    /// The kind of its Triggers or Subscriptions.
    pub(super) delivery: &'a str,
    /// The key of a Component that consumes, and the host by which calls reach it.
    pub(super) consumers: Vec<(String, &'a str)>,
}

pub(crate) async fn of_payments(suite: &Suite) -> Result<()> {
    payments::apply(suite).await?;
    let consumers = vec![(payments::ledger_key(), "ledger.payments.")];
    let hub =
        Hub { group: EVENTING, kind: "broker", namespace: "payments", name: "default", delivery: "trigger", consumers };
    holds(suite, &hub).await
}

/// A Component or delivery gets all events of what it consumes, one of two of what it may consume, and none of the rest.
pub(super) async fn holds(suite: &Suite, hub: &Hub<'_>) -> Result<()> {
    let target = suite.address_of(&format!("{}s.{}", hub.kind, hub.group), hub.namespace, hub.name)?;
    let (claims, types) = (claims(suite, hub).await?, types(suite, hub).await?);
    ensure!(!claims.is_empty() && !types.is_empty(), "there is nothing to look at");
    let said = eventually("the bucket says what is true", 30, async || {
        let mark = suite.recorder.mark();
        let mut samples = Vec::new();
        for it in &types {
            samples.push((it.api.as_str(), send(&target, it, &PLAIN).await?, send(&target, it, &RICH).await?));
        }
        true_to(&claims, &samples, &suite.recorder.since(mark))
    })
    .await?;
    println!("{} {}/{}: {said}", hub.kind, hub.namespace, hub.name);
    Ok(())
}

/// What the bucket says of one consumer.
struct Claim {
    /// How its path or host begins.
    receiver: String,
    consumes: BTreeSet<String>,
    may_consume: BTreeSet<String>,
}

struct Type {
    api: String,
    ty: String,
    source: Option<String>,
}

async fn claims(suite: &Suite, hub: &Hub<'_>) -> Result<Vec<Claim>> {
    let (catalog, component) = (suite.catalog()?, format!("component:{}/{}-{}", hub.namespace, hub.kind, hub.name));
    let mut claims = Vec::new();
    for key in catalog.keys(&prefix(hub.group, hub.delivery, hub.namespace)).await? {
        let entity = catalog.entity(&key).await?;
        // Of a subscriber whose Component the mesh writes, that Component says what it consumes.
        let is_own = refs(&entity, "dependencyOf").iter().any(|it| it.contains("/service-"));
        if refs(&entity, "dependsOn").contains(&component) && !is_own {
            let name = key.rsplit('/').next().and_then(|name| name.strip_suffix(".yaml"));
            let (consumes, may_consume) = (refs(&entity, "consumesApis"), may_consume(&entity));
            claims.push(Claim { receiver: name.unwrap_or_default().to_owned(), consumes, may_consume });
        }
    }
    for (key, host) in &hub.consumers {
        let entity = catalog.entity(key).await?;
        let (consumes, may_consume) = (refs(&entity, "consumesApis"), may_consume(&entity));
        claims.push(Claim { receiver: (*host).to_owned(), consumes, may_consume });
    }
    Ok(claims)
}

/// The EventTypes of a hub.
async fn types(suite: &Suite, hub: &Hub<'_>) -> Result<Vec<Type>> {
    let (catalog, mut types) = (suite.catalog()?, Vec::new());
    let provided = refs(&catalog.entity(&key(hub.group, hub.kind, hub.namespace, hub.name)).await?, "providesApis");
    for key in catalog.keys(&prefix(EVENTING, "eventtype", hub.namespace)).await? {
        let metadata = &catalog.entity(&key).await?["metadata"];
        let api = format!("api:{}/{}", hub.namespace, metadata["name"].as_str().unwrap_or_default());
        let text = |name: &str| metadata["annotations"][name].as_str().map(str::to_owned);
        if provided.contains(&api) {
            let ty = text("callboard.dev/event-type").unwrap_or_default();
            types.push(Type { api, ty, source: text("callboard.dev/event-source") });
        }
    }
    Ok(types)
}

/// Sends an event of a type, with its source if it has one; its id.
async fn send(to: &Target, it: &Type, attributes: &[(&str, &str)]) -> Result<String> {
    let id = format!("e2e-{}", Utc::now().timestamp_micros());
    let mut headers = vec![("ce-specversion", "1.0"), ("ce-id", &id), ("ce-type", &it.ty)];
    let of_type = it.source.as_deref().map(|source| ("ce-source", source));
    headers.extend(of_type);
    headers.extend(attributes.iter().filter(|(name, _)| of_type.is_none() || *name != "ce-source"));
    headers.push(("content-type", "application/json"));
    let status = http::post(to, &headers, "{}").await?;
    ensure!(status == 202, "{} answered {status} to an event of the type {}", to.host, it.ty);
    Ok(id)
}

/// Holds claims against the events that arrived; in words, how many of which kind there were.
fn true_to(claims: &[Claim], samples: &[(&str, String, String)], events: &[Recorded]) -> Result<String> {
    let (mut wrong, mut counts) = (Vec::new(), [0; 3]);
    for claim in claims {
        for (api, plain, rich) in samples {
            let heard = |id: &String| events.iter().any(|event| event.attribute("id") == id && claim.is_of(event));
            let heard = [heard(plain), heard(rich)];
            let (answer, is_true) = match (claim.consumes.contains(*api), claim.may_consume.contains(*api)) {
                (true, false) => (0, heard == [true, true]),
                (true, true) => (1, heard[0] != heard[1]),
                (false, _) => (2, heard == [false, false]),
            };
            counts[answer] += 1;
            if !is_true {
                let answer = ["consumes", "may consume", "does not consume"][answer];
                wrong.push(format!("{} {answer} {api}, and got of [plain, rich] {heard:?}", claim.receiver));
            }
        }
    }
    ensure!(wrong.is_empty(), "{wrong:#?}");
    let [yes, maybe, no] = counts;
    Ok(format!(
        "{} consumers, {} EventTypes: {yes} times consumes, {maybe} may consume, {no} does not, and so it was",
        claims.len(),
        samples.len()
    ))
}

impl Claim {
    fn is_of(&self, event: &Recorded) -> bool {
        let (host, path) = event.to.split_once('/').unwrap_or((&event.to, ""));
        // A host without a path, or a path that is a Trigger's name.
        let named = if path.is_empty() { host.split('.').next().unwrap_or_default() } else { path };
        named == self.receiver || (self.receiver.ends_with('.') && host.starts_with(&self.receiver))
    }
}
