//! The fields of a form, and the fields within them.

use super::{
    keyword::{copy, is_safe, takes_anything},
    place::{Gap, Place, Why},
    scalar,
    text::{default, describe},
};
use serde_json::{Map, Value, json};

/// How deep fields may be nested.
const MAX_DEPTH: usize = 20;

pub(super) fn field(schema: &Value, place: &Place, gaps: &mut Vec<Gap>) -> Result<Map<String, Value>, Why> {
    let schema = schema.as_object().ok_or("it has no schema")?;
    if place.depth > MAX_DEPTH {
        return Err("it is nested too deeply");
    }
    let mut form = match type_of(schema)? {
        "object" => object(schema, place, gaps)?,
        "array" => array(schema, place, gaps)?,
        ty => scalar::field(ty, schema, place, gaps)?,
    };
    describe(&mut form, schema);
    default(&mut form, schema, place, gaps);
    for key in ["allOf", "anyOf", "oneOf", "not"] {
        if schema.contains_key(key) && !scalar::is_int_or_string(schema) {
            place.gap(format!("has {key}, which the form does not check"), gaps);
        }
    }
    Ok(form)
}

/// The type that a schema names or, without one, implies.
fn type_of(schema: &Map<String, Value>) -> Result<&str, Why> {
    if scalar::is_int_or_string(schema) {
        return Ok(scalar::INT_OR_STRING);
    }
    if let Some(ty) = schema.get("type") {
        return ty.as_str().ok_or("it has no single type");
    }
    let meant = [("properties", "object"), ("additionalProperties", "object"), ("items", "array")];
    match meant.iter().find(|(key, _)| schema.contains_key(*key)) {
        Some((_, ty)) => Ok(ty),
        None if takes_anything(schema) => Err("it accepts any value"),
        None => Err("it has no type"),
    }
}

fn object(schema: &Map<String, Value>, place: &Place, gaps: &mut Vec<Gap>) -> Result<Map<String, Value>, Why> {
    let mut form = Map::from_iter([("type".to_owned(), json!("object"))]);
    let properties = properties(schema, place, gaps);
    let values = match schema.get("additionalProperties") {
        Some(values @ Value::Object(_)) => Some(field(values, &place.each("{}", values), gaps)?),
        _ => None,
    };
    if properties.is_empty() && values.is_none() {
        return Err(if takes_anything(schema) { "it accepts any value" } else { "it has no fields to ask for" });
    }
    if values.is_none() && takes_anything(schema) {
        place.gap("accepts more fields than the form asks for", gaps);
    }
    let required = required(schema, &properties, place, gaps);
    if properties.len() > 1 {
        let optional = properties.keys().map(String::as_str).filter(|name| !required.contains(name));
        let order: Vec<_> = required.iter().copied().chain(optional).chain(["*"]).collect();
        form.insert("ui:order".into(), json!(order));
    }
    if !required.is_empty() {
        form.insert("required".into(), json!(required));
    }
    if !properties.is_empty() {
        form.insert("properties".into(), Value::Object(properties));
    }
    if let Some(values) = values {
        form.insert("additionalProperties".into(), Value::Object(values));
        copy(&mut form, schema, &["minProperties", "maxProperties"], Value::is_u64);
    }
    Ok(form)
}

/// The fields of an object.
fn properties(schema: &Map<String, Value>, place: &Place, gaps: &mut Vec<Gap>) -> Map<String, Value> {
    let mut form = Map::new();
    for (name, schema) in schema.get("properties").and_then(Value::as_object).into_iter().flatten() {
        let place = place.property(name, schema);
        match if is_safe(name) { field(schema, &place, gaps) } else { Err("Backstage would misread its name") } {
            Ok(field) => {
                form.insert(name.clone(), Value::Object(field));
            }
            Err(why) => place.omit(why, gaps),
        }
    }
    form
}

/// The required fields that are in the form, in the author's order. Of the others a form can only warn.
fn required<'a>(
    schema: &'a Map<String, Value>,
    properties: &Map<String, Value>,
    place: &Place,
    gaps: &mut Vec<Gap>,
) -> Vec<&'a str> {
    let mut required: Vec<&str> = Vec::new();
    for name in schema.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str) {
        if !properties.contains_key(name) {
            place.gap(format!("requires {name}, which the form does not ask for"), gaps);
        } else if !required.contains(&name) {
            required.push(name);
        }
    }
    required
}

fn array(schema: &Map<String, Value>, place: &Place, gaps: &mut Vec<Gap>) -> Result<Map<String, Value>, Why> {
    let items = schema.get("items").ok_or("its items have no schema")?;
    let items = field(items, &place.each("[]", items), gaps)?;
    let mut form = Map::from_iter([("type".to_owned(), json!("array"))]);
    copy(&mut form, schema, &["minItems", "maxItems"], Value::is_u64);
    let choice = items.contains_key("enum") && items.get("type") == Some(&json!("string"));
    if choice || schema.get("x-kubernetes-list-type") == Some(&json!("set")) {
        form.insert("uniqueItems".into(), true.into());
    }
    if choice {
        form.insert("ui:widget".into(), "checkboxes".into());
    }
    form.insert("items".into(), Value::Object(items));
    Ok(form)
}
