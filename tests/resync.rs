//! A resync: whatever was missed, the bucket says what the cluster says, or what would be deleted is held.

mod alone;
mod dead_letters;
mod drift;
mod hanging;
mod held;
mod held_on;
mod meshed;
mod other_cluster;
mod schedules;
mod slices;
mod unserved;

use crate::{
    kubernetes::{Kubernetes, definition, promise, resource, timed},
    memory::Memory,
    support::settings,
};
use axum::{Router, extract::State, routing::post};
use bucket::{Bucket, Honours};
use callboard::{
    clock::Clock,
    context::Context,
    resync::Pace,
    serving::{Functions, Serving},
};
use clap::Parser;
use cloudevents::{Event, EventBuilder, EventBuilderV10};
use events::{Nothing, Reply, Verdict};
use http::{HeaderMap, StatusCode};
use runtime::{Handler, Sink, SinkArgs};
use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::Duration,
};

const GROUP: &str = "workshop.kratix.io";

/// A cluster with the Promise `app` and a source of its kind, a bucket, and a process of all functions.
struct World {
    kubernetes: Kubernetes,
    store: Memory,
    process: Functions<Memory>,
    resyncs: Mutex<usize>,
    /// What was posted to the sink: type and data.
    posted: Posted,
    /// Whether the sink takes nothing.
    down: Arc<AtomicBool>,
}

pub(crate) type Posted = Arc<Mutex<Vec<(String, Value)>>>;

#[derive(clap::Parser)]
struct Args {
    #[command(flatten)]
    sink: SinkArgs,
}

impl World {
    async fn new() -> Self {
        let kubernetes = Kubernetes::new();
        kubernetes.install(app_promise());
        kubernetes.apply(source(&[(GROUP, "App")]));
        Self::over(kubernetes, Memory::default()).await
    }

    /// A process that has just started.
    async fn over(kubernetes: Kubernetes, store: Memory) -> Self {
        Self::with(kubernetes, store, |context| context).await
    }

    async fn with(kubernetes: Kubernetes, store: Memory, set: impl FnOnce(Context<Memory>) -> Context<Memory>) -> Self {
        let settings = settings();
        let bucket = Bucket::new(store.clone(), settings.layout.clone(), Honours::Conditions);
        let (posted, down) = (Posted::default(), Arc::new(AtomicBool::new(false)));
        let sink = sink(&posted, &down).await;
        let context = Context::new(settings, bucket).with_cluster(kubernetes.cluster()).with_sink(sink);
        let process = Functions { serving: Serving::All, context: Arc::new(set(context)) };
        Self { kubernetes, store, process, resyncs: Mutex::new(0), posted, down }
    }

    /// A request of the kind App, applied; no event of it arrives.
    fn app(&self, name: &str, image: &str) -> Value {
        self.kubernetes.apply(app(name, image))
    }

    async fn handle(&self, event: Event) -> Verdict {
        self.process.handle(timed(event, Clock::default().now())).await
    }

    async fn resync(&self) -> Verdict {
        let number = {
            let mut resyncs = self.resyncs.lock().unwrap();
            *resyncs += 1;
            *resyncs
        };
        self.handle(request(&number.to_string())).await
    }

    /// The data of the reply to a resync that changes something.
    async fn resynced(&self) -> Value {
        replied(self.resync().await)
    }

    /// A resync that finds nothing to report.
    async fn is_unchanged(&self) {
        assert_eq!(self.resync().await, Ok(Reply::Nothing(Nothing::Unchanged)));
    }

    /// The bucket has what a new install would fill it with.
    async fn is_as_rebuilt(&self) {
        assert_eq!(self.store.entities(), fresh(&self.kubernetes).await);
    }

    /// The names of the Apps in the bucket.
    fn apps(&self) -> Vec<String> {
        let prefix = format!("entities/main/{GROUP}/app/default/");
        let names = self.store.entities().into_keys();
        names.filter_map(|key| Some(key.strip_prefix(&prefix)?.strip_suffix(".yaml")?.to_owned())).collect()
    }

    /// What was posted of a type, since this was last asked.
    fn posted(&self, ty: &str) -> Vec<Value> {
        let mut posted = self.posted.lock().unwrap();
        let (of, others) = posted.drain(..).partition(|(it, _)| it == ty);
        *posted = others;
        of.into_iter().map(|(_, data)| data).collect()
    }
}

/// What a new install would fill a bucket with.
async fn fresh(kubernetes: &Kubernetes) -> BTreeMap<String, String> {
    let world = World::over(kubernetes.clone(), Memory::default()).await;
    world.resync().await.unwrap();
    world.store.entities()
}

fn request(id: &str) -> Event {
    let source = "/apis/v1/namespaces/callboard/pingsources/tick";
    event("dev.knative.sources.ping", source, id, json!({"callboard": "resync"}))
}

fn event(ty: &str, source: &str, id: &str, data: Value) -> Event {
    EventBuilderV10::new().id(id).source(source).ty(ty).data("application/json", data).build().unwrap()
}

fn replied(verdict: Verdict) -> Value {
    match verdict {
        Ok(Reply::Changed(reply)) => reply.data().unwrap().clone().try_into().unwrap(),
        verdict => panic!("{verdict:?}"),
    }
}

fn app_promise() -> Value {
    promise("app", definition(GROUP, ("App", "apps"), &["v1"], "Namespaced"))
}

fn app(name: &str, image: &str) -> Value {
    json!({
        "apiVersion": format!("{GROUP}/v1"),
        "kind": "App",
        "metadata": {"name": name, "namespace": "default", "annotations": {"callboard.dev/title": format!("{name} {image}")}},
        "spec": {"image": image},
    })
}

/// A source of Callboard that names these kinds.
fn source(kinds: &[(&str, &str)]) -> Value {
    let resource = |(group, kind): &(&str, &str)| json!({"apiVersion": format!("{group}/v1"), "kind": kind});
    json!({
        "apiVersion": "sources.knative.dev/v1",
        "kind": "ApiServerSource",
        "metadata": {"name": "ours", "namespace": "callboard"},
        "spec": {
            "resources": kinds.iter().map(resource).collect::<Vec<_>>(),
            "ceOverrides": {"extensions": {"callboard": "apps"}},
        },
    })
}

/// A server that takes whatever is posted, unless it is down.
pub(crate) async fn sink(posted: &Posted, down: &Arc<AtomicBool>) -> Sink {
    type Server = (Posted, Arc<AtomicBool>);
    let take = |State((posted, down)): State<Server>, headers: HeaderMap, body: String| async move {
        if down.load(Relaxed) {
            return StatusCode::BAD_REQUEST;
        }
        let ty = headers["ce-type"].to_str().unwrap().to_owned();
        posted.lock().unwrap().push((ty, serde_json::from_str(&body).unwrap()));
        StatusCode::ACCEPTED
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let router = Router::new().route("/", post(take)).with_state((posted.clone(), down.clone()));
    tokio::spawn(async { axum::serve(listener, router).await });
    Sink::new(&Args::parse_from(["test", "--sink", &url]).sink).unwrap().unwrap()
}
