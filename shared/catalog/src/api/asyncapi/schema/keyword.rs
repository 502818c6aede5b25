//! The keywords of JSON Schema that AsyncAPI takes, and their values.

use serde_json::Value;
use std::collections::BTreeSet;

/// Whether the AsyncAPI schema takes the value of a keyword that holds no schema. Unknown keywords may hold anything.
pub(super) fn fits(key: &str, value: &Value) -> bool {
    match key {
        "$comment" | "$id" | "$schema" | "contentEncoding" | "contentMediaType" | "description" | "discriminator"
        | "format" | "pattern" | "title" => value.is_string(),
        "type" => is_type(value),
        "exclusiveMaximum" | "exclusiveMinimum" | "maximum" | "minimum" => value.is_number(),
        "multipleOf" => value.as_f64().is_some_and(|step| step > 0.0),
        "maxItems" | "maxLength" | "maxProperties" | "minItems" | "minLength" | "minProperties" => value.is_u64(),
        "deprecated" | "readOnly" | "uniqueItems" | "writeOnly" => value.is_boolean(),
        "required" => is_names(value),
        "enum" => value.as_array().is_some_and(|list| !list.is_empty() && is_unique(list)),
        "examples" => value.is_array(),
        // Parsers would take these for their own.
        _ => key != "externalDocs" && !key.starts_with("x-parser-"),
    }
}

pub(super) fn is_type(value: &Value) -> bool {
    const TYPES: [&str; 7] = ["array", "boolean", "integer", "null", "number", "object", "string"];
    let is_one = |value: &Value| value.as_str().is_some_and(|ty| TYPES.contains(&ty));
    is_one(value) || value.as_array().is_some_and(|list| !list.is_empty() && list.iter().all(is_one) && is_unique(list))
}

pub(super) fn is_names(value: &Value) -> bool {
    value.as_array().is_some_and(|list| list.iter().all(Value::is_string) && is_unique(list))
}

fn is_unique(list: &[Value]) -> bool {
    list.iter().map(Value::to_string).collect::<BTreeSet<_>>().len() == list.len()
}
