//! `callboard doctor`: of a healthy install it finds nothing wrong, and of each part that is ill it says what mends it.

mod backstage;
mod bucket;
mod cluster;
mod command;
mod eventing;
mod ill;

use crate::{
    backstage_fake::{FakeBackstage, TOKEN},
    deploy::manifests,
    kubernetes::{Kubernetes, definition, of_knative, promise, resource},
    support::{handle, settings},
};
use ::backstage::Backstage;
use ::bucket::{Bucket, Honours};
use callboard::{
    commands::doctor::{Finding, Install, Patience, Patient, Place, State},
    context::Context,
    serving::{Functions, Serving},
};
use clap::Parser;
use ill::Ill;
use serde_json::{Value, json};
use std::{sync::Arc, time::Duration};
use tempfile::NamedTempFile;

const BUCKET: &str = "http://minio.example:9000/catalog";

/// An install of `deploy/`, all of it well, with an App and an event mesh in its bucket.
struct World {
    kubernetes: Kubernetes,
    store: Ill,
    backstage: FakeBackstage,
    honours: Honours,
    namespaces: Vec<String>,
}

#[derive(clap::Parser)]
struct Args {
    #[command(flatten)]
    backstage: ::backstage::Args,
}

impl World {
    fn new() -> Self {
        let (kubernetes, store) = (cluster(), Ill::default());
        fill(&kubernetes, &store);
        let backstage = FakeBackstage::new();
        Self { kubernetes, store, backstage, honours: Honours::Conditions, namespaces: Vec::new() }
    }

    /// What the doctor finds, with a Backstage whose provider lists the bucket.
    async fn found(&self) -> Vec<Finding> {
        let (edge, _token) = edge(&self.backstage).await;
        let (memory, located) = (self.store.memory.clone(), edge.clone());
        self.backstage.lists(move || memory.entities().keys().map(|key| located.location(key)).collect());
        self.take_all();
        self.examined(Ok(Some(edge))).await
    }

    /// Backstage has every entity of the bucket.
    fn take_all(&self) {
        for (key, yaml) in self.store.memory.entities().iter().filter(|(key, _)| key.ends_with(".yaml")) {
            for entity in serde_saphyr::from_multiple::<Value>(yaml).unwrap().into_iter().filter(Value::is_object) {
                self.backstage.took(entity, &format!("{BUCKET}/{key}"));
            }
        }
    }

    async fn examined(&self, backstage: Result<Option<Backstage>, String>) -> Vec<Finding> {
        let settings = settings();
        let bucket = Bucket::new(self.store.clone(), settings.layout.clone(), self.honours);
        let context = Context::new(settings, bucket).with_namespaces(self.namespaces.clone());
        let patient = Patient {
            context: &context,
            cluster: Ok(self.kubernetes.cluster()),
            install: Install { namespace: "callboard".into(), broker: "callboard".into() },
            place: Place { bucket: "catalog".into(), endpoint: Some("http://minio.example:9000".into()) },
            honours: self.honours,
            backstage,
            patience: Patience { run: Duration::from_secs(2), shown: Duration::from_millis(300) },
        };
        patient.examined().await
    }

    /// The only thing that is wrong: what it says, and the line that mends it.
    async fn ill(&self) -> (String, String) {
        let found = self.found().await;
        let wrong: Vec<_> = found.into_iter().filter(|it| it.state == State::Wrong).collect();
        let [Finding { subject, detail, mend: Some(mend), .. }] = &wrong[..] else { panic!("{wrong:#?}") };
        (format!("{subject}: {detail}"), mend.clone())
    }

    /// Changes an object of ours.
    fn change(&self, resource: &str, name: &str, change: impl FnOnce(&mut Value)) {
        let mut object = self.kubernetes.find(resource, name).expect("it is there");
        change(&mut object);
        self.kubernetes.apply(object);
    }

    /// An object of ours is not ready, for this reason.
    fn fail(&self, resource: &str, name: &str, condition: &str, reason: &str) {
        self.change(resource, name, |object| {
            let ready = json!({"type": "Ready", "status": "False"});
            let why = json!({"type": condition, "status": "False", "reason": reason, "message": "so it is"});
            object["status"]["conditions"] = json!([ready, why]);
        });
    }

    fn lose(&self, resource: &str, name: &str) {
        self.kubernetes.delete(&self.kubernetes.find(resource, name).expect("it is there"));
    }
}

/// A client of this Backstage, and its token's file.
async fn edge(backstage: &FakeBackstage) -> (Backstage, NamedTempFile) {
    let token = NamedTempFile::new().unwrap();
    std::fs::write(token.path(), TOKEN).unwrap();
    let (url, file) = (backstage.serve().await, token.path().to_str().unwrap());
    let arguments = ["test", "--backstage-url", &url, "--backstage-bucket-url", BUCKET, "--backstage-token-file", file];
    (Backstage::new(&Args::parse_from(arguments).backstage, None).unwrap().unwrap(), token)
}

/// A cluster with what `deploy/base` and its component `backstage` make, all of it ready, and a Promise with its source.
fn cluster() -> Kubernetes {
    let kubernetes = Kubernetes::new();
    of_knative().into_iter().for_each(|definition| drop(kubernetes.apply(definition)));
    kubernetes.apply(labelled("sources.knative.dev", ("SinkBinding", "sinkbindings"), "duck.knative.dev/source"));
    for mut object in ["base", "components/backstage"].into_iter().flat_map(manifests::of) {
        let api_version = object["apiVersion"].as_str().unwrap().to_owned();
        if ["eventing", "sources", "serving"]
            .iter()
            .any(|group| api_version.starts_with(&format!("{group}.knative.dev/")))
        {
            object["metadata"]["namespace"] = "callboard".into();
            object["metadata"]["labels"]["app.kubernetes.io/part-of"] = "callboard".into();
            kubernetes.apply(ready(object));
        }
    }
    let app = definition("workshop.kratix.io", ("App", "apps"), &["v1"], "Namespaced");
    kubernetes.install(promise("app", app));
    kubernetes.apply(ready(source("workshop-kratix-io", "apps", ("workshop.kratix.io/v1", "App"))));
    kubernetes
}

/// The definition of a kind, with a label by which Knative knows channels or sources.
fn labelled(group: &str, names: (&str, &str), label: &str) -> Value {
    let mut definition = definition(group, names, &["v1"], "Namespaced");
    definition["metadata"]["labels"] = json!({label: "true"});
    definition
}

/// A source as `callboard sources` prints it.
fn source(name: &str, function: &str, (api_version, kind): (&str, &str)) -> Value {
    json!({
        "apiVersion": "sources.knative.dev/v1",
        "kind": "ApiServerSource",
        "metadata": {"name": name, "namespace": "callboard"},
        "spec": {
            "serviceAccountName": "callboard-sources",
            "namespaceSelector": {},
            "resources": [{"apiVersion": api_version, "kind": kind}],
            "ceOverrides": {"extensions": {"callboard": function}},
        },
    })
}

fn ready(mut object: Value) -> Value {
    object["status"] = json!({"conditions": [{"type": "Ready", "status": "True"}]});
    object
}

/// The entities of each kind that we write.
fn fill(kubernetes: &Kubernetes, store: &Ill) {
    let settings = settings();
    let bucket = Bucket::new(store.clone(), settings.layout.clone(), Honours::Conditions);
    let context = Context::new(settings, bucket).with_mesh_of_events();
    let process = Functions { serving: Serving::All, context: Arc::new(context) };
    let apply = |api_version: &str, kind: &str, namespace: Option<&str>, spec: Value| {
        let metadata = json!({"name": "shop", "namespace": namespace});
        let object = json!({"apiVersion": api_version, "kind": kind, "metadata": metadata, "spec": spec});
        handle(&process, &resource("add", &kubernetes.apply(object))).unwrap();
    };
    let promise = kubernetes.find("promises.platform.kratix.io", "app").unwrap();
    handle(&process, &resource("add", &promise)).unwrap();
    apply("v1", "Namespace", None, json!({}));
    apply("workshop.kratix.io/v1", "App", Some("shop"), json!({"image": "shop"}));
    apply("eventing.knative.dev/v1", "Broker", Some("shop"), json!({}));
    let at = json!({"apiVersion": "eventing.knative.dev/v1", "kind": "Broker", "name": "shop"});
    apply(
        "eventing.knative.dev/v1beta2",
        "EventType",
        Some("shop"),
        json!({"type": "com.example.order", "reference": at}),
    );
    apply("eventing.knative.dev/v1", "Trigger", Some("shop"), json!({"broker": "shop"}));
}

#[tokio::test]
async fn of_a_healthy_install_everything_is_well() {
    let found = World::new().found().await;
    let ill: Vec<_> = found.iter().filter(|it| it.state != State::Ok).collect();
    assert!(ill.is_empty(), "{ill:#?}");
    for subject in [
        "rights on catalog",
        "conditional writes",
        "foreign files",
        "whose bucket",
        "kind app.workshop.kratix.io",
        "rights of callboard-apps",
        "rights of callboard-promises",
        "rights of callboard-mesh",
        "rights of callboard-resync",
        "rights of callboard-sources",
        "service mesh",
        "service refresh",
        "broker callboard",
        "trigger resync",
        "apiserversource mesh-kubernetes",
        "pingsource tick",
        "sinkbinding mesh",
        "event types",
        "token",
        "awsS3-provider:callboard:refresh",
        "locations",
        "catalog.rules and reader",
    ] {
        assert!(found.iter().any(|it| it.subject == subject), "{subject}: {found:#?}");
    }
}

#[tokio::test]
async fn a_look_leaves_nothing_behind() {
    let world = World::new();
    let before = world.store.memory.objects();
    world.kubernetes.requests();
    world.found().await;
    assert_eq!(world.store.memory.objects(), before);
    let reads = ["get ", "list ", "discover ", "may "];
    let others: Vec<_> =
        world.kubernetes.requests().into_iter().filter(|it| !reads.iter().any(|read| it.starts_with(read))).collect();
    assert!(others.is_empty(), "{others:?}");
}

#[tokio::test]
async fn a_backstage_that_is_not_given_is_said_and_nothing_wrong() {
    let found = World::new().examined(Ok(None)).await;
    let told = found.iter().find(|it| it.state == State::Unknown).unwrap();
    assert_eq!((told.subject.as_str(), told.detail.as_str()), ("Backstage", "not given"));
    assert!(found.iter().all(|it| it.state != State::Wrong), "{found:#?}");
}
