//! `callboard preview` knows what its input knows: it writes what the functions write when the same objects arrive as
//! events of a cluster, in any order.

use crate::{
    memory::Memory,
    support::{Seed, settings},
};
use bucket::{Bucket, Honours};
use callboard::{
    context::Context,
    ending::Ending,
    preview,
    serving::{Functions, Serving},
};
use clap::Parser;
use cloudevents::{Event, EventBuilder, EventBuilderV10};
use runtime::Handler;
use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    fs,
    io::sink,
    path::{Path, PathBuf},
    sync::Arc,
};

/// How many inputs are tried.
const INPUTS: u64 = 300;

/// An object as people write it, as a cluster has it, and the function for which its source is.
struct Written {
    manifest: Value,
    live: Value,
    function: Option<&'static str>,
}

#[derive(Parser)]
struct Line {
    #[command(flatten)]
    args: preview::Args,
}

#[tokio::test]
async fn preview_writes_what_the_functions_write() {
    let mut entities = 0;
    for input in 0..INPUTS {
        let mut seed = Seed(input);
        let mut objects = objects(&mut seed);
        let previewed = previewed(&objects);
        seed.shuffle(&mut objects);
        assert_eq!(previewed, served(&objects).await, "input {input}");
        entities += previewed.len();
    }
    assert!(entities as u64 > 5 * INPUTS, "only {entities} bucket objects were compared");
}

/// Some objects that may name each other: of the mesh, a Promise and its requests, and a source of a third party.
fn objects(seed: &mut Seed) -> Vec<Written> {
    let mut all = vec![];
    let namespaces = ["default", "shop"];
    let has_promise = seed.below(3) > 0;
    if has_promise {
        all.push(same(promise()));
    }
    let has_definition = seed.below(3) > 0;
    if has_definition {
        all.push(Written { function: Some("mesh"), ..same(definition()) });
    }
    for name in ["a", "b"] {
        let namespace = namespaces[seed.below(2)];
        let broker = namespaces[seed.below(2)];
        for kind in ["Namespace", "Broker", "EventType", "Service", "Trigger", "Queue", "FooSource", "Job"] {
            let spec = match kind {
                "Namespace" if name == "a" => json!({}),
                "Broker" | "Service" | "Queue" | "Job" => json!({}),
                "EventType" => json!({"type": format!("org.example.{name}"), "broker": either(seed)}),
                "Trigger" => json!({"broker": either(seed), "subscriber": {"ref": subscriber(seed)}}),
                "FooSource" => json!({"sink": {"ref": {"apiVersion": "eventing.knative.dev/v1", "kind": "Broker",
                    "name": "a", "namespace": broker}}}),
                _ => continue,
            };
            if seed.below(4) == 0 || kind == "Queue" && !has_promise || kind == "FooSource" && !has_definition {
                continue;
            }
            all.push(written(kind, namespace, name, &spec, seed));
        }
    }
    all
}

fn either(seed: &mut Seed) -> &'static str {
    ["a", "b"][seed.below(2)]
}

fn subscriber(seed: &mut Seed) -> Value {
    let (api_version, kind) =
        [("serving.knative.dev/v1", "Service"), ("example.org/v1", "Queue"), ("batch/v1", "Job")][seed.below(3)];
    json!({"apiVersion": api_version, "kind": kind, "name": either(seed)})
}

/// One object. Its manifest names no namespace if that is the default, and has no label that only Kratix sets.
fn written(kind: &str, namespace: &str, name: &str, spec: &Value, seed: &mut Seed) -> Written {
    let (api_version, function) = match kind {
        "Namespace" => ("v1", None),
        "Broker" | "Trigger" => ("eventing.knative.dev/v1", None),
        "EventType" => ("eventing.knative.dev/v1beta2", None),
        "Service" => ("serving.knative.dev/v1", None),
        "Queue" => ("example.org/v1", Some("apps")),
        "FooSource" => ("sources.example.org/v1", Some("mesh")),
        _ => ("batch/v1", None),
    };
    let mut live = json!({"apiVersion": api_version, "kind": kind, "metadata": {"name": name}, "spec": spec});
    if seed.below(4) == 0 {
        live["metadata"]["annotations"]["callboard.dev/component"] = json!("component:team/theirs");
    }
    let mut manifest = live.clone();
    match kind {
        "Namespace" => {
            live["metadata"]["name"] = json!("shop");
            manifest["metadata"]["name"] = json!("shop");
        }
        _ => {
            live["metadata"]["namespace"] = json!(namespace);
            if namespace != "default" || seed.below(2) == 0 {
                manifest["metadata"]["namespace"] = json!(namespace);
            }
        }
    }
    if kind == "Queue" {
        live["metadata"]["labels"] = json!({"kratix.io/promise-name": "queue"});
    }
    Written { manifest, live, function }
}

fn same(object: Value) -> Written {
    Written { manifest: object.clone(), live: object, function: None }
}

fn promise() -> Value {
    let crd = json!({"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "spec": {
        "group": "example.org", "scope": "Namespaced", "names": {"kind": "Queue", "plural": "queues"},
        "versions": [{"name": "v1", "served": true, "storage": true}]}});
    json!({"apiVersion": "platform.kratix.io/v1alpha1", "kind": "Promise", "metadata": {"name": "queue"},
        "spec": {"api": crd}})
}

fn definition() -> Value {
    json!({"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": {"name": "foosources.sources.example.org", "labels": {"duck.knative.dev/source": "true"},
            "annotations": {"registry.knative.dev/eventTypes": "[{\"type\": \"org.example.a\"}]"}},
        "spec": {"group": "sources.example.org", "scope": "Namespaced",
            "names": {"kind": "FooSource", "plural": "foosources"}, "versions": [{"name": "v1"}]}})
}

/// What `preview` writes.
fn previewed(objects: &[Written]) -> BTreeMap<String, String> {
    let folder = tempfile::tempdir().unwrap();
    let manifests: Vec<_> = objects.iter().map(|it| it.manifest.to_string()).collect();
    fs::write(folder.path().join("x.yaml"), manifests.join("\n---\n")).unwrap();
    let out = folder.path().join("out");
    let (file, to) = (folder.path().join("x.yaml"), out.to_str().unwrap().to_owned());
    let line = ["preview", file.to_str().unwrap(), "--out", &to, "--owner", "group:default/platform"];
    let Line { args } = Line::parse_from(line);
    assert_eq!(preview::print(&args, &mut sink(), &mut sink()).unwrap(), Ending::Fine);
    let mut files = BTreeMap::new();
    collect(&out.join("entities"), &out, &mut files);
    files
}

fn collect(folder: &Path, root: &Path, files: &mut BTreeMap<String, String>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for path in entries.map(|entry: std::io::Result<fs::DirEntry>| -> PathBuf { entry.unwrap().path() }) {
        if path.is_dir() {
            collect(&path, root, files);
        } else {
            let key = path.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
            files.insert(key, fs::read_to_string(&path).unwrap());
        }
    }
}

/// What the functions write of the events of these objects, as in `callboard dev`.
async fn served(objects: &[Written]) -> BTreeMap<String, String> {
    let (settings, store) = (settings(), Memory::default());
    let bucket = Bucket::new(store.clone(), settings.layout.clone(), Honours::Conditions);
    let context = Context::new(settings, bucket).with_mesh_of_events();
    let process = Functions { serving: Serving::All, context: Arc::new(context) };
    // A request gets the System that its namespace has by then. So its next event follows.
    let requests = objects.iter().filter(|object| object.function == Some("apps"));
    for (nth, object) in objects.iter().chain(requests).enumerate() {
        let verdict = process.handle(event(nth, object)).await;
        assert!(verdict.is_ok(), "{verdict:?}: {}", object.live);
    }
    store.entities()
}

fn event(nth: usize, object: &Written) -> Event {
    let ty = "dev.knative.apiserver.resource.add";
    let mut event = EventBuilderV10::new().id(nth.to_string()).source("/cluster").ty(ty);
    if let Some(function) = object.function {
        event = event.extension("callboard", function);
    }
    event.data("application/json", object.live.clone()).build().unwrap()
}
