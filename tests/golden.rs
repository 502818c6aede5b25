//! Every golden case from HTTP to the bucket: the bucket object is what the case expects, and the reply is valid by its
//! schema.

use crate::{
    s3::endpoint,
    support::{Answer, answer, process_with, router, structured},
};
use bucket::{Body, Condition, Store};
use callboard::args::Entities;
use catalog::Settings;
use clap::Parser;
use cloudevents::Event;
use jsonschema::Validator;
use serde_json::{Map, Value, json};
use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

#[tokio::test]
async fn every_case_leads_to_its_bucket_object_and_to_the_same_reply_again() {
    let cases: Vec<_> = ["apps", "promises"].into_iter().flat_map(cases).collect();
    assert!(cases.len() > 20, "{cases:?} are too few to be all");
    for case in cases {
        check(&case).await;
    }
}

#[test]
fn a_broken_reply_is_not_valid_by_its_schema() {
    for ty in ["dev.callboard.app.cataloged", "dev.callboard.promise.cataloged", "dev.callboard.mesh.cataloged"] {
        let schema = schema(ty);
        let good = json!({
            "cause": {"source": "/s", "id": "1", "type": "t", "sha256": "0".repeat(64)},
            "changes": [{"key": "entities/x.yaml", "entities": [{"ref": "api:default/x", "action": "deleted"}]}],
            "omitted": [{"ref": "api:default/x", "reason": "why"}],
            "invalidOverrides": [{"field": "f", "reason": "why"}],
            "truncated": true,
        });
        assert!(schema.is_valid(&good));
        for (pointer, broken) in [
            ("/cause", json!("1")),
            ("/cause/sha256", json!("0")),
            ("/cause/type", json!("")),
            ("/cause/x", json!(1)),
            ("/changes", json!({})),
            ("/changes/0/key", json!("entities/x.json")),
            ("/changes/0/x", json!(1)),
            ("/changes/0/entities/0/ref", json!("default/x")),
            ("/changes/0/entities/0/action", json!("changed")),
            ("/changes/0/entities/0/x", json!(1)),
            ("/omitted/0/reason", json!(null)),
            ("/omitted/0/x", json!(1)),
            ("/invalidOverrides/0/field", json!("")),
            ("/invalidOverrides/0/x", json!(1)),
            ("/truncated", json!(false)),
            ("/x", json!(1)),
        ] {
            let mut reply = good.clone();
            let (parent, field) = pointer.rsplit_once('/').unwrap();
            reply.pointer_mut(parent).unwrap()[field] = broken;
            assert!(!schema.is_valid(&reply), "{ty}: {reply}");
        }
        for field in ["cause", "changes", "omitted", "invalidOverrides"] {
            let mut reply = good.clone();
            reply.as_object_mut().unwrap().remove(field);
            assert!(!schema.is_valid(&reply), "{ty} without {field}");
        }
    }
}

fn cases(function: &str) -> Vec<PathBuf> {
    let folder = Path::new(ROOT).join("tests/cases").join(function);
    let mut cases: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    cases.sort();
    cases
}

async fn check(case: &Path) {
    let name = case.display();
    let endpoint = endpoint().await;
    let store = endpoint.client();
    let event: Event = serde_json::from_str(&fs::read_to_string(case.join("event.json")).unwrap()).unwrap();
    let expected: Value = serde_json::from_str(&fs::read_to_string(case.join("expected.json")).unwrap()).unwrap();
    let body = fs::read_to_string(case.join("expected.yaml")).ok();

    let keys = fs::read_to_string(case.join("bucket.json")).unwrap_or_else(|_| "[]".to_owned());
    for key in serde_json::from_str::<Vec<String>>(&keys).unwrap() {
        let body = Body { bytes: b"of mesh".to_vec(), content_type: "application/yaml", metadata: BTreeMap::new() };
        store.put(&key, body, Condition::Always).await.unwrap();
    }
    let process = || router(process_with(settings(case), endpoint.client()));
    let first = process();
    let reply = answer(&first, structured(&event)).await;

    let stored = store.get(expected["key"].as_str().unwrap(), 1024 * 1024).await.unwrap();
    assert_eq!(stored.map(|(_, bytes)| String::from_utf8(bytes).unwrap()), body, "{name}");
    if body.is_some() || expected["omitted"] != json!([]) {
        let data = valid(&reply);
        assert_eq!(
            (&data["omitted"], &data["invalidOverrides"]),
            (&expected["omitted"], &expected["invalidOverrides"]),
            "{name}"
        );
        let keys = if body.is_some() { json!([expected["key"]]) } else { json!([]) };
        let changes = data["changes"].as_array().unwrap();
        assert_eq!(changes.iter().map(|change| change["key"].clone()).collect::<Value>(), keys, "{name}");
    } else {
        assert_eq!((reply.status.as_u16(), reply.body.as_str()), (204, ""), "{name}");
    }
    assert_eq!(answer(&first, structured(&event)).await, reply, "{name}");
    assert_eq!(answer(&process(), structured(&event)).await, reply, "{name}, a new process");
}

/// The data of a reply that its schema allows.
fn valid(reply: &Answer) -> Value {
    assert_eq!(reply.status, 200, "{reply:?}");
    let ty = reply.headers["ce-type"].to_str().unwrap();
    assert_eq!(reply.headers["ce-dataschema"], events::schema_url(ty));
    let data = serde_json::from_str(&reply.body).unwrap();
    let errors: Vec<_> = schema(ty).iter_errors(&data).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{errors:?}: {data}");
    data
}

/// The schema that Callboard ships for an event type.
fn schema(ty: &str) -> Validator {
    let path = Path::new(ROOT).join("deploy/schemas").join(format!("{ty}.json"));
    let schema: Value = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    assert_eq!(schema["$id"], events::schema_url(ty));
    jsonschema::draft202012::new(&schema).unwrap()
}

#[derive(Parser)]
struct Cli {
    #[command(flatten)]
    entities: Entities,
}

/// What the case's `settings.json` sets, as a command line would.
fn settings(case: &Path) -> Settings {
    let text = fs::read_to_string(case.join("settings.json")).unwrap_or_else(|_| "{}".to_owned());
    let differences: Map<String, Value> = serde_json::from_str(&text).unwrap();
    let arguments =
        differences.iter().map(|(name, value)| format!("--{}={}", name.replace('_', "-"), argument(name, value)));
    let cli = Cli::parse_from(["callboard".to_owned()].into_iter().chain(arguments));
    cli.entities.settings("group:default/platform").unwrap()
}

/// A list is one argument. A JSON pointer is written as a path.
fn argument(name: &str, value: &Value) -> String {
    match value {
        Value::String(text) => text.strip_prefix('/').map_or(text.clone(), |path| path.replace('/', ".")),
        Value::Array(items) => {
            let items: Vec<_> = items.iter().map(|item| argument(name, item)).collect();
            items.join(if name == "kinds" { ";" } else { "," })
        }
        other => other.to_string(),
    }
}
