//! The schema of the objects of a kind, in the keywords of OpenAPI 3.0, without anything that leads out of the document.

use crate::api::{
    crd::{Api, Scope},
    trap::{holds_trap, is_trap},
};
use serde_json::{Map, Value, json};

/// The schema of the objects, completed by what every object of Kubernetes has, and the places of what would lead out of
/// the document.
pub(super) fn object(api: &Api) -> (Value, Vec<String>) {
    let mut cleaning = Cleaning::default();
    let mut schema = api.schema.and_then(Value::as_object).map(|it| cleaning.schema("", it)).unwrap_or_default();
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
    (Value::Object(schema), cleaning.traps)
}

/// The places that would lead out of the document.
#[derive(Default)]
struct Cleaning {
    traps: Vec<String>,
}

impl Cleaning {
    /// The schema at a path with those keys that OpenAPI 3.0 knows.
    fn schema(&mut self, at: &str, schema: &Map<String, Value>) -> Map<String, Value> {
        let clean = schema.iter().filter_map(|(key, value)| Some((key.clone(), self.keyword(at, key, value)?)));
        let mut clean: Map<_, _> = clean.collect();
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
    fn keyword(&mut self, at: &str, key: &str, value: &Value) -> Option<Value> {
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
            "enum" => is_list(|_| true) && self.stays(at, key, value),
            "default" | "example" => self.stays(at, key, value),
            "additionalProperties" if value.is_boolean() => true,
            "items" => return value.as_object().map(|schema| self.schema(&format!("{at}[]"), schema).into()),
            "additionalProperties" => {
                return value.as_object().map(|schema| self.schema(&format!("{at}{{}}"), schema).into());
            }
            "not" => return value.as_object().map(|schema| self.schema(at, schema).into()),
            "properties" => return value.as_object().map(|fields| self.properties(at, fields).into()),
            "allOf" | "anyOf" | "oneOf" => return self.schemas(at, value),
            _ => (key.starts_with("x-") || is_trap(key)) && self.stays(at, key, value),
        };
        is_taken.then(|| value.clone())
    }

    /// Whether a key and its value lead nowhere.
    fn stays(&mut self, at: &str, key: &str, value: &Value) -> bool {
        let leads = is_trap(key) || holds_trap(value);
        if leads {
            self.traps.push(if at.is_empty() { key.to_owned() } else { format!("{key} of {at}") });
        }
        !leads
    }

    fn properties(&mut self, at: &str, fields: &Map<String, Value>) -> Map<String, Value> {
        let clean = fields.iter().filter_map(|(name, schema)| {
            let schema = schema.as_object()?;
            let below = if at.is_empty() { name.clone() } else { format!("{at}.{name}") };
            if is_trap(name) {
                self.traps.push(below);
                return None;
            }
            Some((name.clone(), self.schema(&below, schema).into()))
        });
        clean.collect()
    }

    fn schemas(&mut self, at: &str, list: &Value) -> Option<Value> {
        let schemas = list.as_array()?.iter().filter_map(Value::as_object);
        let clean: Vec<_> = schemas.map(|schema| self.schema(at, schema)).collect();
        (!clean.is_empty()).then(|| json!(clean))
    }
}
