//! The keywords of a schema.

use serde_json::{Map, Value};

/// Whether Backstage takes a field of this name as it is. `$text` and its like fetch a URL, `ui:` keys control the
/// form, and every object in JavaScript has a `__proto__`.
pub(super) fn is_safe(name: &str) -> bool {
    !name.starts_with('$') && !name.starts_with("ui:") && name != "__proto__"
}

pub(super) fn all_safe(value: &Value) -> bool {
    match value {
        Value::Object(map) => map.iter().all(|(name, value)| is_safe(name) && all_safe(value)),
        Value::Array(items) => items.iter().all(all_safe),
        _ => true,
    }
}

pub(super) fn takes_anything(schema: &Map<String, Value>) -> bool {
    let is_true = |key| schema.get(key) == Some(&Value::Bool(true));
    is_true("x-kubernetes-preserve-unknown-fields") || is_true("additionalProperties")
}

/// Copies the keys whose values JSON Schema accepts.
pub(super) fn copy(
    form: &mut Map<String, Value>,
    schema: &Map<String, Value>,
    keys: &[&str],
    is_valid: fn(&Value) -> bool,
) {
    for key in keys {
        if let Some(value) = schema.get(*key).filter(|value| is_valid(value)) {
            form.insert((*key).to_owned(), value.clone());
        }
    }
}
