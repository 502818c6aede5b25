//! A fake API server: a function from path and query to an answer, and a record of what was asked.

use bytes::Bytes;
use cluster::{Body, Client, Cluster};
use events::ObjectRef;
use futures::{StreamExt, stream};
use http::{Request, Response};
use http_body_util::{BodyExt, Full, StreamBody, combinators::UnsyncBoxBody};
use hyper::body::Frame;
use serde_json::{Value, json};
use std::{
    convert::Infallible,
    io,
    sync::{Arc, Mutex},
    time::Duration,
};
use tower::service_fn;

type Content = UnsyncBoxBody<Bytes, io::Error>;

/// An answer of the API server.
pub(crate) struct Answer {
    status: u16,
    body: Content,
    retry_after: Option<&'static str>,
    after: Duration,
}

/// What was asked, in order: path and query, and if it is not plain JSON, what is accepted.
#[derive(Clone, Default)]
pub(crate) struct Asked(Arc<Mutex<Vec<String>>>);

impl Asked {
    /// All since the last call.
    pub(crate) fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

impl Answer {
    /// 200 with this text.
    pub(crate) fn text(text: impl Into<String>) -> Self {
        let body = Full::new(Bytes::from(text.into())).map_err(|never: Infallible| match never {});
        Self { status: 200, body: body.boxed_unsync(), retry_after: None, after: Duration::ZERO }
    }

    /// 200 with these pieces, the last of which may be an error.
    pub(crate) fn pieces(pieces: impl Iterator<Item = io::Result<Bytes>> + Send + 'static) -> Self {
        let frames = stream::iter(pieces).map(|piece| piece.map(Frame::data));
        Self { body: StreamBody::new(frames).boxed_unsync(), ..Self::text("") }
    }

    /// A refusal, as Kubernetes words it.
    pub(crate) fn refusal(status: u16, message: &str) -> Self {
        let said =
            json!({"kind": "Status", "apiVersion": "v1", "status": "Failure", "message": message, "code": status});
        Self { status, ..Self::text(said.to_string()) }
    }

    /// 404 of the named object.
    pub(crate) fn no_object(name: &str) -> Self {
        let said = json!({"kind": "Status", "reason": "NotFound", "details": {"name": name}, "code": 404});
        Self { status: 404, ..Self::text(said.to_string()) }
    }

    /// 404 of the path, which is no Status.
    pub(crate) fn no_path() -> Self {
        Self { status: 404, ..Self::text("404 page not found\n") }
    }

    pub(crate) fn retry_after(self, seconds: &'static str) -> Self {
        Self { retry_after: Some(seconds), ..self }
    }

    pub(crate) fn after(self, after: Duration) -> Self {
        Self { after, ..self }
    }
}

impl From<Value> for Answer {
    fn from(value: Value) -> Self {
        Self::text(value.to_string())
    }
}

/// A cluster that answers so.
pub(crate) fn cluster(answer: impl Fn(&str) -> Answer + Send + Sync + 'static) -> (Cluster, Asked) {
    let (asked, answer) = (Asked::default(), Arc::new(answer));
    let requests = asked.clone();
    let service = service_fn(move |request: Request<Body>| {
        let uri = request.uri().to_string();
        let answer = answer(&uri);
        let accept = request.headers()["accept"].to_str().unwrap();
        requests.0.lock().unwrap().push(uri + accept.trim_start_matches("application/json"));
        async move {
            tokio::time::sleep(answer.after).await;
            let response = Response::builder().status(answer.status);
            let response = answer.retry_after.into_iter().fold(response, |it, wait| it.header("retry-after", wait));
            Ok::<_, Infallible>(response.body(answer.body).unwrap())
        }
    });
    (Cluster::new(Client::new(service, "callboard")), asked)
}

/// Discovery of `example.org` with App, namespaced, in v1 and v1beta1, and Jenkins, cluster-scoped, in v1beta1 alone;
/// and of the core group with Service.
pub(crate) fn discovery(path: &str) -> Option<Answer> {
    let resource = |name: &str, kind: &str, namespaced| json!({"name": name, "kind": kind, "namespaced": namespaced, "verbs": ["get", "list"]});
    let resources = |resources: &[Value]| Some(json!({"kind": "APIResourceList", "resources": resources}).into());
    match path {
        "/api/v1" => resources(&[resource("services", "Service", true), resource("services/status", "Service", true)]),
        "/apis/example.org" => {
            let versions = json!([{"version": "v1beta1"}, {"version": "v1"}]);
            Some(json!({"versions": versions, "preferredVersion": {"version": "v1"}}).into())
        }
        "/apis/example.org/v1" => resources(&[resource("apps", "App", true)]),
        "/apis/example.org/v1beta1" => {
            resources(&[resource("apps", "App", true), resource("jenkins", "Jenkins", false)])
        }
        _ => None,
    }
}

pub(crate) fn app(name: &str) -> ObjectRef {
    ObjectRef::new("example.org/v1", "App", Some("shop"), name).unwrap()
}

/// A stored object, without its kind.
pub(crate) fn stored(name: &str) -> Value {
    let fields = json!([{"manager": "kratix", "fieldsV1": {"f:spec": {}}}]);
    json!({"metadata": {"name": name, "namespace": "shop", "uid": "u", "resourceVersion": "7", "managedFields": fields}})
}

/// A page of a list.
pub(crate) fn page(names: &[&str], next: &str) -> Answer {
    let items: Vec<_> = names.iter().map(|name| stored(name)).collect();
    json!({"kind": "AppList", "metadata": {"resourceVersion": "42", "continue": next}, "items": items}).into()
}
