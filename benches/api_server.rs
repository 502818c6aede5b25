//! An API server at the wire, as far as discovery and lists in pages go. What it serves is given.

use anyhow::Context as _;
use axum::{Router, extract::State, response::IntoResponse};
use http::{StatusCode, Uri, header::CONTENT_TYPE};
use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    fmt::Write,
    net::{Ipv4Addr, SocketAddr},
    sync::{Arc, Mutex, PoisonError, RwLock},
};
use tokio::net::TcpListener;

/// A cluster. It serves on a thread of its own, so that it is not in the way of who measures.
pub(crate) struct ApiServer {
    pub(crate) address: SocketAddr,
    pub(crate) served: Arc<Served>,
}

/// A kind with all its objects, as JSON.
pub(crate) struct Kind {
    pub(crate) api_version: &'static str,
    pub(crate) kind: &'static str,
    pub(crate) plural: &'static str,
    pub(crate) objects: Vec<String>,
}

/// What there is.
#[derive(Default)]
pub(crate) struct Served {
    /// By path.
    documents: BTreeMap<String, String>,
    /// The objects of a kind in all namespaces, by path.
    pub(crate) lists: BTreeMap<String, RwLock<Vec<String>>>,
    /// The pages that were asked for: path and query.
    pub(crate) asked: Mutex<Vec<String>>,
}

impl ApiServer {
    pub(crate) fn start(kinds: Vec<Kind>) -> anyhow::Result<Self> {
        let served = Arc::new(Served::of(kinds));
        let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let router = Router::new().fallback(answer).with_state(served.clone());
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        std::thread::spawn(move || {
            runtime.block_on(async { axum::serve(TcpListener::from_std(listener)?, router).await })
        });
        Ok(Self { address, served })
    }

    /// What a client needs to find it.
    pub(crate) fn kubeconfig(&self) -> String {
        json!({
            "apiVersion": "v1", "kind": "Config", "current-context": "bench",
            "clusters": [{"name": "bench", "cluster": {"server": format!("http://{}", self.address)}}],
            "users": [{"name": "bench", "user": {}}],
            "contexts": [{"name": "bench", "context": {"cluster": "bench", "user": "bench", "namespace": "callboard"}}],
        })
        .to_string()
    }
}

impl Served {
    fn of(kinds: Vec<Kind>) -> Self {
        let mut served = Self::default();
        let system = json!({"metadata": {"name": "kube-system", "uid": "bench"}});
        served.documents.insert("/api/v1/namespaces/kube-system".into(), system.to_string());
        let mut resources: BTreeMap<String, Vec<Value>> = BTreeMap::new();
        for Kind { api_version, kind, plural, objects } in kinds {
            let root = match api_version.split_once('/') {
                None => format!("/api/{api_version}"),
                Some((group, _)) => {
                    served.documents.insert(format!("/apis/{group}"), String::new());
                    format!("/apis/{api_version}")
                }
            };
            let namespaced = !["CustomResourceDefinition", "Namespace", "Promise"].contains(&kind);
            let verbs = ["get", "list", "watch"];
            let resource = json!({"name": plural, "kind": kind, "namespaced": namespaced, "verbs": verbs});
            resources.entry(root.clone()).or_default().push(resource);
            served.lists.insert(format!("{root}/{plural}"), RwLock::new(objects));
        }
        for (path, document) in served.documents.iter_mut().filter(|(_, document)| document.is_empty()) {
            let versions = resources.keys().filter_map(|root| root.strip_prefix(path)?.strip_prefix('/'));
            let versions: Vec<_> = versions.map(|version| json!({"version": version})).collect();
            *document = json!({"preferredVersion": versions[0], "versions": versions}).to_string();
        }
        let resources = resources.into_iter().map(|(root, of)| (root, json!({"resources": of}).to_string()));
        served.documents.extend(resources);
        served
    }

    /// The page that a query asks for; the continue token is the number of its first object.
    fn page(&self, list: &RwLock<Vec<String>>, uri: &Uri) -> String {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).push(uri.to_string());
        let query = uri.query().unwrap_or_default();
        let asked = |name| query.split('&').filter_map(|pair| pair.split_once('=')).find(|(key, _)| *key == name);
        let number = |name| asked(name).and_then(|(_, value)| value.parse::<usize>().ok());
        let label = asked("labelSelector").map(|(_, of)| of.replace("%2F", "/").replace("%3D", "\":\""));
        let objects = list.read().unwrap_or_else(PoisonError::into_inner);
        let objects = objects.iter().filter(|it| label.as_ref().is_none_or(|label| it.contains(label)));
        let (from, limit) = (number("continue").unwrap_or_default(), number("limit").unwrap_or(usize::MAX));
        let mut left = objects.skip(from);
        let page: Vec<_> = left.by_ref().take(limit).collect();
        let next = left.next().map(|_| from + limit);
        written(&page, next)
    }
}

async fn answer(State(served): State<Arc<Served>>, uri: Uri) -> impl IntoResponse {
    let json = [(CONTENT_TYPE, "application/json")];
    if let Some(document) = served.documents.get(uri.path()) {
        return (StatusCode::OK, json, document.clone());
    }
    match served.lists.get(&of_all_namespaces(uri.path())) {
        Some(list) => (StatusCode::OK, json, served.page(list, &uri)),
        None => (StatusCode::NOT_FOUND, json, r#"{"kind":"Status"}"#.to_owned()),
    }
}

/// Each kind of which one namespace is listed has its objects in that one.
fn of_all_namespaces(path: &str) -> String {
    match path.split_once("/namespaces/").and_then(|(root, rest)| Some((root, rest.split_once('/')?.1))) {
        Some((root, plural)) => format!("{root}/{plural}"),
        None => path.to_owned(),
    }
}

fn written(objects: &[&String], next: Option<usize>) -> String {
    let next = next.map(|next| next.to_string()).unwrap_or_default();
    let head =
        json!({"apiVersion": "v1", "kind": "List", "metadata": {"resourceVersion": "90000000", "continue": next}});
    let mut list = head.to_string();
    list.truncate(list.len() - 1);
    list += ",\"items\":[";
    for (nth, object) in objects.iter().enumerate() {
        let comma = if nth == 0 { "" } else { "," };
        write!(list, "{comma}{object}").expect("a String takes whatever is written");
    }
    list + "]}"
}

/// The object in a captured request.
pub(crate) fn captured(request: &str) -> anyhow::Result<Value> {
    let (_, body) = request.split_once("\r\n\r\n").context("the capture has no body")?;
    serde_json::from_str(body).context("the capture is no JSON")
}
