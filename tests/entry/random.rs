//! Whatever an event says, nobody but us may be at fault for a 5xx.

use crate::{
    memory::Memory,
    story::{PROMISE, TODO, event},
    support::{answer, process, router},
};
use axum::body::Body;
use cloudevents::Data;
use http::{HeaderName, HeaderValue, Request};
use proptest::{collection::vec, prelude::*, sample::select};
use serde_json::{Map, Value, json};

const TYPES: &[&str] = &[
    "dev.knative.apiserver.resource.add",
    "dev.knative.apiserver.resource.update",
    "dev.knative.apiserver.resource.delete",
    "dev.knative.apiserver.ref.update",
    "dev.knative.apiserver.resource.",
    "dev.callboard.app.cataloged",
];

/// Fields that somebody reads.
#[rustfmt::skip]
const FIELDS: &[&str] = &[
    "apiVersion", "kind", "metadata", "name", "namespace", "uid", "resourceVersion", "labels", "annotations",
    "deletionTimestamp", "spec", "status", "conditions", "message", "endpoint", "url", "type", "reason", "api",
    "group", "names", "plural", "versions", "storage", "schema", "openAPIV3Schema", "properties", "required", "items",
    "enum", "default", "pattern", "format", "minimum", "additionalProperties", "callboard.dev/title",
    "callboard.dev/links", "callboard.dev/owner", "callboard.dev/tags", "kratix.io/promise-name",
    "backstage.io/kubernetes-id", "$text",
];

const TEXTS: &[&str] = &[
    "",
    "App",
    "v1",
    "string",
    "object",
    "array",
    "integer",
    "true",
    "..",
    "a/b",
    "\u{0}",
    "${{ x }}",
    "https://x",
    "((",
    "[{}]",
];

fn text() -> impl Strategy<Value = String> {
    prop_oneof![3 => select(TEXTS).prop_map(str::to_owned), 1 => any::<String>()]
}

fn json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        4 => text().prop_map(Value::from),
        1 => any::<i64>().prop_map(Value::from),
        1 => any::<f64>().prop_map(Value::from),
        1 => any::<bool>().prop_map(Value::from),
        1 => Just(Value::Null),
    ];
    leaf.prop_recursive(5, 40, 5, |inner| {
        let name = prop_oneof![4 => select(FIELDS).prop_map(str::to_owned), 1 => text()];
        let object = vec((name, inner.clone()), 0..5).prop_map(|fields| Value::from(Map::from_iter(fields)));
        prop_oneof![3 => object, 1 => vec(inner, 0..4).prop_map(Value::from)]
    })
}

/// Random JSON, or an object of the story in which some values are others.
fn data() -> impl Strategy<Value = Value> {
    let changed =
        (select(&[PROMISE, TODO][..]), vec((any::<prop::sample::Index>(), json()), 0..4)).prop_map(|(who, changes)| {
            let Some(Data::Json(mut object)) = event("1", "add", who, 1, 1, "A").data().cloned() else {
                panic!("no object")
            };
            for (place, value) in changes {
                let mut pointers = Vec::new();
                list(&object, String::new(), &mut pointers);
                *object.pointer_mut(place.get::<String>(&pointers)).unwrap() = value;
            }
            object
        });
    prop_oneof![4 => changed, 1 => json()]
}

/// The JSON pointer of every value within.
fn list(value: &Value, pointer: String, pointers: &mut Vec<String>) {
    let below = |name: &str| format!("{pointer}/{}", name.replace('~', "~0").replace('/', "~1"));
    match value {
        Value::Object(fields) => fields.iter().for_each(|(name, value)| list(value, below(name), pointers)),
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(nth, value)| list(value, below(&nth.to_string()), pointers))
        }
        _ => {}
    }
    pointers.push(pointer);
}

/// In binary or in structured mode.
fn request() -> impl Strategy<Value = Request<Body>> {
    let name =
        select(&["subject", "kind", "name", "namespace", "apiversion", "callboard", "time", "datacontenttype"][..]);
    let value = prop_oneof![2 => select(&["apps", "promises", "mesh", "", "App"][..]).prop_map(str::to_owned), 1 => any::<String>()];
    (any::<bool>(), select(TYPES), vec((name, value), 0..3), data()).prop_map(|(structured, ty, more, data)| {
        if structured {
            let mut event = json!({"specversion": "1.0", "id": "1", "source": "/s", "type": ty, "data": data});
            more.into_iter().for_each(|(name, value)| event[name] = value.into());
            let request = Request::post("/").header("content-type", "application/cloudevents+json");
            return request.body(event.to_string().into()).unwrap();
        }
        let request = Request::post("/").header("ce-specversion", "1.0").header("ce-id", "1").header("ce-source", "/s");
        let mut request = request.header("ce-type", ty).body(Body::from(data.to_string())).unwrap();
        for (name, value) in more {
            let name = HeaderName::from_bytes(format!("ce-{name}").as_bytes()).unwrap();
            if let Ok(value) = HeaderValue::from_bytes(value.as_bytes()) {
                request.headers_mut().insert(name, value);
            }
        }
        request
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3000, ..ProptestConfig::default() })]

    #[test]
    fn no_event_leads_to_a_panic_or_a_server_error(request in request()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let store = Memory::default();
        let answered = runtime.block_on(answer(&router(process(store.clone())), request));
        prop_assert!(answered.status.as_u16() < 500, "{:?}", answered);
        prop_assert!(answered.status != 200 || answered.body.contains("dev.knative.apiserver.resource"), "{:?}", answered);
        prop_assert!(store.entities().is_empty() || answered.status == 200, "{:?}", answered);
    }
}
