//! The form compiler: a CRD's schema in, the JSON Schema of a Backstage form (rjsf) out.
//!
//! The form is built up from what is known, so nothing else leaks into it; what it cannot ask for is left out, with a
//! reason. Whoever completes it has this border to keep: [`compile`].

mod scalar;

use crate::secret::Secrecy;
use serde_json::{Map, Value, json};
use std::fmt;

/// How deep fields may lie.
const MAX_DEPTH: usize = 20;

/// A form.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Form {
    /// A JSON Schema with `ui:` keys; `None` where there is nothing to ask for.
    pub(crate) schema: Option<Value>,
    /// What the form does not say of the schema, in the order of the schema's names.
    pub(crate) gaps: Vec<Gap>,
}

/// Something of a schema that its form does not say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Gap {
    path: String,
    what: String,
}

impl fmt::Display for Gap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.path, self.what)
    }
}

/// Makes the form of a field from its schema.
pub(crate) fn compile(name: &str, schema: &Value) -> Form {
    let mut gaps = Vec::new();
    let root = Place { path: name.to_owned(), name, secrecy: Secrecy::Open.of(name, schema.get("format")), depth: 0 };
    let schema = field(schema, &root, &mut gaps).map_err(|why| root.left_out(why, &mut gaps));
    Form { schema: schema.ok().map(Value::Object), gaps }
}

/// Why a field is not in the form.
type Why = &'static str;

/// Where a field stands.
struct Place<'a> {
    path: String,
    name: &'a str,
    secrecy: Secrecy,
    depth: usize,
}

impl<'a> Place<'a> {
    fn property(&self, name: &'a str, schema: &Value) -> Self {
        let secrecy = self.secrecy.of(name, schema.get("format"));
        Self { path: format!("{}.{name}", self.path), name, secrecy, depth: self.depth + 1 }
    }

    /// Items and values are known by the name of what holds them.
    fn each(&self, brackets: &str, schema: &Value) -> Self {
        Self { path: format!("{}{brackets}", self.path), ..self.property(self.name, schema) }
    }

    fn gap(&self, what: impl Into<String>, gaps: &mut Vec<Gap>) {
        gaps.push(Gap { path: self.path.clone(), what: what.into() });
    }

    fn left_out(&self, why: Why, gaps: &mut Vec<Gap>) {
        self.gap(format!("is left out of the form: {why}"), gaps);
    }
}

fn field(schema: &Value, place: &Place, gaps: &mut Vec<Gap>) -> Result<Map<String, Value>, Why> {
    let schema = schema.as_object().ok_or("it has no schema")?;
    if place.depth > MAX_DEPTH {
        return Err("it lies too deep");
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

/// Title and description in the author's words, the latter followed by ours.
fn describe(form: &mut Map<String, Value>, schema: &Map<String, Value>) {
    let text = |key| schema.get(key).and_then(Value::as_str).map(str::trim).filter(|text| !text.is_empty());
    if let Some(title) = text("title") {
        form.insert("title".into(), title.into());
    }
    let ours = form.get("description").and_then(Value::as_str);
    let description: Vec<_> = text("description").into_iter().chain(ours).collect();
    if !description.is_empty() {
        form.insert("description".into(), description.join("\n\n").into());
    }
}

/// The type which a schema says or, where it does not, means.
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
        None if takes_anything(schema) => Err("it takes anything"),
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
        return Err(if takes_anything(schema) { "it takes anything" } else { "it has no fields to ask for" });
    }
    if values.is_none() && takes_anything(schema) {
        place.gap("takes fields besides, which the form does not ask for", gaps);
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
            Err(why) => place.left_out(why, gaps),
        }
    }
    form
}

/// The required fields which are in the form, in the author's order; of the others a form can only warn.
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

/// The default, unless it is or holds a secret, or something that Backstage would misread.
fn default(form: &mut Map<String, Value>, schema: &Map<String, Value>, place: &Place, gaps: &mut Vec<Gap>) {
    let Some(default) = schema.get("default").filter(|default| !default.is_null()) else { return };
    if place.secrecy.hides(default) {
        return;
    }
    if all_safe(default) {
        form.insert("default".into(), default.clone());
    } else {
        place.gap("has a default that Backstage would misread; the form leaves it out", gaps);
    }
}

/// Whether Backstage takes a field of this name as it is: `$text` and the like fetch a URL, `ui:` keys steer the form,
/// and `__proto__` is every object's in JavaScript.
fn is_safe(name: &str) -> bool {
    !name.starts_with('$') && !name.starts_with("ui:") && name != "__proto__"
}

fn all_safe(value: &Value) -> bool {
    match value {
        Value::Object(map) => map.iter().all(|(name, value)| is_safe(name) && all_safe(value)),
        Value::Array(items) => items.iter().all(all_safe),
        _ => true,
    }
}

fn takes_anything(schema: &Map<String, Value>) -> bool {
    let is_true = |key| schema.get(key) == Some(&Value::Bool(true));
    is_true("x-kubernetes-preserve-unknown-fields") || is_true("additionalProperties")
}

/// Copies the keys whose values are what JSON Schema wants them to be.
fn copy(form: &mut Map<String, Value>, schema: &Map<String, Value>, keys: &[&str], is_valid: fn(&Value) -> bool) {
    for key in keys {
        if let Some(value) = schema.get(*key).filter(|value| is_valid(value)) {
            form.insert((*key).to_owned(), value.clone());
        }
    }
}

#[cfg(test)]
mod tests;
