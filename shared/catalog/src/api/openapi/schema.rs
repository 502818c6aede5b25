//! The schema of the objects of a kind, in the keywords of OpenAPI 3.0.

use crate::{
    api::crd::{Api, Scope},
    secret::Secrecy,
};
use serde_json::{Map, Value, json};

/// The schema of the objects, completed by what every object of Kubernetes has.
pub(super) fn object(api: &Api) -> Value {
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

/// What OpenAPI 3.0 takes as the value of a key of a schema, if anything.
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
