//! The form compiler: a CRD's schema in, the JSON Schema of a Backstage form (rjsf) out.
//!
//! The form is built only from what is known, so nothing else leaks into it. It omits what it cannot ask for, with a
//! reason. The only entrance is [`compile`].

mod field;
mod keyword;
mod pattern;
mod place;
mod scalar;
#[cfg(test)]
mod tests;
mod text;

pub(crate) use place::Gap;

use crate::secret::Secrecy;
use field::field;
use place::Place;
use serde_json::Value;

/// A form.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Form {
    /// A JSON Schema with `ui:` keys; `None` if there is nothing to ask for.
    pub(crate) schema: Option<Value>,
    /// What the schema says and the form does not, in the order of the schema's names.
    pub(crate) gaps: Vec<Gap>,
}

/// Makes the form of a field from its schema, of which everybody may see all: `secret::shown_schema` made it.
pub(crate) fn compile(name: &str, schema: &Value) -> Form {
    let mut gaps = Vec::new();
    let root = Place { path: name.to_owned(), name, secrecy: Secrecy::Open.of(name, schema.get("format")), depth: 0 };
    let schema = field(schema, &root, &mut gaps).map_err(|why| root.omit(why, &mut gaps));
    Form { schema: schema.ok().map(Value::Object), gaps }
}
