//! What an EventType says of its events, in any of its versions.

use crate::{bounded, notes::Notes};
use events::Object;
use serde_json::Value;
use std::collections::BTreeMap;

/// What an EventType says of its events. None of its texts is empty, and all but the schema itself are bounded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct EventType {
    /// Their type.
    pub(crate) ty: String,
    /// Their source, maybe a template such as `/orders/{id}`.
    pub(crate) source: Option<String>,
    /// Where the schema is: a URL, maybe a relative one.
    pub(crate) schema: Option<String>,
    /// The schema itself, of any language.
    pub(crate) schema_data: Option<String>,
    /// A sentence about them.
    pub(crate) description: Option<String>,
    /// Further attributes, sorted by name.
    pub(crate) attributes: Vec<Attribute>,
}

/// A context attribute of the events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Attribute {
    /// As CloudEvents names it.
    pub(crate) name: String,
    /// Whether each event has it.
    pub(crate) required: bool,
    /// Its value, maybe a template; `None` if any is allowed.
    pub(crate) value: Option<String>,
}

/// Attributes that have a place of their own, or always look the same.
const KNOWN: [&str; 5] = ["id", "schemadata", "source", "specversion", "type"];

impl EventType {
    /// Reads `type`, `source`, `schema` and `schemaData` (v1beta1, v1beta2) or `attributes` (v1beta3), whichever is
    /// there. `None` if there is no type. What is too long is cut, and noted.
    pub(crate) fn of(event_type: &Object, notes: &mut Notes) -> Option<Self> {
        let mut attributes = attributes(event_type);
        let mut value = |name| attributes.remove(name).and_then(|it: Attribute| it.value);
        let [ty, source, schema] = ["type", "source", "schemadata"].map(&mut value);
        let field = |name| filled(event_type.at(&format!("/spec/{name}")));
        let mut it = Self {
            ty: field("type").or(ty)?,
            source: field("source").or(source),
            schema: field("schema").or(schema),
            schema_data: field("schemaData"),
            description: field("description"),
            attributes: attributes.into_values().filter(|it| !KNOWN.contains(&it.name.as_str())).collect(),
        };
        it.cut(notes);
        Some(it)
    }

    fn cut(&mut self, notes: &mut Notes) {
        let mut take = |field: &str, text: &mut String, cut: fn(&str) -> Option<String>| {
            if let Some(cut) = cut(text) {
                notes.invalid(&format!("spec.{field}"), bounded::note(text));
                *text = cut;
            }
        };
        let fields = [("type", Some(&mut self.ty)), ("source", self.source.as_mut()), ("schema", self.schema.as_mut())];
        let of_attribute = |it| {
            let Attribute { name, value, .. }: &mut Attribute = it;
            (format!("attributes.{name}"), value.as_mut())
        };
        let fields = fields.into_iter().map(|(field, text)| (field.to_owned(), text));
        for (field, text) in fields.chain(self.attributes.iter_mut().map(of_attribute)) {
            text.into_iter().for_each(|text| take(&field, text, bounded::value));
        }
        self.description.iter_mut().for_each(|text| take("description", text, bounded::words));
    }
}

/// The attributes of v1beta3 by name. Of two with the same name, the first.
fn attributes(event_type: &Object) -> BTreeMap<String, Attribute> {
    let mut attributes = BTreeMap::new();
    for value in event_type.at("/spec/attributes").and_then(Value::as_array).into_iter().flatten() {
        let Some(name) = filled(value.get("name")).filter(|name| is_name(name)) else { continue };
        let required = value.get("required") == Some(&Value::Bool(true));
        let attribute = Attribute { name: name.clone(), required, value: filled(value.get("value")) };
        attributes.entry(name).or_insert(attribute);
    }
    attributes
}

/// Whether CloudEvents takes it as the name of an attribute, and it is not huge.
fn is_name(text: &str) -> bool {
    text.len() <= bounded::MAX && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
}

fn filled(value: Option<&Value>) -> Option<String> {
    value?.as_str().filter(|text| !text.trim().is_empty()).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn event_type(spec: &Value) -> Option<EventType> {
        let metadata = json!({"namespace": "shop", "name": "x"});
        let object = json!({"apiVersion": "eventing.knative.dev/v1beta2", "kind": "EventType", "metadata": metadata, "spec": spec});
        EventType::of(&Object::try_from(object).unwrap(), &mut Notes::default())
    }

    #[test]
    fn long_texts_are_cut_and_noted() {
        let long = "x".repeat(1 << 20);
        let attributes = json!([{"name": "tenant", "required": true, "value": long}, {"name": long, "required": true}]);
        let spec = json!({"type": long, "source": long, "schema": long, "description": long, "attributes": attributes});
        let object = json!({"apiVersion": "eventing.knative.dev/v1beta2", "kind": "EventType", "metadata": {"name": "x"}, "spec": spec});
        let mut notes = Notes::default();
        let it = EventType::of(&Object::try_from(object).unwrap(), &mut notes).unwrap();
        assert_eq!(it.attributes.len(), 1);
        let values = [it.source, it.schema, it.attributes[0].value.clone()].map(Option::unwrap);
        for value in values.iter().chain([&it.ty]) {
            assert!(value.len() == bounded::MAX && value.ends_with("x{…}"), "{} bytes", value.len());
        }
        assert!(it.description.unwrap().ends_with("x…"));
        let noted: Vec<_> = notes.invalid_overrides.iter().map(|it| (it.field.as_str(), it.reason.as_str())).collect();
        let note = "is 1048576 bytes long, and is cut to 4096";
        assert_eq!(
            noted,
            ["spec.attributes.tenant", "spec.description", "spec.schema", "spec.source", "spec.type"]
                .map(|field| (field, note))
        );
    }

    #[test]
    fn both_shapes_say_the_same() {
        let old = json!({"type": "t", "source": "/s", "schema": "http://x", "description": "d"});
        let named = |name, value| json!({"name": name, "required": true, "value": value});
        let attributes = [("type", "t"), ("source", "/s"), ("schemadata", "http://x"), ("specversion", ""), ("id", "")];
        let new = json!({"attributes": attributes.map(|(name, value)| named(name, value)), "description": "d"});
        assert_eq!(event_type(&old), event_type(&new));
        assert_eq!(event_type(&new).unwrap().attributes, []);
    }

    #[test]
    fn an_event_type_without_a_type_says_nothing() {
        for spec in [json!({}), json!({"type": ""}), json!({"type": 5}), json!({"attributes": [{"name": "type"}]})] {
            assert_eq!(event_type(&spec), None, "{spec}");
        }
    }

    #[test]
    fn further_attributes_are_sorted_and_named_as_cloudevents_names_them() {
        let attributes = json!([
            {"name": "type", "value": "t"}, {"name": "tenant", "required": true}, {"name": "region", "value": "eu"},
            {"name": "region", "value": "us"}, {"name": "$ref", "value": "http://x"}, {"value": "x"}, 5,
        ]);
        let region = Attribute { name: "region".into(), required: false, value: Some("eu".into()) };
        let tenant = Attribute { name: "tenant".into(), required: true, value: None };
        assert_eq!(event_type(&json!({ "attributes": attributes })).unwrap().attributes, [region, tenant]);
    }
}
