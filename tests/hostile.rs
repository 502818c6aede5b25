//! Input that is made to take memory or time, or to stop the others: each case against the process as it is installed.
//! While a case goes on, the process says that it lives within a second, and it never takes 200 MiB.
//!
//! Not part of `cargo test`, because other tests beside it would change what it measures: `just hostile` prints what each
//! case took.

#![recursion_limit = "256"]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on shall end")]
#![allow(clippy::print_stdout, reason = "what each case took is printed")]

#[allow(dead_code, reason = "the other tests use more of it")]
mod binary;
#[path = "hostile/bodies.rs"]
mod bodies;
#[path = "hostile/connections.rs"]
mod connections;
#[path = "hostile/expressions.rs"]
mod expressions;
#[path = "hostile/kinds.rs"]
mod kinds;
#[allow(dead_code, reason = "the other tests use more of it")]
mod kubernetes;
#[path = "hostile/pages.rs"]
mod pages;
#[path = "hostile/patterns.rs"]
mod patterns;
#[path = "hostile/watch.rs"]
mod watch;

use binary::Served;
use bucket::Store;
use callboard::dev::endpoint::{Credentials, Endpoint, start};
use kubernetes::Kubernetes;
use serde_json::{Value, json};
use tempfile::NamedTempFile;
use tokio::{net::TcpListener, runtime::Handle, task::block_in_place};

const GROUP: &str = "workshop.kratix.io";
const ADD: &str = "dev.knative.apiserver.resource.add";

/// A function in front of a store, and perhaps a cluster.
struct Place {
    served: Served,
    store: Endpoint,
    _kubeconfig: Option<NamedTempFile>,
}

impl Place {
    async fn new(function: &str, kubernetes: Option<&Kubernetes>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let credentials = Credentials { access_key: "test".into(), secret_key: "test-secret".into() };
        let store = start(listener, "catalog", None, credentials).await.unwrap();
        let kubeconfig = match kubernetes {
            Some(kubernetes) => Some(kubernetes.serve().await),
            None => None,
        };
        let keys = store.credentials();
        let mut variables = vec![
            ("FUNCTION", function),
            ("AWS_ENDPOINT_URL_S3", store.url()),
            ("AWS_ACCESS_KEY_ID", &keys.access_key),
            ("AWS_SECRET_ACCESS_KEY", &keys.secret_key),
        ];
        variables.extend(kubeconfig.iter().map(|file| ("KUBECONFIG", file.path().to_str().unwrap())));
        let served = Served::start(&variables);
        Self { served, store, _kubeconfig: kubeconfig }
    }

    /// Sends the event that this object is there; the answer.
    fn add(&self, object: &str) -> String {
        self.served.send(&format!("ce-id: 1\r\nce-source: /hostile\r\nce-type: {ADD}\r\n"), object)
    }

    /// Asks for a resync; the answer.
    fn resync(&self) -> String {
        let source = "/apis/v1/namespaces/callboard/pingsources/tick";
        let head = format!("ce-id: 1\r\nce-source: {source}\r\nce-type: dev.knative.sources.ping\r\n");
        self.served.send(&head, r#"{"callboard": "resync"}"#)
    }

    /// How many objects of this kind are in the bucket.
    fn count(&self, kind: &str) -> usize {
        let (client, part) = (self.store.client(), format!("/{kind}/"));
        let listed = async { client.list("entities/", None).await.unwrap() };
        let page = block_in_place(|| Handle::current().block_on(listed));
        assert!(page.next.is_none(), "one page is enough for these cases");
        page.objects.iter().filter(|object| object.key.contains(&part)).count()
    }
}

fn app(name: &str, spec: &Value) -> Value {
    let metadata = json!({"name": name, "namespace": "default", "uid": name, "resourceVersion": "1"});
    json!({"apiVersion": format!("{GROUP}/v1"), "kind": "App", "metadata": metadata, "spec": spec})
}

/// JSON of so many bytes. An object with one field takes some 80 times its bytes when it is parsed.
fn dense(bytes: usize) -> String {
    let field = |n: usize| format!("\"{n}\":{{\"a\":1}}");
    let fields: Vec<_> = (0..bytes / field(10_000).len()).map(field).collect();
    format!("{{{}}}", fields.join(","))
}
