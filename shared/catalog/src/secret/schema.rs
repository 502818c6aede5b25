//! A user's schema as everybody may see it: without the values that may be secrets, and without texts that lead elsewhere.

use super::{field::Secrecy, text::masked};
use crate::{
    json_schema::{holds_schema, holds_schemas},
    markdown,
};
use serde_json::{Map, Value};

/// What was left out of a schema, or changed in it: `default of spec.password`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct LeftOut {
    /// What may be a secret.
    pub(crate) secrets: Vec<String>,
    /// Descriptions that lead to something else than a web page.
    pub(crate) leading: Vec<String>,
}

/// The schema of what is at a path, as everybody may see it. What is in an allowed path is no secret.
pub(crate) fn shown(path: &str, schema: &Value, is_allowed: &dyn Fn(&str) -> bool) -> (Value, LeftOut) {
    let mut walk = Walk { is_allowed, left_out: LeftOut::default() };
    let name = path.rsplit('.').next().unwrap_or_default();
    let shown = walk.schema(Place { path, name, within: Secrecy::Open }, schema);
    (shown, walk.left_out)
}

/// The place of a schema. Items and values have the name of the field that holds them.
#[derive(Clone, Copy)]
struct Place<'a> {
    path: &'a str,
    name: &'a str,
    within: Secrecy,
}

struct Walk<'a> {
    is_allowed: &'a dyn Fn(&str) -> bool,
    left_out: LeftOut,
}

impl Walk<'_> {
    fn schema(&mut self, place: Place<'_>, schema: &Value) -> Value {
        let Some(keywords) = schema.as_object() else { return schema.clone() };
        let secrecy = match place.within.of(place.name, keywords.get("format")) {
            // Who chooses among given values does not make one up.
            Secrecy::Private if keywords.contains_key("enum") => Secrecy::Open,
            secrecy => secrecy,
        };
        let place = Place { within: secrecy, ..place };
        let shown = keywords.iter().filter_map(|(key, value)| Some((key.clone(), self.keyword(place, key, value)?)));
        Value::Object(shown.collect())
    }

    /// The value of a keyword; `None` if nobody may see it.
    fn keyword(&mut self, place: Place<'_>, key: &str, value: &Value) -> Option<Value> {
        let Place { path, within: secrecy, .. } = place;
        let each = format!("{path}{}", if key == "items" { "[]" } else { "{}" });
        Some(match (key, value) {
            ("properties" | "$defs" | "definitions" | "dependentSchemas", Value::Object(fields)) => {
                self.fields(place, fields)
            }
            ("patternProperties" | "dependencies", Value::Object(fields)) => {
                let place = Place { path: &each, ..place };
                fields.iter().map(|(name, schema)| (name.clone(), self.schema(place, schema))).collect()
            }
            ("items" | "additionalProperties", Value::Object(_)) => self.schema(Place { path: &each, ..place }, value),
            (_, Value::Array(schemas)) if key == "items" || holds_schemas(key) => {
                schemas.iter().map(|schema| self.schema(place, schema)).collect()
            }
            (_, Value::Object(_)) if holds_schema(key) => self.schema(place, value),
            ("description" | "title", Value::String(text)) => self.text(path, key, text).into(),
            ("enum" | "const", _) => self.unless(secrecy.hides_choice(value), path, key, value)?,
            // Kubernetes' own words, such as rules that name fields.
            (_, _) if key.starts_with("x-kubernetes-") => value.clone(),
            ("default" | "example" | "examples", _) => self.unless(secrecy.hides(value), path, key, value)?,
            (_, _) if key.starts_with("x-") => self.unless(secrecy.hides(value), path, key, value)?,
            _ => self.unless(Secrecy::Open.hides(value), path, key, value)?,
        })
    }

    fn fields(&mut self, place: Place<'_>, fields: &Map<String, Value>) -> Value {
        let below = |name: &str| if place.path.is_empty() { name.to_owned() } else { format!("{}.{name}", place.path) };
        let shown = fields.iter().map(|(name, schema)| {
            let path = below(name);
            (name.clone(), self.schema(Place { path: &path, name, within: place.within }, schema))
        });
        Value::Object(shown.collect())
    }

    fn unless(&mut self, is_hidden: bool, path: &str, key: &str, value: &Value) -> Option<Value> {
        if !is_hidden || (self.is_allowed)(path) {
            return Some(value.clone());
        }
        self.left_out.secrets.push(place(key, path));
        None
    }

    /// Title and description stay, without the secrets in them.
    fn text(&mut self, path: &str, key: &str, text: &str) -> String {
        let mut said = masked(text);
        if said != text && (self.is_allowed)(path) {
            said = text.into();
        } else if said != text {
            self.left_out.secrets.push(format!("words in the {}", place(key, path)));
        }
        let tame = markdown::tame(&said);
        if tame != said {
            self.left_out.leading.push(place(key, path));
        }
        tame.into_owned()
    }
}

fn place(key: &str, path: &str) -> String {
    if path.is_empty() { format!("{key} of the whole") } else { format!("{key} of {path}") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn left_out(schema: &Value, allowed: &str) -> (String, LeftOut) {
        let (shown, left_out) = shown("spec", schema, &|path| path == allowed);
        (shown.to_string(), left_out)
    }

    #[test]
    fn a_schema_without_secrets_stays_as_it_is() {
        let schema = json!({
            "type": "object", "required": ["name"], "x-order": 1, "additionalProperties": false,
            "properties": {
                "name": {"type": "string", "default": "cart", "example": "cart", "pattern": "^[a-z]([-a-z0-9]*[a-z0-9])?$"},
                "auth": {"type": "object", "default": {"type": "basic"}, "properties": {"type": {"type": "string", "default": "basic"}}},
                "webhook": {"type": "string", "enum": ["on", "off"], "default": "on"},
                "password": {"type": "string", "title": "The password", "minLength": 8, "nullable": true},
                "maxTokens": {"type": "integer", "default": 5},
                "schedule": {"type": "string", "default": "*/5 * * * *"},
                "tree": {"items": [{"$ref": "#/definitions/a"}, true], "anyOf": [{"not": {"const": "a"}}]},
            },
            "x-kubernetes-validations": [{"rule": "self.password=='x1' || self.token: 'a1'"}],
        });
        assert_eq!(shown("spec", &schema, &|_| false), (schema, LeftOut::default()));
    }

    #[test]
    fn the_values_of_secrets_are_left_out_wherever_they_are() {
        let secret = json!({"type": "string", "default": "hunter2", "example": "hunter2", "x-example": ["hunter2"]});
        for schema in [
            json!({"properties": {"dbPass": secret}}),
            json!({"properties": {"x": {"format": "password", "default": "hunter2", "enum": ["hunter2"]}}}),
            json!({"properties": {"tokens": {"type": "array", "items": secret, "default": ["hunter2"]}}}),
            json!({"properties": {"passwords": {"additionalProperties": secret, "default": {"jane": "hunter2"}}}}),
            json!({"properties": {"credentials": {"properties": {"user": secret}, "default": {"user": "hunter2"}}}}),
            json!({"properties": {"auth": {"anyOf": [secret], "default": "hunter2"}}}),
            json!({"$defs": {"token": secret}, "patternProperties": {"^a": {"properties": {"token": secret}}}}),
            json!({"examples": [{"password": "hunter2"}], "const": {"password": "hunter2"}}),
            json!({"default": {"auth": {"token": "hunter2"}}, "enum": ["postgres://a:hunter2@b/c"]}),
            json!({"x-env": [{"name": "DB_PASS", "value": "hunter2"}]}),
            json!({"pattern": "^--password=hunter2$", "description": "such as DB_PASS=hunter2", "title": "a:hunter2@b"}),
        ] {
            let (text, left_out) = left_out(&schema, "");
            assert!(!text.contains("hunter2"), "{text}");
            assert!(!left_out.secrets.is_empty() && !format!("{left_out:?}").contains("hunter2"), "{left_out:?}");
        }
    }

    #[test]
    fn what_is_left_out_is_named_and_may_be_allowed() {
        let schema =
            json!({"properties": {"auth": {"properties": {"licenseKey": {"default": "none", "example": "x"}}}}});
        let (_, all) = left_out(&schema, "");
        assert_eq!(all.secrets, ["default of spec.auth.licenseKey", "example of spec.auth.licenseKey"]);
        assert_eq!(left_out(&schema, "spec.auth.licenseKey"), (schema.to_string(), LeftOut::default()));
    }

    #[test]
    fn a_description_that_leads_elsewhere_is_tamed_and_named() {
        let schema = json!({"properties": {"a": {"description": "![x](https://evil.example/x.png)"}}});
        let (text, left_out) = left_out(&schema, "");
        assert!(text.contains("! [x](https://evil.example/x.png)"), "{text}");
        assert_eq!(left_out.leading, ["description of spec.a"]);
    }
}
