//! What the functions make of events that do not carry their object, or are late: the cluster is asked.

mod late;
mod references;
mod shadows;
mod start;

use crate::{
    kubernetes::{Kubernetes, timed},
    memory::Memory,
    support::settings,
};
use bucket::{Bucket, Honours};
use callboard::{
    clock::Clock,
    context::Context,
    serving::{Functions, Serving},
};
use cloudevents::{AttributesReader, Event};
use events::{Nothing, Reply, Verdict};
use runtime::Handler;
use serde_json::{Value, json};
use std::sync::Arc;

/// What time it is, in milliseconds since the epoch.
const NOW: i64 = 1_800_000_000_000;

/// All functions in one process that has just started, beside a cluster.
struct Live {
    kubernetes: Kubernetes,
    store: Memory,
    process: Functions<Memory>,
}

impl Live {
    fn new() -> Self {
        Self::over(Kubernetes::new(), Memory::default())
    }

    fn over(kubernetes: Kubernetes, store: Memory) -> Self {
        let settings = settings();
        let bucket = Bucket::new(store.clone(), settings.layout.clone(), Honours::Unknown);
        let context = Context::new(settings, bucket).with_cluster(kubernetes.cluster()).with_clock(Clock::new(|| NOW));
        let process = Functions { serving: Serving::All, context: Arc::new(context) };
        Self { kubernetes, store, process }
    }

    /// The process ends and another begins.
    fn restarted(self) -> Self {
        Self::over(self.kubernetes, self.store)
    }

    async fn handle(&self, event: Event) -> Verdict {
        self.process.handle(timed(event, NOW)).await
    }

    /// The subject of the reply to an event that changes the catalog, and what became of its entities.
    async fn changed(&self, event: Event) -> (String, Value) {
        let cause = json!([event.source(), event.id()]);
        let reply = match self.handle(event).await {
            Ok(Reply::Changed(reply)) => *reply,
            verdict => panic!("{verdict:?}"),
        };
        let data: Value = reply.data().unwrap().clone().try_into().unwrap();
        assert_eq!(json!([data["cause"]["source"], data["cause"]["id"]]), cause);
        (reply.subject().unwrap().to_owned(), data["changes"][0]["entities"].clone())
    }

    /// Why an event changes nothing.
    async fn nothing(&self, event: Event) -> Nothing {
        match self.handle(event).await {
            Ok(Reply::Nothing(why)) => why,
            verdict => panic!("{verdict:?}"),
        }
    }

    /// The title of the entity at a key that ends so.
    fn title(&self, key: &str) -> Option<String> {
        let entities = self.store.entities();
        let (_, text) = entities.iter().find(|(it, _)| it.ends_with(key))?;
        let line = text.lines().find_map(|line| line.trim().strip_prefix("title: "))?;
        Some(line.trim_matches('"').to_owned())
    }
}

/// An App of the workshop.
fn app(title: &str) -> Value {
    request("workshop.kratix.io/v1", "App", title)
}

/// A request `todo` in the namespace `default`.
fn request(api_version: &str, kind: &str, title: &str) -> Value {
    let metadata = json!({"name": "todo", "namespace": "default", "annotations": {"callboard.dev/title": title}});
    json!({"apiVersion": api_version, "kind": kind, "metadata": metadata, "spec": {"image": "todo:v1"}})
}
