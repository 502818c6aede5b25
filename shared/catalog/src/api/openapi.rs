//! The OpenAPI 3.0 document of a Promise's API, as Backstage renders it: the paths that the API server serves, the
//! schema of the stored version.

use crate::{
    api::crd::{Api, Scope},
    entity::yaml::{NotYaml, document},
    secret::Secrecy,
};
use serde_json::{Map, Value, json};

/// The document, as YAML.
pub(crate) fn definition(api: &Api) -> Result<String, NotYaml> {
    let kind = api.kind;
    let list = json!({
        "type": "object",
        "properties": {
            "apiVersion": {"type": "string"},
            "kind": {"type": "string"},
            "metadata": {"type": "object"},
            "items": {"type": "array", "items": reference(kind)},
        },
    });
    document(&json!({
        "openapi": "3.0.3",
        "info": {"title": kind, "version": api.version},
        "paths": paths(api),
        "components": {"schemas": {kind: object(api), format!("{kind}List"): list}},
    }))
}

fn reference(schema: &str) -> Value {
    json!({"$ref": format!("#/components/schemas/{schema}")})
}

fn paths(api: &Api) -> Value {
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

/// The schema of the objects, completed by what every object of Kubernetes has.
fn object(api: &Api) -> Value {
    let mut schema =
        api.schema.and_then(Value::as_object).map(|schema| cleaned("", Secrecy::Open, schema)).unwrap_or_default();
    let mut properties = match schema.remove("properties") {
        Some(Value::Object(properties)) => properties,
        _ => Map::new(),
    };
    let name = json!({"type": "string", "maxLength": 63});
    let metadata = match api.scope {
        Scope::Namespaced => json!({"name": name, "namespace": {"type": "string"}}),
        Scope::Cluster => json!({"name": name}),
    };
    properties.insert("apiVersion".into(), json!({"type": "string", "enum": [api.api_version()]}));
    properties.insert("kind".into(), json!({"type": "string", "enum": [api.kind]}));
    properties.insert("metadata".into(), json!({"type": "object", "properties": metadata}));
    properties.entry("status").or_insert(json!({"type": "object", "additionalProperties": true}));
    schema.insert("type".into(), "object".into());
    schema.insert("properties".into(), properties.into());
    Value::Object(schema)
}

/// The schema of a field with those keys that OpenAPI 3.0 knows, and without the values of secrets.
fn cleaned(name: &str, within: Secrecy, schema: &Map<String, Value>) -> Map<String, Value> {
    let secrecy = within.of(name, schema.get("format"));
    let mut clean: Map<_, _> =
        schema.iter().filter_map(|(key, value)| Some((key.clone(), keyword(name, secrecy, key, value)?))).collect();
    let is_true = |key| schema.get(key) == Some(&Value::Bool(true));
    if is_true("x-kubernetes-int-or-string") {
        clean.remove("type");
        clean.insert("anyOf".into(), json!([{"type": "integer"}, {"type": "string"}]));
    }
    if is_true("x-kubernetes-preserve-unknown-fields") {
        clean.entry("additionalProperties").or_insert(true.into());
    }
    if clean.get("type") == Some(&json!("array")) {
        clean.entry("items").or_insert(json!({}));
    }
    clean
}

/// What OpenAPI 3.0 takes as the value of a key of a schema; `None` where it takes nothing.
fn keyword(name: &str, secrecy: Secrecy, key: &str, value: &Value) -> Option<Value> {
    let types = ["array", "boolean", "integer", "number", "object", "string"];
    let is_list =
        |item: fn(&Value) -> bool| value.as_array().is_some_and(|list| !list.is_empty() && list.iter().all(item));
    let is_taken = match key {
        "title" | "description" | "pattern" | "format" => value.is_string(),
        "type" => value.as_str().is_some_and(|ty| types.contains(&ty)),
        "minimum" | "maximum" => value.is_number(),
        "multipleOf" => value.as_f64().is_some_and(|step| step > 0.0),
        "minLength" | "maxLength" | "minItems" | "maxItems" | "minProperties" | "maxProperties" => value.is_u64(),
        "exclusiveMinimum" | "exclusiveMaximum" | "uniqueItems" | "nullable" => value.is_boolean(),
        "required" => is_list(Value::is_string),
        "enum" => secrecy != Secrecy::Secret && is_list(|_| true),
        "default" | "example" => !secrecy.hides(value),
        "additionalProperties" if value.is_boolean() => true,
        "items" | "not" | "additionalProperties" => {
            return value.as_object().map(|schema| cleaned(name, secrecy, schema).into());
        }
        "properties" => return value.as_object().map(|fields| properties(secrecy, fields).into()),
        "allOf" | "anyOf" | "oneOf" => return schemas(name, secrecy, value),
        _ => key.starts_with("x-") && !secrecy.hides(value),
    };
    is_taken.then(|| value.clone())
}

fn properties(within: Secrecy, fields: &Map<String, Value>) -> Map<String, Value> {
    let clean =
        |(name, schema): (&String, &Value)| Some((name.clone(), cleaned(name, within, schema.as_object()?).into()));
    fields.iter().filter_map(clean).collect()
}

fn schemas(name: &str, within: Secrecy, list: &Value) -> Option<Value> {
    let schemas = list.as_array()?.iter().filter_map(Value::as_object);
    let clean: Vec<_> = schemas.map(|schema| cleaned(name, within, schema)).collect();
    (!clean.is_empty()).then(|| json!(clean))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn api(schema: Option<&Value>, scope: Scope) -> Api<'_> {
        Api { group: "example.org", version: "v1", kind: "app", plural: "apps", scope, schema }
    }

    fn field(name: &str, schema: &Value) -> Value {
        let whole = json!({"type": "object", "properties": {"spec": {"type": "object", "properties": {name: schema}}}});
        object(&api(Some(&whole), Scope::Namespaced))["properties"]["spec"]["properties"][name].clone()
    }

    #[test]
    fn the_paths_are_those_which_the_api_server_serves() {
        let keys = |scope| paths(&api(None, scope)).as_object().unwrap().keys().cloned().collect::<Vec<_>>();
        let root = "/apis/example.org/v1";
        let namespaced = format!("{root}/namespaces/{{namespace}}/apps");
        assert_eq!(keys(Scope::Namespaced), [namespaced.clone(), format!("{namespaced}/{{name}}")]);
        assert_eq!(keys(Scope::Cluster), [format!("{root}/apps"), format!("{root}/apps/{{name}}")]);
    }

    #[test]
    fn only_keys_of_openapi_3_0_survive() {
        let schema = json!({
            "type": "string", "regex": "x", "$ref": "http://x", "$schema": "y", "required": [], "enum": [], "minLength": -1,
            "exclusiveMinimum": 3, "x-order": 1, "example": "a", "nullable": true, "default": "b",
        });
        let clean = json!({"type": "string", "x-order": 1, "example": "a", "nullable": true, "default": "b"});
        assert_eq!(field("name", &schema), clean);
    }

    #[test]
    fn what_only_crds_have_is_said_in_words_of_openapi() {
        let preserve = json!({"type": "object", "x-kubernetes-preserve-unknown-fields": true});
        assert_eq!(field("config", &preserve)["additionalProperties"], json!(true));
        let port = json!({"type": "string", "x-kubernetes-int-or-string": true});
        assert_eq!(field("port", &port)["anyOf"], json!([{"type": "integer"}, {"type": "string"}]));
        assert_eq!(field("list", &json!({"type": "array"})), json!({"type": "array", "items": {}}));
    }

    #[test]
    fn the_values_of_secrets_stay_out_of_the_document() {
        let auth = json!({
            "type": "object", "default": {"password": "hunter2"},
            "properties": {
                "password": {"type": "string", "default": "hunter2", "example": "hunter2", "enum": ["hunter2"]},
                "tokens": {"type": "array", "items": {"type": "string"}, "default": ["hunter2"], "x-example": "hunter2"},
                "credentials": {"type": "object", "properties": {"value": {"type": "string", "default": "hunter2"}}},
                "apiKeys": {"type": "object", "additionalProperties": {"type": "string", "example": "hunter2"}},
                "x": {"type": "string", "format": "password", "default": "hunter2"},
            },
        });
        let whole = json!({"properties": {"spec": {"properties": {"auth": auth}}}});
        let definition = definition(&api(Some(&whole), Scope::Namespaced)).unwrap();
        assert!(definition.contains("password") && !definition.contains("hunter2"), "{definition}");
    }
}
