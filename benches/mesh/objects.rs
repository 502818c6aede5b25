//! A mesh of any size: captured objects under other names. Each Trigger lets one type pass, to one of ten subscribers.

use crate::api_server::{ApiServer, Kind, captured};
use anyhow::Context as _;
use serde_json::{Value, json};

const BROKER: &str =
    include_str!("../../tests/fixtures/captures/apiserversource/resource/06-broker-update-status2.http");
const EVENT_TYPE: &str =
    include_str!("../../tests/fixtures/captures/apiserversource/resource/10-eventtype-update-annotated.http");
const TRIGGER: &str =
    include_str!("../../tests/fixtures/captures/apiserversource/resource/15-trigger-update4-ready.http");

const SCHEMA: &str = r#"{"type":"object","required":["id"],"properties":{"id":{"type":"string"},"amount":{"type":"number"},
"items":{"type":"array","items":{"type":"object","properties":{"sku":{"type":"string"},"count":{"type":"integer"}}}}}}"#;

/// How many Knative Services consume.
pub(crate) const SUBSCRIBERS: usize = 10;

/// Those of which only labelled definitions tell that they are channels or sources.
const LABELLED: [(&str, &str, &str); 4] = [
    ("messaging.knative.dev/subscribable", "InMemoryChannel", "inmemorychannels"),
    ("duck.knative.dev/source", "ApiServerSource", "apiserversources"),
    ("duck.knative.dev/source", "PingSource", "pingsources"),
    ("duck.knative.dev/source", "SinkBinding", "sinkbindings"),
];

/// What the objects are made from.
pub(crate) struct Objects {
    broker: Value,
    event_type: Value,
    trigger: Value,
}

/// What a Trigger lets pass, by number; nothing: all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Route {
    pub(crate) ty: Option<usize>,
    pub(crate) subscriber: usize,
}

/// How many bucket objects a mesh of this size has: the Broker, the Namespace, and one for each of the others.
pub(crate) fn in_bucket(n: usize) -> usize {
    2 * n + SUBSCRIBERS + 2
}

impl Objects {
    pub(crate) fn new() -> anyhow::Result<Self> {
        let mut trigger = captured(TRIGGER)?;
        let annotations = trigger["metadata"]["annotations"].as_object_mut();
        annotations.context("the captured Trigger has no annotations")?.remove("backstage.io/kubernetes-id");
        Ok(Self { broker: captured(BROKER)?, event_type: captured(EVENT_TYPE)?, trigger })
    }

    /// A cluster with so many EventTypes and Triggers, and with the kinds of Knative.
    pub(crate) fn cluster(&self, n: usize) -> anyhow::Result<ApiServer> {
        let texts = |of: usize, object: &dyn Fn(usize) -> Value| (0..of).map(|nth| object(nth).to_string()).collect();
        let kind = |api_version, kind, plural, objects| Kind { api_version, kind, plural, objects };
        let none = |api_version, name, plural| kind(api_version, name, plural, Vec::new());
        let event_types = texts(n, &|nth| self.event_type(nth));
        let triggers = texts(n, &|nth| self.trigger(nth, Route::of(nth), nth));
        let (services, definitions) = (texts(SUBSCRIBERS, &service), texts(LABELLED.len(), &definition));
        ApiServer::start(vec![
            kind("v1", "Namespace", "namespaces", vec![namespace().to_string()]),
            none("v1", "Service", "services"),
            kind("apiextensions.k8s.io/v1", "CustomResourceDefinition", "customresourcedefinitions", definitions),
            kind("eventing.knative.dev/v1", "Broker", "brokers", vec![self.broker.to_string()]),
            kind("eventing.knative.dev/v1", "Trigger", "triggers", triggers),
            kind("eventing.knative.dev/v1beta2", "EventType", "eventtypes", event_types),
            none("flows.knative.dev/v1", "Parallel", "parallels"),
            none("flows.knative.dev/v1", "Sequence", "sequences"),
            none("messaging.knative.dev/v1", "Channel", "channels"),
            none("messaging.knative.dev/v1", "InMemoryChannel", "inmemorychannels"),
            none("messaging.knative.dev/v1", "Subscription", "subscriptions"),
            kind("serving.knative.dev/v1", "Service", "services", services),
            none("sinks.knative.dev/v1alpha1", "JobSink", "jobsinks"),
            none("sources.knative.dev/v1", "ApiServerSource", "apiserversources"),
            none("sources.knative.dev/v1", "PingSource", "pingsources"),
            none("sources.knative.dev/v1", "SinkBinding", "sinkbindings"),
        ])
    }

    pub(crate) fn event_type(&self, nth: usize) -> Value {
        let mut event_type = named(&self.event_type, &ty(nth), nth);
        event_type["spec"]["type"] = ty(nth).into();
        event_type["spec"]["schemaData"] = SCHEMA.into();
        event_type
    }

    /// A Trigger; `version` tells its changes apart.
    pub(crate) fn trigger(&self, nth: usize, route: Route, version: usize) -> Value {
        let mut trigger = named(&self.trigger, &format!("to-sink-{nth:05}"), nth);
        trigger["metadata"]["resourceVersion"] = (1_000_000 + version).to_string().into();
        let filter = route.ty.map(|of| json!({"attributes": {"type": ty(of)}}));
        trigger["spec"]["filter"] = filter.unwrap_or_else(|| json!({}));
        let (api_version, name) = ("serving.knative.dev/v1", consumer(route.subscriber));
        let subscriber = json!({"apiVersion": api_version, "kind": "Service", "name": name, "namespace": "default"});
        trigger["spec"]["subscriber"] = json!({"ref": subscriber});
        trigger["status"]["subscriberUri"] = format!("http://{name}.default.svc.cluster.local").into();
        trigger
    }
}

impl Route {
    /// That of a Trigger at first.
    pub(crate) fn of(nth: usize) -> Self {
        Self { ty: Some(nth), subscriber: nth % SUBSCRIBERS }
    }
}

fn named(template: &Value, name: &str, nth: usize) -> Value {
    let mut object = template.clone();
    object["metadata"]["name"] = name.into();
    object["metadata"]["uid"] = format!("1373c7fe-9537-46c2-8000-{nth:012}").into();
    object["metadata"]["resourceVersion"] = (100_000 + nth).to_string().into();
    object
}

fn ty(nth: usize) -> String {
    format!("com.example.order.t{nth:05}")
}

fn consumer(nth: usize) -> String {
    format!("consumer-{nth}")
}

fn service(nth: usize) -> Value {
    let name = consumer(nth);
    let conditions = ["ConfigurationsReady", "Ready", "RoutesReady"]
        .map(|ty| json!({"type": ty, "status": "True", "lastTransitionTime": "2026-11-21T02:24:15Z"}));
    json!({
        "apiVersion": "serving.knative.dev/v1", "kind": "Service",
        "metadata": {
            "name": name, "namespace": "default", "uid": format!("5e4f1ce0-9537-46c2-8000-{nth:012}"),
            "resourceVersion": (2000 + nth).to_string(), "generation": 1,
        },
        "spec": {"template": {"spec": {"containers": [{"image": "registry.example/consumer:v1"}]}}},
        "status": {
            "conditions": conditions,
            "url": format!("http://{name}.default.example.org"), "observedGeneration": 1,
        },
    })
}

fn namespace() -> Value {
    json!({
        "apiVersion": "v1", "kind": "Namespace",
        "metadata": {"name": "default", "uid": "4a3e4f1c-9537-46c2-8000-000000000000", "resourceVersion": "12"},
        "spec": {"finalizers": ["kubernetes"]}, "status": {"phase": "Active"},
    })
}

fn definition(nth: usize) -> Value {
    let (label, kind, plural) = LABELLED[nth];
    let group = if kind == "InMemoryChannel" { "messaging.knative.dev" } else { "sources.knative.dev" };
    json!({
        "metadata": {
            "name": format!("{plural}.{group}"), "uid": format!("c4d00000-9537-46c2-8000-{nth:012}"),
            "resourceVersion": (100 + nth).to_string(), "labels": {label: "true"},
        },
        "spec": {"group": group, "names": {"kind": kind, "plural": plural}, "versions": [{"name": "v1"}]},
    })
}
