//! Keys in a user's values that a viewer of documents follows, merges or loses, wherever they are.

use serde_json::Value;

/// The keys. Clients of OpenAPI and AsyncAPI fetch what `$ref` names, also in examples and extensions. swagger-client
/// sets `$$ref` itself.
const TRAPS: [&str; 4] = ["$$ref", "$ref", "<<", "__proto__"];

pub(super) fn is_trap(key: &str) -> bool {
    TRAPS.contains(&key)
}

/// Whether such a key is anywhere in the value.
pub(super) fn holds_trap(value: &Value) -> bool {
    match value {
        Value::Array(list) => list.iter().any(holds_trap),
        Value::Object(fields) => fields.iter().any(|(key, value)| is_trap(key) || holds_trap(value)),
        _ => false,
    }
}
