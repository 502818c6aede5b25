//! The shape of the event mesh plugin's demo: consumers that somebody else's catalog has as Components, each in the
//! namespace that it has in the cluster.

use super::{asked, doctor::only_consumers, mirrors, relates};
use crate::{
    backstage::{Backstage, TOKEN, related},
    eventually::eventually,
    suite::Suite,
};
use anyhow::{Result, ensure};

/// Each consumer, and what it consumes.
const CONSUMERS: [(&str, &[&str]); 4] = [
    ("payment-processor", &["paymentreceived"]),
    ("fraud-detector", &["paymentprocessed"]),
    ("fraud-logger", &["frauddetected"]),
    ("all-events-logger", &["paymentreceived", "paymentprocessed", "frauddetected"]),
];
const BROKER: &str = "component:payments/broker-fraud";
const SOURCE: &str = "component:payments/containersource-payment-event-generator";

/// The Consumers card of a stock API page shows what `apiConsumedBy` leads to. From there the graph leads to the Component.
pub(crate) async fn shown(suite: &Suite) -> Result<()> {
    suite.cluster.apply(&suite.filled(include_str!("../../fixtures/fraud.yaml"))).await?;
    let backstage = Backstage::new()?;
    for (consumer, consumed) in CONSUMERS {
        let (component, trigger) = (component(consumer), trigger(consumer));
        eventually(&format!("{trigger} is there"), 60, async || backstage.present(&trigger).await).await?;
        let apis: Vec<_> = consumed.iter().map(|it| api(it)).collect();
        let apis: Vec<_> = apis.iter().map(String::as_str).collect();
        relates(&backstage, &trigger, "consumesApi", &apis).await?;
        relates(&backstage, &trigger, "dependencyOf", &[&component]).await?;
        relates(&backstage, &component, "dependsOn", &[&trigger]).await?;
        let title = backstage.present(&trigger).await?["metadata"]["title"].clone();
        ensure!(title.as_str().is_some_and(|it| it.contains(consumer)), "the title of {trigger} is {title}");
    }
    for consumed in ["paymentreceived", "paymentprocessed", "frauddetected"] {
        let wanted: Vec<_> =
            CONSUMERS.iter().filter(|(_, apis)| apis.contains(&consumed)).map(|(it, _)| trigger(it)).collect();
        let api = backstage.present(&api(consumed)).await?;
        let mut found = related(&api, "apiConsumedBy");
        found.sort_unstable();
        let mut wanted: Vec<_> = wanted.iter().map(String::as_str).collect();
        wanted.sort_unstable();
        ensure!(found == wanted, "{consumed} is consumed by {found:?} instead of {wanted:?}");
        ensure!(related(&api, "apiProvidedBy") == [BROKER], "{:?} provide {consumed}", related(&api, "apiProvidedBy"));
    }
    relates(&backstage, SOURCE, "dependencyOf", &[&component("payment-event-generator-source")]).await?;
    mirrors(suite, &backstage, 30).await?;
    let said = only_consumers(asked(suite, "drift", TOKEN, &[]))?;
    let missing = CONSUMERS.iter().find(|(consumer, _)| said.contains(&component(consumer)));
    ensure!(missing.is_none(), "drift reports {missing:?}, which the catalog has: {said}");
    Ok(())
}

fn api(name: &str) -> String {
    format!("api:payments/{name}")
}

fn component(name: &str) -> String {
    format!("component:payments/{name}")
}

fn trigger(consumer: &str) -> String {
    format!("component:payments/trigger-{consumer}-trigger")
}
