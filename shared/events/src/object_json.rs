//! The JSON of an object, without what only Kubernetes itself reads.

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, Visitor};
use serde_json::{Map, Value};
use std::fmt;

/// The JSON of a Kubernetes object without `metadata.managedFields`: half of many an object, and nested so that it takes 80
/// times its bytes.
///
/// # Errors
/// If it is no JSON, or no JSON object whose `metadata` is one.
pub fn object_json(json: &[u8]) -> serde_json::Result<Value> {
    let mut deserializer = serde_json::Deserializer::from_slice(json);
    let value = Fields::OfObject.deserialize(&mut deserializer)?;
    deserializer.end()?;
    Ok(value)
}

/// Whose fields they are.
#[derive(Clone, Copy)]
enum Fields {
    OfObject,
    OfMetadata,
}

impl<'de> DeserializeSeed<'de> for Fields {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Fields {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::OfObject => "a JSON object",
            Self::OfMetadata => "metadata as a JSON object",
        })
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut fields = Map::new();
        while let Some(name) = map.next_key::<String>()? {
            let value = match (self, name.as_str()) {
                (Self::OfMetadata, "managedFields") => {
                    map.next_value::<IgnoredAny>()?;
                    continue;
                }
                (Self::OfObject, "metadata") => map.next_value_seed(Self::OfMetadata)?,
                _ => map.next_value()?,
            };
            fields.insert(name, value);
        }
        Ok(Value::Object(fields))
    }

    /// As for a field that is not there.
    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn only_what_kubernetes_alone_reads_is_missing() {
        let spec = json!({"managedFields": [1], "metadata": {"managedFields": [2]}});
        let whole = json!({"metadata": {"name": "a", "managedFields": [{"f:a": {}}]}, "spec": spec});
        let kept = json!({"metadata": {"name": "a"}, "spec": spec});
        assert_eq!(object_json(whole.to_string().as_bytes()).unwrap(), kept);
    }

    #[test]
    fn what_is_no_object_is_an_error() {
        for json in ["", "7", "[]", r#"{"metadata": 7}"#, "{} {}", r#"{"metadata": {"managedFields": ["#] {
            assert!(object_json(json.as_bytes()).is_err(), "{json}");
        }
    }
}
