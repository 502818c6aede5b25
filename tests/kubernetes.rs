//! A Kubernetes in memory, as a client sees it at the wire: objects that are applied and deleted, discovery that follows
//! the CustomResourceDefinitions, paged lists of one moment, and faults that can be switched on.
//!
//! What a change leads to is told as ApiServerSource would; a test decides which of these events arrive.

mod definitions;
mod events;
mod wire;

pub(crate) use definitions::{definition, of_knative, promise};
#[allow(unused_imports, reason = "not each suite sends events")]
pub(crate) use events::{at, reference, resource, timed};

use axum::{Router, extract::Request};
use cluster::{Client, Cluster};
use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    convert::Infallible,
    sync::{Arc, Mutex},
    time::Duration,
};
use tempfile::NamedTempFile;
use tokio::net::TcpListener;
use tower::service_fn;

/// A cluster; its clones are the same one.
#[derive(Debug, Clone)]
pub(crate) struct Kubernetes(Arc<Mutex<State>>);

/// How a request goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// It is answered with this status, and nothing else.
    Status(u16),
    /// 429, and to come back after so many seconds.
    Busy(u32),
    /// The connection breaks in the middle of the answer.
    Half,
    /// The answer takes so long.
    Slow(Duration),
    /// No page of a list is the last one. Each has so many objects that no page had before.
    Endless(usize),
}

#[derive(Debug)]
struct State {
    /// By `plural.group`, then by `[<namespace>/]<name>`.
    objects: BTreeMap<String, BTreeMap<String, Value>>,
    kinds: Vec<Kind>,
    version: u64,
    page: usize,
    snapshots: Vec<Snapshot>,
    faults: Vec<(String, Fault, usize)>,
    requests: Vec<String>,
    /// JSON that stands for [`Kubernetes::FILLER`] in what is answered.
    filler: Option<String>,
    /// What accounts may not do, by what its line (see [`Kubernetes::requests`]) begins with.
    denied: Vec<String>,
}

/// What is served of one kind.
#[derive(Debug, Clone)]
struct Kind {
    group: String,
    /// The preferred first.
    versions: Vec<String>,
    kind: String,
    plural: String,
    is_namespaced: bool,
}

/// A list, as it was when its first page was asked for.
#[derive(Debug)]
struct Snapshot {
    version: u64,
    items: Vec<Value>,
}

impl Kubernetes {
    /// A cluster with Kratix's and Knative's kinds and no objects of theirs.
    pub(crate) fn new() -> Self {
        let state = State {
            objects: BTreeMap::new(),
            kinds: Kind::of_kubernetes(),
            version: 1000,
            page: usize::MAX,
            snapshots: Vec::new(),
            faults: Vec::new(),
            requests: Vec::new(),
            filler: None,
            denied: Vec::new(),
        };
        let kubernetes = Self(Arc::new(Mutex::new(state)));
        kubernetes.apply(json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "kube-system"}}));
        definitions::installed().into_iter().for_each(|definition| drop(kubernetes.apply(definition)));
        kubernetes
    }

    /// The value of a field that [`Self::fill`] replaces.
    pub(crate) const FILLER: &str = "FILLER";

    /// From now on answers have this JSON where an object has the filler, which takes no memory here.
    #[allow(dead_code, reason = "tests/hostile.rs uses it")]
    pub(crate) fn fill(&self, json: &str) {
        self.0.lock().unwrap().filler = Some(json.to_owned());
    }

    /// A client of it, in the namespace `callboard`.
    pub(crate) fn cluster(&self) -> Cluster {
        let server = self.clone();
        let service = service_fn(move |request| {
            let server = server.clone();
            async move { Ok::<_, Infallible>(server.answer(request).await.send().await) }
        });
        Cluster::new(Client::new(service, "callboard"))
    }

    /// Serves it on a port of its own; returns the kubeconfig.
    pub(crate) async fn serve(&self) -> NamedTempFile {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let server = self.clone();
        let answer = move |request: Request| async move { server.answer(request).await.send().await };
        tokio::spawn(async { axum::serve(listener, Router::new().fallback(answer)).await });
        let kubeconfig = json!({
            "clusters": [{"name": "c", "cluster": {"server": format!("http://{address}")}}],
            "users": [{"name": "u", "user": {}}],
            "contexts": [{"name": "it", "context": {"cluster": "c", "user": "u", "namespace": "callboard"}}],
            "current-context": "it",
        });
        let file = NamedTempFile::new().unwrap();
        std::fs::write(&file, kubeconfig.to_string()).unwrap();
        file
    }

    /// Makes the object be so, in a new version, and returns it as it is stored. That of a CustomResourceDefinition
    /// makes its kind be served.
    pub(crate) fn apply(&self, mut object: Value) -> Value {
        let mut state = self.0.lock().unwrap();
        let (kind, name) = state.place(&object);
        state.version += 1;
        let version = state.version;
        let known = state.objects.entry(kind).or_default();
        let uid = known.get(&name).map_or(json!(format!("uid-{version}")), |it| it["metadata"]["uid"].clone());
        object["metadata"]["uid"] = uid;
        object["metadata"]["resourceVersion"] = version.to_string().into();
        known.insert(name, object.clone());
        if let Some(defined) = Kind::defined_by(&object) {
            state.kinds.retain(|kind| kind.resource() != defined.resource());
            state.kinds.push(defined);
        }
        object
    }

    /// Makes the object be there as it was elsewhere, in its own life and version; the next version is a later one.
    pub(crate) fn restore(&self, object: &Value) {
        let mut state = self.0.lock().unwrap();
        let (kind, name) = state.place(object);
        let version = object["metadata"]["resourceVersion"].as_str().map(|it| it.parse().unwrap());
        state.version = state.version.max(version.expect("it has a version"));
        state.objects.entry(kind).or_default().insert(name, object.clone());
    }

    /// Deletes the object and returns its last state, in the version of its deletion. With a CustomResourceDefinition
    /// all objects of its kind go.
    pub(crate) fn delete(&self, object: &Value) -> Value {
        let mut state = self.0.lock().unwrap();
        let (kind, name) = state.place(object);
        state.version += 1;
        let mut last = state.objects.get_mut(&kind).and_then(|known| known.remove(&name)).expect("it is there");
        last["metadata"]["resourceVersion"] = state.version.to_string().into();
        if let Some(defined) = Kind::defined_by(&last) {
            state.objects.remove(&defined.resource());
            state.kinds.retain(|kind| kind.resource() != defined.resource());
        }
        last
    }

    /// The first object of a kind, `plural.group`, that has this name.
    pub(crate) fn find(&self, resource: &str, name: &str) -> Option<Value> {
        let state = self.0.lock().unwrap();
        state.objects.get(resource)?.values().find(|object| object["metadata"]["name"] == name).cloned()
    }

    /// Applies a Promise and, as Kratix would, the definition of what it offers; returns the Promise.
    pub(crate) fn install(&self, promise: Value) -> Value {
        if let Some(api) = promise.pointer("/spec/api") {
            self.apply(api.clone());
        }
        self.apply(promise)
    }

    /// Another cluster: built again, its versions counted from here.
    pub(crate) fn rebuild(&self, version: u64) {
        let mut state = self.0.lock().unwrap();
        state.version = version;
        let namespaces = state.objects.get_mut("namespaces").expect("there is kube-system");
        namespaces.get_mut("kube-system").expect("it is there")["metadata"]["uid"] =
            json!(format!("rebuilt-{version}"));
    }

    /// From now on a page has at most so many items.
    pub(crate) fn pages_of(&self, items: usize) {
        self.0.lock().unwrap().page = items;
    }

    /// From now on so many of the requests go wrong whose line (see [`Self::requests`]) begins so; nothing: any.
    pub(crate) fn break_off(&self, requests: &str, fault: Fault, times: usize) {
        self.0.lock().unwrap().faults.push((requests.to_owned(), fault, times));
    }

    /// Takes the right to read a kind, `plural.group`.
    pub(crate) fn forbid(&self, resource: &str) {
        for verb in ["get", "list"] {
            self.break_off(&format!("{verb} {resource}"), Fault::Status(403), usize::MAX);
        }
    }

    /// Takes a right from an account: `callboard-mesh list triggers.eventing.knative.dev`.
    pub(crate) fn deny(&self, right: &str) {
        self.0.lock().unwrap().denied.push(format!("may {right}"));
    }

    /// All goes well again.
    pub(crate) fn recover(&self) {
        self.0.lock().unwrap().faults.clear();
    }

    /// The requests since this was last asked: `get apps.workshop.kratix.io default/todo`, `list promises.platform.kratix.io`,
    /// `list apps.workshop.kratix.io default/ named todo`, the same with `metadata` where no more is asked for, and with `more`
    /// for a later page; with `labelled LABEL` where only those are
    /// asked for; `discover workshop.kratix.io`; `may callboard-mesh list triggers.eventing.knative.dev`, and if it is asked for less,
    /// ` in shop` or ` named todo`.
    pub(crate) fn requests(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().unwrap().requests)
    }
}

impl State {
    /// In which map an object lies, and where.
    fn place(&self, object: &Value) -> (String, String) {
        let text = |pointer: &str| object.pointer(pointer).and_then(Value::as_str);
        let api_version = text("/apiVersion").expect("an object has an apiVersion");
        let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
        let kind = text("/kind").expect("an object has a kind");
        let of = |it: &&Kind| it.group == group && it.kind == kind && it.versions.iter().any(|it| it == version);
        let served = self.kinds.iter().find(of).unwrap_or_else(|| panic!("{kind} of {api_version} is not served"));
        let namespace = text("/metadata/namespace").filter(|_| served.is_namespaced);
        let name = text("/metadata/name").expect("an object has a name");
        (served.resource(), Kind::key(namespace, name))
    }
}

impl Kind {
    /// `plural.group`.
    fn resource(&self) -> String {
        format!("{}.{}", self.plural, self.group).trim_end_matches('.').to_owned()
    }

    fn key(namespace: Option<&str>, name: &str) -> String {
        namespace.map(|namespace| format!("{namespace}/")).unwrap_or_default() + name
    }
}
