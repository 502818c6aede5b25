//! A value of JSON with its keys in the order in which people write them.

use super::text::Text;
use serde::{Serialize, Serializer, ser::SerializeMap};
use serde_json::Value;

/// The customary order of the keys of OpenAPI, AsyncAPI, JSON Schema and the scaffolder. The other keys follow them.
#[rustfmt::skip]
const ORDER: &[&str] = &[
    "openapi", "asyncapi", "info",
    "$schema", "$id", "$ref", "id", "in", "name", "title", "version", "action", "address", "channel", "operationId",
    "summary", "description", "url",
    "type", "format", "const", "enum", "enumNames", "default", "example", "examples", "pattern",
    "minimum", "exclusiveMinimum", "maximum", "exclusiveMaximum", "multipleOf",
    "minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties", "nullable", "required",
    "parameters", "get", "post", "put", "patch", "delete", "requestBody", "responses", "content",
    "contentType", "externalDocs", "headers", "payload",
    "properties", "additionalProperties", "items",
    "paths", "channels", "operations", "messages", "components", "schemas", "definitions",
];

/// Below these the keys are names that somebody chose. They are sorted.
#[rustfmt::skip]
const NAMED: &[&str] = &[
    "$defs", "channels", "definitions", "dependencies", "messages", "operations", "paths", "patternProperties",
    "properties", "responses", "schemas",
];

/// A value whose keys are written in the customary order.
pub(super) struct Tree<'a> {
    value: &'a Value,
    /// Whether its keys are names that somebody chose.
    is_named: bool,
}

impl<'a> Tree<'a> {
    pub(super) fn of(value: &'a Value) -> Self {
        Self { value, is_named: false }
    }
}

impl Serialize for Tree<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.value {
            Value::String(text) => Text(text).serialize(serializer),
            Value::Array(items) => serializer.collect_seq(items.iter().map(Self::of)),
            Value::Object(fields) => {
                let mut fields: Vec<_> = fields.iter().collect();
                if !self.is_named {
                    fields.sort_by_cached_key(|(key, _)| rank(key));
                }
                let mut map = serializer.serialize_map(Some(fields.len()))?;
                for (key, value) in fields {
                    let is_named = !self.is_named && NAMED.contains(&key.as_str());
                    map.serialize_entry(key, &Tree { value, is_named })?;
                }
                map.end()
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => self.value.serialize(serializer),
        }
    }
}

/// For `serialize_with`.
pub(crate) fn trees<S: Serializer>(values: &[Value], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(values.iter().map(Tree::of))
}

fn rank(key: &str) -> usize {
    ORDER.iter().position(|known| *known == key).unwrap_or(ORDER.len())
}
