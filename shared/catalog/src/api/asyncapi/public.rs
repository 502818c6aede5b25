//! What an EventType says, as everybody may see it.

use super::{event_type::EventType, schema::is_json_schema};
use crate::{
    markdown,
    secret::{LeftOut, masked, may_be_in_text, shown_schema},
};
use serde_json::Value;
use std::borrow::Cow;

/// The longest schema that is looked at, and so shown, in bytes.
pub(super) const MAX_SCHEMA: usize = 256 * 1024;

impl EventType {
    /// The same as everybody may see it, and what is left out. What is in an allowed path is no secret.
    pub(crate) fn public(mut self, is_allowed: &dyn Fn(&str) -> bool) -> (Self, LeftOut) {
        let mut left_out = LeftOut::default();
        if let Some(text) = self.schema_data.as_mut().filter(|text| text.len() <= MAX_SCHEMA)
            && let Some((shown, of_schema)) = public_schema(text, is_allowed)
        {
            *text = shown;
            left_out = of_schema;
        }
        for (path, text) in [("spec.type", Some(&mut self.ty)), ("spec.description", self.description.as_mut())] {
            if let Some(text) = text
                && let Cow::Owned(shown) = masked(text)
                && !is_allowed(path)
            {
                *text = shown;
                left_out.secrets.push(path.to_owned());
            }
        }
        if let Some(text) = &mut self.description
            && let Cow::Owned(tame) = markdown::tame(text)
        {
            *text = tame;
            left_out.leading.push("spec.description".to_owned());
        }
        let attributes = self.attributes.iter_mut().map(|it| (format!("spec.attributes.{}", it.name), &mut it.value));
        let source = [("spec.source".to_owned(), &mut self.source)];
        for (path, value) in source.into_iter().chain(attributes) {
            if value.as_ref().is_some_and(|value| may_be_in_text(value)) && !is_allowed(&path) {
                *value = None;
                left_out.secrets.push(path);
            }
        }
        // The document and the entity look at it, because it may be a link.
        if self.schema.as_ref().is_some_and(|schema| may_be_in_text(schema)) {
            left_out.secrets.push("spec.schema".to_owned());
        }
        (self, left_out)
    }
}

/// A schema of any language as everybody may see it, and what is left out of it; `None` if that is nothing.
fn public_schema(text: &str, is_allowed: &dyn Fn(&str) -> bool) -> Option<(String, LeftOut)> {
    const PATH: &str = "spec.schemaData";
    match serde_json::from_str(text) {
        Ok(Value::Object(schema)) if is_json_schema(&schema) => {
            let (shown, left_out) = shown_schema(PATH, &schema.into(), is_allowed);
            (left_out != LeftOut::default()).then(|| (format!("{shown:#}"), left_out))
        }
        _ => match masked(text) {
            Cow::Owned(shown) if !is_allowed(PATH) => {
                Some((shown, LeftOut { secrets: vec![PATH.to_owned()], ..LeftOut::default() }))
            }
            _ => None,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::{super::event_type::Attribute, *};

    fn event_type(text: &str) -> EventType {
        let text = Some(text.to_owned());
        let attributes = vec![Attribute { name: "tenant".into(), required: true, value: text.clone() }];
        let [source, schema_data, description] = [0; 3].map(|_| text.clone());
        EventType { ty: "t".into(), source, schema: None, schema_data, description, attributes }
    }

    #[test]
    fn no_text_of_an_event_type_keeps_a_secret() {
        for text in ["https://jane:hunter2@a.example", "token=hunter2", "DB_PASS=hunter2 {x}"] {
            let (public, left_out) = event_type(text).public(&|_| false);
            assert!(!format!("{public:?} {left_out:?}").contains("hunter2"), "{public:?} {left_out:?}");
            assert!(left_out.secrets.len() >= 2, "{left_out:?}");
            let (all, none) = event_type(text).public(&|_| true);
            assert_eq!((all, none), (event_type(text), LeftOut::default()));
        }
    }

    #[test]
    fn the_default_of_a_secret_is_left_out_of_the_schema() {
        let schema = r#"{"type": "object", "properties": {"dbPass": {"type": "string", "default": "hunter2"}}}"#;
        let mut one = event_type("t");
        one.schema_data = Some(schema.to_owned());
        let (public, left_out) = one.public(&|path| path == "spec.source");
        assert_eq!(left_out.secrets, ["default of spec.schemaData.dbPass"]);
        let shown: Value = serde_json::from_str(&public.schema_data.unwrap()).unwrap();
        assert_eq!(shown.pointer("/properties/dbPass"), Some(&serde_json::json!({"type": "string"})));
    }

    #[test]
    fn a_schema_without_secrets_keeps_its_bytes() {
        for text in [r#"{ "type":"object" }"#, "message X {}\n", "{", ""] {
            assert_eq!(event_type(text).public(&|_| false), (event_type(text), LeftOut::default()));
        }
    }
}
