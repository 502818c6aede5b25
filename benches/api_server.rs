//! An API server as far as a resync asks one, at the wire: discovery, a Promise, an ApiServerSource, and many Apps in pages.

use anyhow::Context as _;
use axum::{Router, extract::State, response::IntoResponse};
use http::{StatusCode, Uri, header::CONTENT_TYPE};
use serde_json::{Value, json};
use std::{
    fmt::Write,
    net::{Ipv4Addr, SocketAddr},
    sync::{Arc, PoisonError, RwLock},
};
use tokio::net::TcpListener;

/// How many Apps live in a namespace.
const OF_NAMESPACE: usize = 200;

const APP: &str = include_str!("../tests/fixtures/captures/apiserversource/resource/19-kratix-app-update.http");
const PROMISE: &str = include_str!("../tests/fixtures/captures/apiserversource/resource/22-kratix-promise-update.http");

/// Where the Apps are listed.
pub(crate) const APPS: &str = "/apis/workshop.kratix.io/v1/apps";

/// A cluster with Apps. It serves on a thread of its own, so that it is not in the way of who measures.
pub(crate) struct ApiServer {
    pub(crate) address: SocketAddr,
    objects: Arc<Objects>,
}

struct Objects {
    promise: Value,
    apps: RwLock<Vec<String>>,
}

impl ApiServer {
    pub(crate) fn start(apps: usize) -> anyhow::Result<Self> {
        let apps = (0..apps).map(|nth| app(nth, 0)).collect::<anyhow::Result<_>>()?;
        let objects = Arc::new(Objects { promise: captured(PROMISE)?, apps: RwLock::new(apps) });
        let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let router = Router::new().fallback(answer).with_state(objects.clone());
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        std::thread::spawn(move || {
            runtime.block_on(async { axum::serve(TcpListener::from_std(listener)?, router).await })
        });
        Ok(Self { address, objects })
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

    /// The mean length of an App.
    pub(crate) fn app_bytes(&self) -> usize {
        let apps = self.objects.apps.read().unwrap_or_else(PoisonError::into_inner);
        apps.iter().map(String::len).sum::<usize>() / apps.len().max(1)
    }

    /// Changes one of every hundred Apps; `round` tells the changes apart.
    pub(crate) fn change_one_percent(&self, round: usize) -> anyhow::Result<()> {
        let mut apps = self.objects.apps.write().unwrap_or_else(PoisonError::into_inner);
        for nth in (0..apps.len()).step_by(100) {
            apps[nth] = app(nth, round)?;
        }
        Ok(())
    }
}

async fn answer(State(objects): State<Arc<Objects>>, uri: Uri) -> impl IntoResponse {
    let found = match uri.path() {
        "/api/v1/namespaces/kube-system" => json!({"metadata": {"name": "kube-system", "uid": "bench"}}).to_string(),
        "/apis/platform.kratix.io" => group("v1alpha1"),
        "/apis/platform.kratix.io/v1alpha1" => resources("Promise", "promises", false),
        "/apis/platform.kratix.io/v1alpha1/promises" => list([objects.promise.to_string()].iter(), ""),
        "/apis/workshop.kratix.io" => group("v1"),
        "/apis/workshop.kratix.io/v1" => resources("App", "apps", true),
        "/apis/sources.knative.dev/v1/namespaces/callboard/apiserversources" => list([source()].iter(), ""),
        APPS => page(&objects.apps.read().unwrap_or_else(PoisonError::into_inner), uri.query().unwrap_or_default()),
        _ => return (StatusCode::NOT_FOUND, [(CONTENT_TYPE, "application/json")], r#"{"kind":"Status"}"#.to_owned()),
    };
    (StatusCode::OK, [(CONTENT_TYPE, "application/json")], found)
}

/// The page that the query asks for; the continue token is the number of the first App.
fn page(apps: &[String], query: &str) -> String {
    let asked = |name| query.split('&').filter_map(|pair| pair.split_once('=')).find(|(key, _)| *key == name);
    let number = |name| asked(name).and_then(|(_, value)| value.parse::<usize>().ok());
    let from = number("continue").unwrap_or_default().min(apps.len());
    let to = number("limit").map_or(apps.len(), |limit| apps.len().min(from + limit));
    let next = if to < apps.len() { to.to_string() } else { String::new() };
    list(apps[from..to].iter(), &next)
}

fn list<'a>(items: impl Iterator<Item = &'a String>, next: &str) -> String {
    let head =
        json!({"apiVersion": "v1", "kind": "List", "metadata": {"resourceVersion": "90000000", "continue": next}});
    let mut list = head.to_string();
    list.truncate(list.len() - 1);
    list += ",\"items\":[";
    for (nth, item) in items.enumerate() {
        let comma = if nth == 0 { "" } else { "," };
        write!(list, "{comma}{item}").expect("a String takes whatever is written");
    }
    list + "]}"
}

fn group(version: &str) -> String {
    json!({"versions": [{"version": version}], "preferredVersion": {"version": version}}).to_string()
}

fn resources(kind: &str, plural: &str, namespaced: bool) -> String {
    let verbs = ["get", "list", "watch"];
    json!({"resources": [{"name": plural, "kind": kind, "namespaced": namespaced, "verbs": verbs}]}).to_string()
}

fn source() -> String {
    json!({
        "metadata": {"name": "workshop-kratix-io", "namespace": "callboard", "uid": "source", "resourceVersion": "7"},
        "spec": {
            "mode": "Resource",
            "resources": [{"apiVersion": "workshop.kratix.io/v1", "kind": "App"}],
            "ceOverrides": {"extensions": {"callboard": "apps"}},
        },
    })
    .to_string()
}

/// The captured App under another name, in the order of a list, with what Kratix adds to one that is done.
fn app(nth: usize, round: usize) -> anyhow::Result<String> {
    let mut app = captured(APP)?;
    let (name, version) = (format!("todo-{nth:05}"), (100_000 + round * 100_000 + nth).to_string());
    let metadata = app["metadata"].as_object_mut().context("the captured App has no metadata")?;
    metadata.insert("name".into(), name.as_str().into());
    metadata.insert("namespace".into(), format!("team-{:03}", nth / OF_NAMESPACE).into());
    metadata.insert("uid".into(), format!("a654c14b-36c4-4188-8a80-{nth:012}").into());
    metadata.insert("resourceVersion".into(), version.into());
    metadata.insert("labels".into(), json!({"kratix.io/promise-name": "app"}));
    let finalizers = ["kratix.io/work-cleanup", "kratix.io/workflows-cleanup", "kratix.io/delete-workflows"];
    metadata.insert("finalizers".into(), json!(finalizers));
    let managed = metadata.get_mut("managedFields").and_then(Value::as_array_mut);
    managed.context("the captured App has no managedFields")?.push(managed_status());
    app["status"] = status(&name, round);
    Ok(app.to_string())
}

fn status(name: &str, round: usize) -> Value {
    let at = "2026-11-21T02:24:41Z";
    let condition = |ty: &str, reason: &str, message: &str| json!({"type": ty, "status": "True", "reason": reason, "message": message, "lastTransitionTime": at});
    json!({
        "conditions": [
            condition("WorksSucceeded", "WorksSucceeded", "All works associated with this resource are ready"),
            condition("Reconciled", "Reconciled", "Reconciled"),
            condition("ConfigureWorkflowCompleted", "PipelinesExecutedSuccessfully", "Pipelines executed successfully"),
        ],
        "endpoint": format!("http://{name}.apps.example:31337/{round}"),
        "kratix": {"workflows": {
            "lastSuccessfulConfigureWorkflowTime": at,
            "pipelines": [{"name": "mypipeline", "phase": "Succeeded", "lastTransitionTime": at}],
        }},
        "message": "deployed",
        "observedGeneration": 1,
        "promiseVersion": "v1.0.0",
        "workflows": 1, "workflowsSucceeded": 1, "workflowsFailed": 0,
    })
}

fn managed_status() -> Value {
    let condition =
        json!({".": {}, "f:lastTransitionTime": {}, "f:message": {}, "f:reason": {}, "f:status": {}, "f:type": {}});
    let of = |ty: &str| format!("k:{{\"type\":\"{ty}\"}}");
    json!({
        "apiVersion": "workshop.kratix.io/v1", "fieldsType": "FieldsV1", "manager": "manager", "operation": "Update",
        "subresource": "status", "time": "2026-11-21T02:24:41Z",
        "fieldsV1": {"f:status": {
            ".": {}, "f:endpoint": {}, "f:message": {}, "f:observedGeneration": {}, "f:promiseVersion": {}, "f:workflows": {},
            "f:workflowsFailed": {}, "f:workflowsSucceeded": {},
            "f:conditions": {
                ".": {}, of("WorksSucceeded"): condition, of("Reconciled"): condition,
                of("ConfigureWorkflowCompleted"): condition,
            },
            "f:kratix": {".": {}, "f:workflows": {
                ".": {}, "f:lastSuccessfulConfigureWorkflowTime": {}, "f:pipelines": {},
            }},
        }},
    })
}

/// The object in a captured request.
fn captured(request: &str) -> anyhow::Result<Value> {
    let (_, body) = request.split_once("\r\n\r\n").context("the capture has no body")?;
    serde_json::from_str(body).context("the capture is no JSON")
}
