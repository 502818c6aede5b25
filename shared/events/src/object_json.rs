//! The JSON of an object, without what only Kubernetes itself reads.

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Unexpected, Visitor};
use serde_json::{Map, Value};
use std::fmt;

/// The JSON of a Kubernetes object without the `fieldsV1` of its `metadata.managedFields`: half of many an object, and nested so
/// that it takes 80 times its bytes. Who wrote what part of the object, and when, stays.
///
/// # Errors
/// If it is no JSON, or no JSON object whose `metadata` is one.
pub fn object_json(json: &[u8]) -> serde_json::Result<Value> {
    let mut deserializer = serde_json::Deserializer::from_slice(json);
    let value = Part::Object.deserialize(&mut deserializer)?;
    deserializer.end()?;
    Ok(value)
}

/// The parts on the way to what is left out.
#[derive(Clone, Copy)]
enum Part {
    Object,
    Metadata,
    /// The list `managedFields`.
    Managers,
    /// An entry of it.
    Manager,
}

impl<'de> DeserializeSeed<'de> for Part {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Part {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Object => "a JSON object",
            Self::Metadata => "metadata as a JSON object",
            Self::Managers => "managedFields as a list",
            Self::Manager => "an entry of managedFields as a JSON object",
        })
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut fields = Map::new();
        while let Some(name) = map.next_key::<String>()? {
            let value = match (self, name.as_str()) {
                (Self::Managers, _) => return Err(A::Error::invalid_type(Unexpected::Map, &self)),
                (Self::Manager, "fieldsV1") => {
                    map.next_value::<IgnoredAny>()?;
                    continue;
                }
                (Self::Object, "metadata") => map.next_value_seed(Self::Metadata)?,
                (Self::Metadata, "managedFields") => map.next_value_seed(Self::Managers)?,
                _ => map.next_value()?,
            };
            fields.insert(name, value);
        }
        Ok(Value::Object(fields))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Value, A::Error> {
        if !matches!(self, Self::Managers) {
            return Err(A::Error::invalid_type(Unexpected::Seq, &self));
        }
        let mut entries = Vec::new();
        while let Some(entry) = list.next_element_seed(Self::Manager)? {
            entries.push(entry);
        }
        Ok(Value::Array(entries))
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
        let spec = json!({"managedFields": [{"fieldsV1": 1}], "metadata": {"managedFields": [2]}, "fieldsV1": {}});
        let entry = json!({"manager": "kratix", "subresource": "status", "time": "2026-11-21T11:00:00Z"});
        let mut whole = entry.clone();
        whole["fieldsV1"] = json!({"f:a": {}});
        let object = |entry: &Value| json!({"metadata": {"name": "a", "managedFields": [entry]}, "spec": spec});
        assert_eq!(object_json(object(&whole).to_string().as_bytes()).unwrap(), object(&entry));
    }

    #[test]
    fn what_is_no_object_is_an_error() {
        for json in ["", "7", "[]", r#"{"metadata": 7}"#, r#"{"metadata": []}"#, "{} {}"] {
            assert!(object_json(json.as_bytes()).is_err(), "{json}");
        }
        for managers in ["[", "7", r#"{"a": 1}"#, "[[]]"] {
            let json = format!(r#"{{"metadata": {{"managedFields": {managers}}}}}"#);
            assert!(object_json(json.as_bytes()).is_err(), "{json}");
        }
    }
}
