//! The paths that the API server serves for a kind.

use super::reference::reference;
use crate::api::crd::{Api, Scope};
use serde_json::{Map, Value, json};

pub(super) fn paths(api: &Api) -> Value {
    let (kind, list) = (api.kind, format!("{}List", api.kind));
    let parameter = |name: &str| json!({"name": name, "in": "path", "required": true, "schema": {"type": "string"}});
    let (namespace, mut parameters) = match api.scope {
        Scope::Namespaced => ("/namespaces/{namespace}", vec![parameter("namespace")]),
        Scope::Cluster => ("", vec![]),
    };
    let all = format!("/apis/{}/{}{namespace}/{}", api.group, api.version, api.plural);
    let one = format!("{all}/{{name}}");
    let mut paths = Map::new();
    paths.insert(
        all,
        json!({
            "parameters": parameters,
            "get": operation("list", kind, "200", Some(&list), None),
            "post": operation("create", kind, "201", Some(kind), Some("application/json")),
        }),
    );
    parameters.push(parameter("name"));
    paths.insert(
        one,
        json!({
            "parameters": parameters,
            "get": operation("read", kind, "200", Some(kind), None),
            "put": operation("replace", kind, "200", Some(kind), Some("application/json")),
            "patch": operation("patch", kind, "200", Some(kind), Some("application/merge-patch+json")),
            "delete": operation("delete", kind, "200", None, None),
        }),
    );
    Value::Object(paths)
}

/// What can be done to objects of a kind: what comes back, and the media type of what is sent.
fn operation(verb: &str, kind: &str, status: &str, returned: Option<&str>, sent: Option<&str>) -> Value {
    let mut response = json!({"description": format!("{verb} {kind}: done")});
    if let Some(schema) = returned {
        response["content"] = json!({"application/json": {"schema": reference(schema)}});
    }
    let mut operation = json!({"operationId": format!("{verb}{kind}"), "responses": {status: response}});
    if let Some(media_type) = sent {
        operation["requestBody"] = json!({"required": true, "content": {media_type: {"schema": reference(kind)}}});
    }
    operation
}
