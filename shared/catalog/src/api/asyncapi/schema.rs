//! A user's JSON Schema of any draft, as AsyncAPI 3.0.0 takes it: draft 7, without references to anything outside of
//! it.
//!
//! What the AsyncAPI parser would reject is omitted, place by place, because one wrong keyword would hide the whole
//! document.

mod keyword;

use crate::{
    api::trap::{holds_trap, is_trap},
    json_schema::{holds_schema, holds_schemas},
};
use keyword::{fits, is_names, is_type};
use serde_json::{Map, Value};
use std::{borrow::Cow, collections::BTreeSet};

/// Keywords that distinguish a JSON Schema from other JSON.
const SIGNS: [&str; 15] = [
    "$defs",
    "$ref",
    "$schema",
    "additionalProperties",
    "allOf",
    "anyOf",
    "const",
    "definitions",
    "enum",
    "items",
    "oneOf",
    "patternProperties",
    "properties",
    "required",
    "type",
];

/// Whether an object is meant as a JSON Schema.
pub(super) fn is_json_schema(object: &Map<String, Value>) -> bool {
    object.get("type").is_none_or(is_type) && SIGNS.iter().any(|sign| object.contains_key(*sign))
}

/// The schema as it can be at a place of the document (`#/...`), and the pointers of what had to be omitted.
pub(super) fn inlined(user: &Map<String, Value>, place: &str) -> (Value, Vec<String>) {
    let mut cleaning = Cleaning::default();
    let mut schema = cleaning.object("", user);
    let kept = |pointer: &str| cleaning.schemas.contains(pointer) && schema.pointer(pointer).is_some();
    let targets: BTreeSet<_> = cleaning.schemas.iter().filter(|pointer| kept(pointer)).cloned().collect();
    follow(&mut schema, "", place, &targets, &mut cleaning.omitted);
    cleaning.omitted.sort();
    (schema, cleaning.omitted)
}

/// The pointers of the schemas found, and of what is omitted.
#[derive(Default)]
struct Cleaning {
    schemas: BTreeSet<String>,
    omitted: Vec<String>,
}

impl Cleaning {
    fn object(&mut self, at: &str, schema: &Map<String, Value>) -> Value {
        self.schemas.insert(at.to_owned());
        self.fields(at, &modern(schema), |cleaning, at, key, value| cleaning.keyword(at, key, value))
    }

    fn schema(&mut self, at: &str, value: &Value) -> Option<Value> {
        match value {
            Value::Bool(_) => Some(value.clone()),
            Value::Object(schema) => Some(self.object(at, schema)),
            _ => None,
        }
    }

    fn keyword(&mut self, at: &str, key: &str, value: &Value) -> Option<Value> {
        match key {
            _ if holds_schema(key) => self.schema(at, value),
            _ if holds_schemas(key) => self.list(at, value),
            "items" => self.schema(at, value).or_else(|| self.list(at, value)),
            "$defs" | "definitions" | "dependencies" | "dependentSchemas" | "patternProperties" | "properties" => {
                Some(self.fields(at, value.as_object()?, |cleaning, at, name, value| {
                    let list = (key == "dependencies" && is_names(value)).then(|| value.clone());
                    list.or_else(|| cleaning.schema(at, value)).filter(|_| !is_trap(name))
                }))
            }
            "$ref" => value.is_string().then(|| value.clone()),
            // At the top, AsyncAPI would take the whole for a schema of another language.
            "schema" if at == "/schema" => None,
            _ => (fits(key, value) && !is_trap(key) && !holds_trap(value)).then(|| value.clone()),
        }
    }

    fn list(&mut self, at: &str, value: &Value) -> Option<Value> {
        let list = value.as_array().filter(|list| !list.is_empty())?;
        list.iter().enumerate().map(|(n, schema)| self.schema(&format!("{at}/{n}"), schema)).collect()
    }

    /// An object with those of its fields that are taken.
    fn fields(
        &mut self,
        at: &str,
        fields: &Map<String, Value>,
        taken: impl Fn(&mut Self, &str, &str, &Value) -> Option<Value>,
    ) -> Value {
        let mut clean = Map::new();
        for (key, value) in fields {
            let at = below(at, key);
            match taken(self, &at, key, value) {
                Some(value) => drop(clean.insert(key.clone(), value)),
                None => self.omitted.push(at),
            }
        }
        clean.into()
    }
}

/// Turns each `$ref` to where its target is now, and omits those without a target in the schema.
fn follow(value: &mut Value, at: &str, place: &str, targets: &BTreeSet<String>, omitted: &mut Vec<String>) {
    match value {
        Value::Array(list) => {
            list.iter_mut()
                .enumerate()
                .for_each(|(n, item)| follow(item, &format!("{at}/{n}"), place, targets, omitted));
        }
        Value::Object(fields) => {
            fields.iter_mut().for_each(|(key, value)| follow(value, &below(at, key), place, targets, omitted));
            let Some(Value::String(target)) = fields.remove("$ref") else { return };
            match target.strip_prefix('#').filter(|pointer| targets.contains(*pointer)) {
                Some(pointer) => refer(fields, &format!("{place}{pointer}")),
                None => omitted.push(below(at, "$ref")),
            }
        }
        _ => {}
    }
}

/// Sets a `$ref`. Next to other keywords it goes within `allOf`, because parsers replace all of them by the target.
fn refer(schema: &mut Map<String, Value>, target: &str) {
    let reference = Map::from_iter([("$ref".to_owned(), Value::from(target))]);
    if schema.is_empty() {
        *schema = reference;
    } else if let Value::Array(all) = schema.entry("allOf").or_insert_with(|| Value::Array(vec![])) {
        all.push(reference.into());
    }
}

/// In draft 4 a flag says whether a bound is exclusive.
fn modern(schema: &Map<String, Value>) -> Cow<'_, Map<String, Value>> {
    let mut schema = Cow::Borrowed(schema);
    for (flag, bound) in [("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")] {
        let Some(Value::Bool(exclusive)) = schema.get(flag).cloned() else { continue };
        let schema = schema.to_mut();
        schema.remove(flag);
        if exclusive && let Some(limit) = schema.remove(bound) {
            schema.insert(flag.into(), limit);
        }
    }
    schema
}

/// The JSON pointer of a field.
fn below(at: &str, key: &str) -> String {
    format!("{at}/{}", key.replace('~', "~0").replace('/', "~1"))
}

#[cfg(test)]
mod tests;
