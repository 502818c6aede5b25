//! The function `mesh`: one change writes what it affects, a resync repairs whatever was missed, and a start waits for all lists.

mod alone;
mod captured;
mod commands;
mod crashes;
mod drift;
mod events;
mod guard;
mod hanging;
mod overlap;
mod pending;
mod start;
mod unread;
mod unserved;

use crate::{
    kubernetes::{Kubernetes, at, definition, of_knative, reference, resource, timed},
    memory::Memory,
    support::settings,
};
use ::events::{Function, Nack, Nothing, Reply, Verdict};
use bucket::{Bucket, Honours};
use callboard::{
    clock::Clock,
    context::Context,
    serving::{Functions, Serving},
};
use cloudevents::{AttributesReader, Event, EventBuilder, EventBuilderV10};
use runtime::Handler;
use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

/// What time it is at the start of a process, in milliseconds since the epoch.
const NOW: i64 = 1_800_000_000_000;

/// A cluster with Knative, a bucket, and a process that serves `mesh`.
struct World {
    kubernetes: Kubernetes,
    store: Memory,
    process: Functions<Memory>,
    resyncs: AtomicUsize,
}

impl World {
    /// With a Broker, two EventTypes, two Services and a Trigger that brings orders to billing; all is cataloged.
    async fn new() -> Self {
        let kubernetes = cluster();
        for object in [broker("default"), broker("other"), event_type("order"), event_type("refund")] {
            kubernetes.apply(object);
        }
        for object in [service("billing"), service("audit"), trigger("orders", "default", "order", "billing")] {
            kubernetes.apply(object);
        }
        let world = Self::over(kubernetes, Memory::default());
        world.settled().await;
        world.store.forget_calls();
        world
    }

    /// A process that starts.
    fn over(kubernetes: Kubernetes, store: Memory) -> Self {
        Self::with(kubernetes, store, |context| context)
    }

    fn with(kubernetes: Kubernetes, store: Memory, set: impl FnOnce(Context<Memory>) -> Context<Memory>) -> Self {
        let settings = settings();
        let bucket = Bucket::new(store.clone(), settings.layout.clone(), Honours::Conditions);
        let context = Context::new(settings, bucket).with_cluster(kubernetes.cluster()).with_clock(Clock::new(|| NOW));
        let process = Functions::start(Serving::Only(Function::Mesh), set(context)).unwrap();
        Self { kubernetes, store, process, resyncs: AtomicUsize::new(0) }
    }

    /// Waits until the comparison of the start is done, and all is written.
    async fn settled(&self) {
        let verdict = self.resync().await;
        assert!(matches!(verdict, Ok(Reply::Nothing(Nothing::Unchanged) | Reply::Changed(_))), "{verdict:?}");
    }

    async fn ready(&self) {
        eventually(|| self.process.ready().is_ok()).await;
    }

    async fn handle(&self, event: Event) -> Verdict {
        self.process.handle(timed(event, NOW + 1)).await
    }

    /// A resync, as soon as no other comparison is going.
    async fn resync(&self) -> Verdict {
        let deadline = Instant::now() + Duration::from_secs(20);
        loop {
            let number = self.resyncs.fetch_add(1, Relaxed).to_string();
            match self.handle(request(&number)).await {
                Ok(Reply::Nothing(Nothing::Busy)) if Instant::now() < deadline => {
                    tokio::time::sleep(Duration::from_millis(2)).await;
                }
                verdict => return verdict,
            }
        }
    }

    /// A resync that finds nothing to do.
    async fn is_unchanged(&self) {
        assert_eq!(self.resync().await, Ok(Reply::Nothing(Nothing::Unchanged)));
    }

    /// Applies an object and sends the event of it; which keys that changed.
    async fn applied(&self, object: Value) -> Vec<String> {
        keys(self.handle(resource("update", &self.kubernetes.apply(object))).await)
    }

    /// The bucket has what a new install would fill it with.
    async fn is_as_rebuilt(&self) {
        assert_eq!(self.store.entities(), fresh(&self.kubernetes).await);
    }

    /// The Trigger now brings refunds instead of orders to billing. No event of it arrives.
    fn move_trigger(&self) -> Value {
        self.kubernetes.apply(trigger("orders", "default", "refund", "billing"))
    }

    /// A kind of source is installed, with its label.
    fn install_source(&self, group: &str) -> Value {
        install_source(&self.kubernetes, group)
    }

    /// The descriptor at a key that ends so.
    fn descriptor(&self, end: &str) -> String {
        let found = self.store.entities().into_iter().find(|(key, _)| key.ends_with(end));
        found.unwrap_or_else(|| panic!("there is no {end} in {:?}", self.store.entities().keys())).1
    }

    /// The names at the end of all keys.
    fn names(&self) -> Vec<String> {
        self.store.entities().keys().map(|key| short(key)).collect()
    }
}

/// A process without a cluster, which knows what events report.
fn of_events(store: Memory) -> Functions<Memory> {
    let settings = settings();
    let bucket = Bucket::new(store, settings.layout.clone(), Honours::Conditions);
    let context = Context::new(settings, bucket).with_mesh_of_events();
    Functions { serving: Serving::All, context: Arc::new(context) }
}

/// What a new install would fill a bucket with.
async fn fresh(kubernetes: &Kubernetes) -> BTreeMap<String, String> {
    let world = World::over(kubernetes.clone(), Memory::default());
    world.settled().await;
    world.store.entities()
}

fn cluster() -> Kubernetes {
    let kubernetes = Kubernetes::new();
    of_knative().into_iter().for_each(|definition| drop(kubernetes.apply(definition)));
    kubernetes.apply(json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}}));
    kubernetes
}

#[expect(clippy::needless_pass_by_value, reason = "callers make it on the spot")]
fn object(api_version: &str, kind: &str, name: &str, spec: Value) -> Value {
    let metadata = json!({"name": name, "namespace": "shop"});
    json!({"apiVersion": api_version, "kind": kind, "metadata": metadata, "spec": spec})
}

/// Installs the kind FooSource of a group, labelled as a source.
fn install_source(kubernetes: &Kubernetes, group: &str) -> Value {
    let mut labelled = definition(group, ("FooSource", "foosources"), &["v1"], "Namespaced");
    labelled["metadata"]["labels"] = json!({"duck.knative.dev/source": "true"});
    kubernetes.apply(labelled)
}

/// An object of that kind.
fn foo_source(group: &str, name: &str) -> Value {
    object(&format!("{group}/v1"), "FooSource", name, json!({}))
}

fn deployment(name: &str, labels: &Value, owners: &Value) -> Value {
    let metadata = json!({"name": name, "namespace": "shop", "labels": labels, "ownerReferences": owners});
    json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata})
}

/// A Deployment that stands for a Component of the same name.
fn legacy(name: &str) -> Value {
    deployment(name, &json!({"backstage.io/kubernetes-id": name}), &json!([]))
}

/// A Trigger that brings orders to a Deployment.
fn calling(name: &str, deployment: &str) -> Value {
    let mut it = trigger(name, "default", "order", "x");
    it["spec"]["subscriber"]["ref"] = json!({"apiVersion": "apps/v1", "kind": "Deployment", "name": deployment});
    it
}

fn broker(name: &str) -> Value {
    object("eventing.knative.dev/v1", "Broker", name, json!({}))
}

/// Of events of this type, at the Broker `default`.
fn event_type(ty: &str) -> Value {
    let reference = json!({"apiVersion": "eventing.knative.dev/v1", "kind": "Broker", "name": "default"});
    let spec = json!({"type": format!("com.example.{ty}"), "source": "/shop", "reference": reference});
    object("eventing.knative.dev/v1beta2", "EventType", ty, spec)
}

fn service(name: &str) -> Value {
    object("serving.knative.dev/v1", "Service", name, json!({}))
}

fn trigger(name: &str, broker: &str, ty: &str, subscriber: &str) -> Value {
    let to = json!({"apiVersion": "serving.knative.dev/v1", "kind": "Service", "name": subscriber});
    let filter = json!({"attributes": {"type": format!("com.example.{ty}")}});
    object(
        "eventing.knative.dev/v1",
        "Trigger",
        name,
        json!({"broker": broker, "filter": filter, "subscriber": {"ref": to}}),
    )
}

fn request(id: &str) -> Event {
    let event = EventBuilderV10::new().id(id).source("/pingsources/tick").ty("dev.knative.sources.ping");
    event.data("application/json", json!({"callboard": "resync"})).build().unwrap()
}

fn replied(verdict: Verdict) -> (Event, Value) {
    match verdict {
        Ok(Reply::Changed(reply)) => {
            let data = reply.data().unwrap().clone().try_into().unwrap();
            (*reply, data)
        }
        verdict => panic!("{verdict:?}"),
    }
}

/// `<kind>/<name>` of the keys that a reply names, in its order.
fn keys(verdict: Verdict) -> Vec<String> {
    let (_, data) = replied(verdict);
    data["changes"].as_array().unwrap().iter().map(|change| short(change["key"].as_str().unwrap())).collect()
}

fn short(key: &str) -> String {
    let parts: Vec<_> = key.trim_end_matches(".yaml").split('/').collect();
    format!("{}/{}", parts[3], parts[parts.len() - 1])
}

async fn eventually(holds: impl Fn() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while !holds() {
        assert!(Instant::now() < deadline, "it did not come true");
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}
