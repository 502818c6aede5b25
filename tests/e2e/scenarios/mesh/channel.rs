//! A Channel, which an InMemoryChannel carries, and its subscriber.

use super::{
    EVENTING, MESSAGING, key,
    reality::{self, Hub},
    refers, removed, service,
};
use crate::{
    eventually::eventually,
    suite::{SHOP, Suite},
};
use anyhow::Result;

pub(crate) async fn subscribed(suite: &Suite) -> Result<()> {
    let subscriber = service(suite, SHOP, "bookkeeping", "labels: {backstage.io/kubernetes-id: bookkeeping}");
    let all = [include_str!("../../fixtures/orders.yaml"), &subscriber].concat();
    suite.cluster.apply(&all).await?;
    for kind in ["channels.messaging.knative.dev", "subscriptions.messaging.knative.dev"] {
        suite.cluster.ready(60, &[kind, "--namespace", SHOP]).await?;
    }
    let subscription = key(MESSAGING, "subscription", SHOP, "bookkeeping");
    let (channel, api) = ("component:shop/channel-orders", "api:shop/orders.settled");
    refers(suite, &subscription, "dependsOn", &[channel]).await?;
    refers(suite, &subscription, "consumesApis", &[api]).await?;
    refers(suite, &subscription, "dependencyOf", &["component:default/bookkeeping"]).await?;
    refers(suite, &key(MESSAGING, "channel", SHOP, "orders"), "providesApis", &[api]).await?;
    let catalog = suite.catalog()?;
    catalog.present(&key(EVENTING, "eventtype", SHOP, "orders.settled")).await?;
    catalog.absent(&key(MESSAGING, "inmemorychannel", SHOP, "orders")).await?;

    let (kind, delivery, consumers) = ("channel", "subscription", vec![]);
    let hub = Hub { group: MESSAGING, kind, namespace: SHOP, name: "orders", delivery, consumers };
    reality::holds(suite, &hub).await?;
    suite.cluster.delete(&["subscriptions.messaging.knative.dev", "bookkeeping", "--namespace", SHOP])?;
    eventually("its Component is gone", 10, async || catalog.absent(&subscription).await).await?;
    suite.cluster.delete_all(&all)?;
    removed(suite, SHOP).await
}
