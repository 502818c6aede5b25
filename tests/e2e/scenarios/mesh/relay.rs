//! From a source by an EventTransform between two Brokers to the URI of a Service.

use super::{EVENTING, SOURCES, key, refers, removed, service};
use crate::{
    eventually::eventually,
    http,
    recorder::Recorded,
    suite::{SHOP, Suite},
};
use anyhow::{Result, ensure};
use chrono::Utc;

/// The Triggers. That of the second Broker leads to a Service by its URI, which is how Knative addresses it.
const TRIGGERS: &str = "\
---
apiVersion: eventing.knative.dev/v1
kind: Trigger
metadata: {name: to-polish, namespace: shop}
spec:
  broker: raw
  filter: {attributes: {type: orders.taken}}
  subscriber: {ref: {apiVersion: eventing.knative.dev/v1alpha1, kind: EventTransform, name: polish}}
---
apiVersion: eventing.knative.dev/v1
kind: Trigger
metadata: {name: to-mailer, namespace: shop}
spec:
  broker: fine
  subscriber: {uri: 'http://mailer.shop.svc.cluster.local/orders'}
";

const TAKEN: &str = "api:shop/orders.taken";
const TRANSFORMED: &str = "api:shop/orders.taken.transformed";

/// The catalog says which way the events go, and they go that way.
pub(crate) async fn cataloged(suite: &Suite) -> Result<()> {
    let fixture = suite.filled(include_str!("../../fixtures/relay.yaml"));
    let mailer = service(suite, SHOP, "mailer", "labels: {backstage.io/kubernetes-id: mailer}");
    suite.cluster.apply(&[fixture.as_str(), &mailer].concat()).await?;
    for kind in ["broker", "eventtransforms.eventing.knative.dev", "containersource"] {
        suite.cluster.ready(120, &[kind, "--namespace", SHOP]).await?;
    }
    // After their subscribers, because Eventing waits longer and longer before it looks for an address again.
    suite.cluster.apply(TRIGGERS).await?;
    suite.cluster.ready(60, &["trigger", "--namespace", SHOP]).await?;

    let [raw, fine] = ["raw", "fine"].map(|name| key(EVENTING, "broker", SHOP, name));
    let till = key(SOURCES, "containersource", SHOP, "till");
    refers(suite, &till, "providesApis", &[TAKEN]).await?;
    refers(suite, &till, "consumesApis", &[]).await?;
    refers(suite, &raw, "providesApis", &[TAKEN]).await?;
    refers(suite, &fine, "providesApis", &[TRANSFORMED]).await?;

    let polish = key(EVENTING, "eventtransform", SHOP, "polish");
    refers(suite, &polish, "consumesApis", &[TAKEN]).await?;
    refers(suite, &polish, "dependsOn", &["component:shop/broker-fine"]).await?;
    let [to_polish, to_mailer] = ["to-polish", "to-mailer"].map(|name| key(EVENTING, "trigger", SHOP, name));
    refers(suite, &to_polish, "dependencyOf", &["component:shop/eventtransform-polish"]).await?;
    refers(suite, &to_mailer, "dependencyOf", &["component:default/mailer"]).await?;
    let catalog = suite.catalog()?;
    catalog.absent(&key(SOURCES, "sinkbinding", SHOP, "polish-jsonata")).await?;

    arrives(suite).await?;
    suite.cluster.delete(&["eventtransforms.eventing.knative.dev", "polish", "--namespace", SHOP])?;
    eventually("its Component is deleted", 30, async || catalog.absent(&polish).await).await?;
    suite.cluster.delete_all(TRIGGERS)?;
    suite.cluster.delete_all(&[fixture, mailer].concat())?;
    removed(suite, SHOP).await
}

/// What the first Broker takes comes out of the second one, at the path of the URI.
async fn arrives(suite: &Suite) -> Result<()> {
    let (mark, broker) = (suite.recorder.mark(), suite.address_of("broker", SHOP, "raw")?);
    let sent = async || {
        let id = format!("e2e-{}", Utc::now().timestamp_micros());
        let headers = [("ce-specversion", "1.0"), ("ce-id", &*id), ("ce-source", "/till"), ("ce-type", "orders.taken")];
        ensure!(http::post(&broker, &headers, "").await? == 202, "the Broker does not take it");
        let came = |event: &Recorded| event.ty() == "orders.taken.transformed" && event.to.ends_with("/orders");
        suite.recorder.find(mark, came)
    };
    eventually("an event goes through the EventTransform", 30, sent).await.map(drop)
}
