//! `callboard doctor`: it finds nothing wrong with a healthy install, and says what fixes each part that is broken.

mod backstage;
mod bucket;
mod cluster;
mod command;
mod eventing;
mod faulty;
mod variables;

use crate::{
    backstage_fake::{FakeBackstage, TOKEN},
    deploy::manifests,
    docs::doctor::assert_documented,
    kubernetes::{Kubernetes, definition, of_knative, promise, resource},
    support::{handle, settings},
};
use ::backstage::Backstage;
use ::bucket::{Bucket, Condition, Honours, Versioning};
use callboard::{
    commands::doctor::{Checkup, Finding, Install, Patience, Place, State, Variables},
    context::Context,
    serving::{Functions, Serving},
};
use clap::Parser;
use faulty::Faulty;
use serde_json::{Value, json};
use std::{sync::Arc, time::Duration};
use tempfile::NamedTempFile;

const BUCKET: &str = "http://minio.example:9000/catalog";

/// An install of `deploy/`, all of it well, with an App and an event mesh in its bucket.
struct World {
    kubernetes: Kubernetes,
    store: Faulty,
    backstage: FakeBackstage,
    honours: Honours,
    install: Install,
    /// Those of the shell.
    variables: Vec<(&'static str, String)>,
}

/// The variables of the install.
const VARIABLES: [(&str, &str); 6] = [
    ("CALLBOARD_BUCKET", "catalog"),
    ("CALLBOARD_OWNER", "group:default/platform"),
    ("CALLBOARD_CLUSTER", "main"),
    ("AWS_ENDPOINT_URL_S3", "http://minio.example:9000"),
    ("CALLBOARD_BACKSTAGE_URL", "http://backstage:7007"),
    ("CALLBOARD_BACKSTAGE_BUCKET_URL", BUCKET),
];

#[derive(clap::Parser)]
struct Args {
    #[command(flatten)]
    backstage: ::backstage::Args,
}

impl World {
    fn new() -> Self {
        let (kubernetes, store) = (cluster(), Faulty::default());
        fill(&kubernetes, &store);
        let install = Install::new("callboard", "callboard".parse().unwrap());
        let variables = VARIABLES.map(|(name, value)| (name, value.to_owned())).into();
        let backstage = FakeBackstage::new();
        Self { kubernetes, store, backstage, honours: Honours::Conditions, install, variables }
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
        let context = Context::new(settings, bucket);
        let system = self.kubernetes.find("namespaces", "kube-system").unwrap();
        let uid = json!({"uid": system["metadata"]["uid"]}).to_string();
        if !self.store.memory.entities().is_empty() {
            // The first that compares has filled it.
            let _ = context.bucket.put_state("cluster.json", uid.into_bytes(), Condition::Absent).await;
        }
        let given = |name: &str| {
            let finding = self.variables.iter().find(|(it, _)| *it == name).map(|(_, value)| value.as_str());
            finding.filter(|_| name != "CALLBOARD_BACKSTAGE_URL" || matches!(backstage, Ok(Some(_))))
        };
        let checkup = Checkup {
            settings: Vec::new(),
            context: Some(&context),
            cluster: Ok(self.kubernetes.cluster()),
            install: self.install.clone(),
            variables: Variables::new(given),
            place: Place {
                bucket: "catalog".into(),
                endpoint: Some("http://minio.example:9000".into()),
                forward: None,
            },
            honours: self.honours,
            versioning: Ok(Versioning::On),
            backstage,
            patience: Patience { run: Duration::from_secs(2), shown: Duration::from_millis(300) },
        };
        let found = checkup.examined().await;
        assert_documented(&found);
        found
    }

    /// The only thing that is wrong: what it says, and the line that fixes it.
    async fn one_wrong(&self) -> (String, String) {
        let found = self.found().await;
        let wrong: Vec<_> = found.into_iter().filter(|it| it.state == State::Wrong).collect();
        let [Finding { subject, detail, fix: Some(fix), .. }] = &wrong[..] else { panic!("{wrong:#?}") };
        (format!("{subject}: {detail}"), fix.clone())
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
        } else if object["kind"] == "ClusterRoleBinding" {
            object["metadata"]["labels"]["app.kubernetes.io/part-of"] = "callboard".into();
            kubernetes.apply(object);
        }
    }
    let own = |kind: &str, name: &str| json!({"apiVersion": "v1", "kind": kind, "metadata": {"name": name, "namespace": "callboard"}});
    let mut configuration = own("ConfigMap", "callboard");
    configuration["data"] = VARIABLES.into_iter().map(|(name, value)| (name.to_owned(), Value::from(value))).collect();
    kubernetes.apply(configuration);
    for name in ["callboard-s3", "callboard-backstage"] {
        let mut secret = own("Secret", name);
        secret["data"] = json!({"token": "Z2VoZWlt"});
        kubernetes.apply(secret);
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
fn fill(kubernetes: &Kubernetes, store: &Faulty) {
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
async fn a_healthy_install_has_nothing_wrong() {
    let found = World::new().found().await;
    let not_ok: Vec<_> = found.iter().filter(|it| it.state != State::Ok).collect();
    assert!(not_ok.is_empty(), "{not_ok:#?}");
    for subject in [
        "rights on catalog",
        "conditional writes",
        "unmanaged files",
        "versioning",
        "whose bucket",
        "kind app.workshop.kratix.io",
        "rights of callboard-apps",
        "rights of callboard-promises",
        "rights of callboard-mesh",
        "rights of callboard-resync",
        "rights of callboard-sources",
        "variables",
        "secret callboard-s3",
        "secret callboard-backstage",
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
        "consumers",
    ] {
        assert!(found.iter().any(|it| it.subject == subject), "{subject}: {found:#?}");
    }
}

#[tokio::test]
async fn a_check_leaves_nothing_behind() {
    let world = World::new();
    world.found().await;
    let before = world.store.memory.objects();
    world.kubernetes.requests();
    world.found().await;
    assert_eq!(world.store.memory.objects(), before);
    let requests = world.kubernetes.requests();
    let reads = ["get ", "list ", "discover ", "may "];
    assert!(requests.iter().all(|it| reads.iter().any(|read| it.starts_with(read))), "{requests:?}");
    // Only the metadata of a Secret is read.
    let secrets: Vec<_> = requests.iter().filter(|it| it.contains("secrets")).collect();
    assert_eq!(secrets.len(), 2);
    assert!(secrets.iter().all(|it| it.ends_with(" metadata")), "{secrets:?}");
}

#[tokio::test]
async fn a_backstage_that_is_not_given_is_reported_and_nothing_wrong() {
    let found = World::new().examined(Ok(None)).await;
    let finding = found.iter().find(|it| it.state == State::Skipped).unwrap();
    assert_eq!((finding.subject.as_str(), finding.detail.as_str()), ("Backstage", "not given"));
    assert!(found.iter().all(|it| it.state != State::Wrong), "{found:#?}");
}

#[tokio::test]
async fn of_a_first_look_at_a_stock_knative_nothing_is_wrong() {
    let world = World::new();
    for (resource, name) in [
        ("services.serving.knative.dev", "refresh"),
        ("triggers.eventing.knative.dev", "refresh"),
        ("sinkbindings.sources.knative.dev", "refresh"),
        ("secrets", "callboard-backstage"),
    ] {
        world.lose(resource, name);
    }
    world.change("configmaps", "callboard", |it| {
        it["data"].as_object_mut().unwrap().retain(|name, _| !name.starts_with("CALLBOARD_BACKSTAGE"));
        it["data"]["AWS_ENDPOINT_URL_S3"] = "http://seaweedfs:8333".into();
    });
    let versions = ["v1beta3", "v1beta2", "v1beta1"];
    world.kubernetes.apply(definition("eventing.knative.dev", ("EventType", "eventtypes"), &versions, "Namespaced"));
    let label = "duck.knative.dev/source";
    world.kubernetes.apply(labelled("sources.knative.dev", ("IntegrationSource", "integrationsources"), label));
    let found = world.examined(Ok(None)).await;
    assert!(found.iter().all(|it| it.state != State::Wrong), "{found:#?}");
}

#[tokio::test]
async fn of_one_service_for_all_without_backstage_nothing_is_wrong() {
    let world = World::new();
    for name in ["apps", "promises", "mesh", "resync", "refresh"] {
        world.lose("services.serving.knative.dev", name);
        world.lose("triggers.eventing.knative.dev", name);
    }
    world.lose("secrets", "callboard-backstage");
    world.change("configmaps", "callboard", |it| it["data"]["CALLBOARD_BACKSTAGE_URL"] = "".into());
    let manifests = manifests::of("components/one-service").into_iter();
    for object in manifests.filter(|it| ["Service", "Trigger"].iter().any(|kind| it["kind"] == *kind)) {
        world.kubernetes.apply(ready(object));
    }
    let bind = |it: &mut Value| it["spec"]["subject"]["name"] = "all".into();
    world.change("sinkbindings.sources.knative.dev", "resync", bind);
    let found = world.examined(Ok(None)).await;
    assert!(found.iter().all(|it| it.state != State::Wrong), "{found:#?}");
    assert!(found.iter().any(|it| it.subject == "service all"), "{found:#?}");
}
