//! Secrets planted wherever an object has a text: none of them is in anything that Callboard writes or notes.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on must end")]

use catalog::{Described, EntityRef, EventTypes, Layout, Mesh, Settings, kratix, mesh::Id};
use events::Object;
use proptest::prelude::*;
use serde_json::{Value, json};

/// In each planted secret, and nowhere else.
const MARK: &str = "hunter2";

/// Texts that hold a secret, whatever the field is called.
fn secrets() -> Vec<String> {
    let key = |kind: &str| ["-----BEGIN ", kind, "PRIVATE", " KEY-----\nhunter2\n-----END"].concat();
    let texts = [
        "postgres://app:hunter2@db:5432/app",
        "https://jane:hunter2@a.example/x",
        "https://x.blob.core.windows.net/c?sv=1&sig=hunter2",
        "https://hooks.chat.example/services/hunter2",
        "app:hunter2@tcp(db:3306)/x",
        "--password=hunter2",
        "DB_PASS=hunter2",
        "dbPass: hunter2",
        "Bearer hunter2-abcdef",
        "Server=x;Password=hunter2;Timeout=1",
        "AccountName=x;AccountKey=hunter2",
        "eyJhbGciOi.hunter2-and-more",
    ];
    let tokens = ["ghp_", "glpat-", "xoxb-", "AKIA"].map(|prefix| format!("{prefix}AB12cd34EF{MARK}gh56IJ78"));
    let tokens = tokens.map(|token| if token.starts_with("AKIA") { key("EC ") } else { token });
    texts.map(str::to_owned).into_iter().chain(tokens).chain([key("")]).collect()
}

/// Names of fields that hold a secret, whatever their text is.
const NAMES: [&str; 14] = [
    "dbPass",
    "db_pass",
    "encryptionKey",
    "signingKey",
    "sshKey",
    "accountKey",
    "licenseKey",
    "auth",
    "pin",
    "dsn",
    "connectionString",
    "webhook",
    "passwordHash",
    "rootPw",
];

fn settings(event_types: EventTypes) -> Settings {
    let owner = EntityRef::parse("group:default/platform", "", "").unwrap();
    let mut settings = Settings::new(Layout::new("entities", "main").unwrap(), owner);
    settings.annotations = vec!["*".parse().unwrap()];
    settings.event_types = event_types;
    settings
}

fn object(value: Value) -> Object {
    Object::try_from(value).unwrap()
}

/// What an annotation of each sort says.
fn annotations(text: &str) -> Value {
    json!({
        "callboard.dev/title": text, "callboard.dev/description": format!("see {text} there"), "callboard.dev/type": text,
        "callboard.dev/lifecycle": text, "callboard.dev/owner": text, "callboard.dev/system": text, "callboard.dev/tags": text,
        "callboard.dev/links": json!([{"url": text}, {"url": "https://a.example", "title": text}]).to_string(),
        "callboard.dev/depends-on": text, "callboard.dev/provides-apis": text, "callboard.dev/consumes-apis": text,
        "callboard.dev/component": text, "backstage.io/kubernetes-id": text, "backstage.io/view-url": text,
        "backstage.io/kubernetes-label-selector": text, "example.org/note": text, "example.org/more": format!("see {text}"),
        "eventing.knative.dev/broker.class": text, "terasky.backstage.io/title": text, "ske.backstage.template/title": text,
        "ske.backstage.template/description": text, "ske.backstage.template/type": text, "knative.dev/dependency": text,
    })
}

/// A schema with the text wherever a schema has one.
fn schema(text: &str, name: &str) -> Value {
    let field = json!({
        "type": "string", "title": text, "description": format!("such as {text}"), "default": text, "example": text,
        "enum": [text], "pattern": text, "format": text, "x-note": {"a": [text]},
    });
    let object = json!({
        "type": "object", "properties": {"a": field}, "default": {"a": text, "env": [{"name": "A", "value": text}]},
        "additionalProperties": field,
    });
    let named = json!({"type": "string", "default": MARK, "example": MARK, "x-example": MARK});
    json!({
        "type": "object", "description": text, "properties": {
            "field": field, "object": object, "list": {"type": "array", "items": field, "default": [text]}, name: named,
            "names": {"type": "object", "properties": {name: named}},
        },
    })
}

fn status(text: &str) -> Value {
    let condition = |ty: &str, reason: &str| json!({"type": ty, "status": "True", "reason": reason, "message": text});
    json!({
        "conditions": [condition("Ready", text), condition(text, "x"), {"type": "B", "status": text}],
        "endpoint": text, "url": text, "message": format!("see {text} there"), "healthStatus": {"state": text},
        "promiseVersion": text, "version": text, "address": {"url": text},
    })
}

fn metadata(text: &str) -> Value {
    // A label has no room for most secrets.
    let label = if text.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c)) { text } else { "x" };
    json!({"name": "x", "namespace": "shop", "annotations": annotations(text), "labels": {"example.org/label": label}})
}

fn promise(text: &str, name: &str) -> Object {
    let schema = json!({"type": "object", "properties": {"spec": schema(text, name), "status": schema(text, name)}});
    let versions = json!([{"name": "v1", "storage": true, "schema": {"openAPIV3Schema": schema}}]);
    let names = json!({"kind": "App", "plural": "apps"});
    let api = json!({
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "spec": {"group": "example.org", "names": names, "scope": "Namespaced", "versions": versions},
    });
    let mut metadata = metadata(text);
    metadata["namespace"] = Value::Null;
    object(json!({
        "apiVersion": "platform.kratix.io/v1alpha1", "kind": "Promise", "metadata": metadata, "spec": {"api": api}, "status": status(text),
    }))
}

fn request(text: &str) -> Object {
    object(json!({
        "apiVersion": "example.org/v1", "kind": "App", "metadata": metadata(text), "spec": {"name": text, "x": text}, "status": status(text),
    }))
}

fn mesh(text: &str, name: &str) -> Vec<Object> {
    let to = json!({"uri": text});
    let made = |api_version: &str, kind: &str, spec: Value| {
        object(
            json!({"apiVersion": api_version, "kind": kind, "metadata": metadata(text), "spec": spec, "status": status(text)}),
        )
    };
    let delivery = json!({"deadLetterSink": to});
    let attributes =
        json!([{"name": "type", "value": text}, {"name": "tenant", "value": text}, {"name": "source", "value": text}]);
    vec![
        made("eventing.knative.dev/v1", "Broker", json!({"delivery": delivery})),
        made(
            "eventing.knative.dev/v1beta2",
            "EventType",
            json!({
                "type": text, "source": text, "schema": text, "schemaData": schema(text, name).to_string(), "description": text,
            }),
        ),
        made(
            "eventing.knative.dev/v1beta3",
            "EventType",
            json!({"attributes": attributes, "schemaData": text, "description": text}),
        ),
        made(
            "eventing.knative.dev/v1",
            "Trigger",
            json!({
                "broker": "x", "subscriber": to, "filter": {"attributes": {"type": text, "token": MARK}}, "delivery": delivery,
            }),
        ),
        made(
            "eventing.knative.dev/v1",
            "Trigger",
            json!({"broker": "x", "subscriber": to, "filters": [{"cesql": text}]}),
        ),
        made("sources.knative.dev/v1", "PingSource", json!({"sink": to, "data": text})),
        made(
            "serving.knative.dev/v1",
            "Service",
            json!({
                "template": {"spec": {"containers": [{"image": text}]}}, "traffic": [{"percent": 5, "revisionName": text}],
            }),
        ),
    ]
}

fn assert_kept(what: &str, described: &Described) {
    let shown = format!("{described:#?} {:?}", described.descriptor.as_ref().map(|it| it.body().to_owned()));
    let at = shown.find(MARK);
    let around =
        at.map(|at| &shown[shown.floor_char_boundary(at.saturating_sub(300))..shown.ceil_char_boundary(at + 60)]);
    assert_eq!(around, None, "{what}");
}

fn assert_all_kept(text: &str, name: &str) {
    assert_kept("promise", &kratix::promise::describe(&promise(text, name), &settings(EventTypes::AsyncApi)));
    assert_kept("request", &kratix::request::describe(&request(text), None, &settings(EventTypes::AsyncApi)));
    for event_types in [EventTypes::AsyncApi, EventTypes::EventType] {
        for object in mesh(text, name) {
            let mut mesh = Mesh::new(settings(event_types));
            mesh.apply(&object);
            let described = mesh.render(&Id::of(object.reference())).described;
            assert!(described.descriptor.is_some() || !described.omitted.is_empty(), "{object:?}");
            assert_kept(&object.reference().to_string(), &described);
        }
    }
}

#[test]
fn no_planted_secret_is_in_anything_that_is_written_or_noted() {
    for (text, name) in secrets().iter().zip(NAMES.iter().cycle()) {
        assert_all_kept(text, name);
    }
    for name in NAMES {
        assert_all_kept("DB_PASS=hunter2", name);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_secret_among_other_words_is_not_shown_either(
        which in 0..secrets().len(), name in 0..NAMES.len(), before in "[a-zA-Z .,\"]{0,20}", behind in "[a-zA-Z .,]{0,20}",
    ) {
        assert_all_kept(&format!("{before} {} {behind}", secrets()[which]), NAMES[name]);
    }
}

#[test]
fn what_an_object_says_is_no_secret_is_shown() {
    let annotations = json!({
        "callboard.dev/not-secret": "example.org/hash, description", "callboard.dev/description": "DB_PASS=hunter2",
        "example.org/hash": "DB_PASS=hunter2", "example.org/other": "DB_PASS=hunter2",
    });
    let broker = object(json!({
        "apiVersion": "eventing.knative.dev/v1", "kind": "Broker",
        "metadata": {"name": "x", "namespace": "shop", "annotations": annotations},
    }));
    let mut mesh = Mesh::new(settings(EventTypes::AsyncApi));
    mesh.apply(&broker);
    let described = mesh.render(&Id::of(broker.reference())).described;
    let body = described.descriptor.unwrap().body().to_owned();
    assert!(
        body.contains("description: DB_PASS=hunter2") && body.contains("example.org/hash: DB_PASS=hunter2"),
        "{body}"
    );
    assert_eq!(body.matches(MARK).count(), 2, "{body}");
    assert!(described.omitted[0].reason.starts_with("may be secrets: example.org/other."), "{:?}", described.omitted);
}
