//! The fields of a form that hold one value: strings, numbers, booleans.

use super::{
    keyword::copy,
    pattern::pattern,
    place::{Gap, Place, Why},
};
use crate::secret::Secrecy;
use serde_json::{Map, Value, json};

/// The type of a field that takes both.
pub(super) const INT_OR_STRING: &str = "int-or-string";

/// The formats that rjsf checks or has a widget for.
const FORMATS: [&str; 8] = ["date", "date-time", "email", "hostname", "ipv4", "ipv6", "uri", "uuid"];

/// Whether Kubernetes takes an integer as well as a string.
pub(super) fn is_int_or_string(schema: &Map<String, Value>) -> bool {
    schema.get("x-kubernetes-int-or-string") == Some(&Value::Bool(true))
}

/// A field of one of the scalar types.
pub(super) fn field(
    ty: &str,
    schema: &Map<String, Value>,
    place: &Place,
    gaps: &mut Vec<Gap>,
) -> Result<Map<String, Value>, Why> {
    let mut form = Map::new();
    match ty {
        "boolean" => {}
        "integer" | "number" => number(&mut form, schema),
        "string" => string(&mut form, schema, place, gaps),
        INT_OR_STRING => int_or_string(&mut form, schema, place, gaps),
        _ => return Err("a form does not know its type"),
    }
    if ty != INT_OR_STRING {
        form.insert("type".into(), ty.into());
    }
    let choices = schema.get("enum").and_then(Value::as_array).into_iter().flatten();
    let choices: Vec<_> = choices.filter(|it| it.is_string() || it.is_number() || it.is_boolean()).collect();
    if !choices.is_empty() {
        form.insert("enum".into(), json!(choices));
    }
    Ok(form)
}

/// The default says which of the two is meant. Without one the person chooses.
fn int_or_string(form: &mut Map<String, Value>, schema: &Map<String, Value>, place: &Place, gaps: &mut Vec<Gap>) {
    let (key, value) = match schema.get("default") {
        Some(Value::Number(_)) => ("type", json!("integer")),
        Some(Value::String(_)) => ("type", json!("string")),
        _ => ("anyOf", json!([{"title": "Text", "type": "string"}, {"title": "Number", "type": "integer"}])),
    };
    form.insert(key.into(), value);
    pattern(form, schema, place, gaps);
}

fn number(form: &mut Map<String, Value>, schema: &Map<String, Value>) {
    for (limit, exclusive) in [("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum")] {
        // In a CRD (OpenAPI 3.0) a flag next to the limit, in JSON Schema since draft 6 a limit of its own.
        let key = if schema.get(exclusive) == Some(&Value::Bool(true)) { exclusive } else { limit };
        if let Some(value) = schema.get(limit).filter(|value| value.is_number()) {
            form.insert(key.into(), value.clone());
        }
    }
    copy(form, schema, &["multipleOf"], |value| value.as_f64().is_some_and(|step| step > 0.0));
}

fn string(form: &mut Map<String, Value>, schema: &Map<String, Value>, place: &Place, gaps: &mut Vec<Gap>) {
    copy(form, schema, &["minLength", "maxLength"], Value::is_u64);
    copy(form, schema, &["format"], |format| format.as_str().is_some_and(|format| FORMATS.contains(&format)));
    pattern(form, schema, place, gaps);
    if place.secrecy == Secrecy::Secret {
        form.insert("ui:widget".into(), "password".into());
    } else if let Some(example) = schema.get("example").filter(|example| example.is_string())
        && !schema.contains_key("enum")
    {
        form.insert("examples".into(), json!([example]));
    }
}
