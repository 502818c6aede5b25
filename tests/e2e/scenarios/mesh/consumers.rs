//! Who consumes payments, by each way to filter.

use super::service;
use crate::suite::Suite;

pub(super) const RECEIVED: &str = "api:payments/payments.received";
pub(super) const PROCESSED: &str = "api:payments/payments.processed";
pub(super) const FLAGGED: &str = "api:payments/payments.flagged";

/// A Trigger and its subscriber.
pub(super) struct Consumer {
    pub(super) name: &'static str,
    /// As the spec has it.
    filter: &'static str,
    /// For certain or perhaps.
    pub(super) consumes: &'static [&'static str],
    pub(super) may_consume: &'static [&'static str],
    to: To,
}

/// Where a Trigger leads.
#[derive(Clone, Copy)]
enum To {
    /// To a Service that has the name of the Trigger, and says by label which Component it is of.
    Labelled,
    /// The same by annotation.
    Annotated,
    /// To the Knative Service.
    Ledger,
    /// To a URI.
    Uri,
}

const fn labelled(
    name: &'static str,
    filter: &'static str,
    consumes: &'static [&'static str],
    may_consume: &'static [&'static str],
) -> Consumer {
    Consumer { name, filter, consumes, may_consume, to: To::Labelled }
}

#[rustfmt::skip]
pub(super) const CONSUMERS: &[Consumer] = &[
    labelled("processor", "filter: {attributes: {type: payments.received}}", &[RECEIVED], &[]),
    labelled("vip", "filter: {attributes: {type: payments.received, tier: gold}}", &[RECEIVED], &[RECEIVED]),
    labelled("regional", "filter: {attributes: {region: ''}}", ALL, ALL),
    labelled("empty", "filter: {attributes: {type: payments.processed}}\n  filters: []", &[PROCESSED], &[]),
    labelled("overridden", "filter: {attributes: {type: payments.received}}\n  filters: [{exact: {type: payments.flagged}}]", &[FLAGGED], &[]),
    labelled("detector", "filters: [{prefix: {type: payments.}}, {not: {exact: {type: payments.flagged}}}]", &[RECEIVED, PROCESSED], &[]),
    labelled("shops", "filters: [{prefix: {source: /shops/}}]", &[FLAGGED], &[FLAGGED]),
    labelled("gateways", "filters: [{suffix: {source: /gateway}}]", &[RECEIVED, FLAGGED], &[FLAGGED]),
    labelled("urgent", "filters: [{any: [{exact: {type: payments.processed}}, {exact: {priority: high}}]}]", ALL, &[RECEIVED, FLAGGED]),
    labelled("golden", "filters: [{all: [{prefix: {type: payments.}}, {exact: {tier: gold}}]}]", ALL, ALL),
    labelled("others", "filters: [{not: {exact: {type: payments.received}}}]", &[PROCESSED, FLAGGED], &[]),
    labelled("common", "filters: [{not: {exact: {tier: gold}}}]", ALL, ALL),
    labelled("alarm", "filters: [{cesql: \"type = 'payments.flagged' AND amount > 1000\"}]", &[FLAGGED], &[FLAGGED]),
    labelled("coupons", "filters: [{cesql: EXISTS coupon}]", ALL, ALL),
    labelled("payments", "filters: [{cesql: \"source LIKE '/payments/%'\"}]", ALL, &[FLAGGED]),
    labelled("nothing", "filters: [{exact: {type: payments.refunded}}]", &[], &[]),
    Consumer { name: "audit", filter: "", consumes: ALL, may_consume: &[], to: To::Annotated },
    Consumer { name: "external", filter: "filter: {attributes: {type: payments.flagged}}", consumes: &[FLAGGED], may_consume: &[], to: To::Uri },
    Consumer { name: "ledger-processed", filter: "filter: {attributes: {type: payments.processed}}", consumes: &[PROCESSED], may_consume: &[], to: To::Ledger },
    Consumer { name: "ledger-large", filter: "filters: [{cesql: \"type = 'payments.received' AND amount > 1000\"}]", consumes: &[RECEIVED], may_consume: &[RECEIVED], to: To::Ledger },
];

pub(super) const ALL: &[&str] = &[RECEIVED, PROCESSED, FLAGGED];

impl Consumer {
    /// The Trigger, and the Service that is its own.
    pub(super) fn yaml(&self, suite: &Suite) -> String {
        let name = self.name;
        let service = match self.to {
            To::Labelled => {
                service(suite, "payments", name, &format!("labels: {{backstage.io/kubernetes-id: {name}}}"))
            }
            To::Annotated => {
                let component = self.component().unwrap_or_default();
                service(suite, "payments", name, &format!("annotations: {{callboard.dev/component: '{component}'}}"))
            }
            To::Ledger | To::Uri => String::new(),
        };
        service + &self.trigger(suite, "default", self.filter)
    }

    /// The Trigger on this Broker with this filter.
    pub(super) fn trigger(&self, suite: &Suite, broker: &str, filter: &str) -> String {
        let name = self.name;
        let subscriber = match self.to {
            To::Labelled | To::Annotated => format!("{{ref: {{apiVersion: v1, kind: Service, name: {name}}}}}"),
            // By its path one sees which Trigger brought an event.
            To::Ledger => {
                format!("{{ref: {{apiVersion: serving.knative.dev/v1, kind: Service, name: ledger}}, uri: /{name}}}")
            }
            To::Uri => suite.filled(&format!("{{uri: 'http://SUITE_HOST:SUITE_PORT/{name}'}}")),
        };
        format!(
            "---\napiVersion: eventing.knative.dev/v1\nkind: Trigger\nmetadata: {{name: {name}, namespace: payments}}\n\
             spec:\n  broker: {broker}\n  {filter}\n  subscriber: {subscriber}\n"
        )
    }

    /// What its Trigger consumes, for a Component that the mesh does not write.
    pub(super) fn consumes_itself(&self) -> &'static [&'static str] {
        if matches!(self.to, To::Ledger) { &[] } else { self.consumes }
    }

    /// The Component that consumes.
    pub(super) fn component(&self) -> Option<String> {
        match self.to {
            To::Labelled => Some(format!("component:default/{}", self.name)),
            To::Annotated => Some("component:default/bookkeeping-and-audit".to_owned()),
            To::Ledger => Some("component:payments/service-ledger".to_owned()),
            To::Uri => None,
        }
    }
}

/// The consumer of this name.
pub(super) fn consumer(name: &str) -> Option<&'static Consumer> {
    CONSUMERS.iter().find(|consumer| consumer.name == name)
}
