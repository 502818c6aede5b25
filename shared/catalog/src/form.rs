//! The form compiler: a CRD's schema in, the JSON Schema of a Backstage form (rjsf) out.
//!
//! The form is built up from what is known, so nothing else leaks into it; what it cannot ask for is left out, with a
//! reason. Whoever completes it has this border to keep: [`compile`].

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
    /// A JSON Schema with `ui:` keys; `None` where there is nothing to ask for.
    pub(crate) schema: Option<Value>,
    /// What the form does not say of the schema, in the order of the schema's names.
    pub(crate) gaps: Vec<Gap>,
}

/// Makes the form of a field from its schema.
pub(crate) fn compile(name: &str, schema: &Value) -> Form {
    let mut gaps = Vec::new();
    let root = Place { path: name.to_owned(), name, secrecy: Secrecy::Open.of(name, schema.get("format")), depth: 0 };
    let schema = field(schema, &root, &mut gaps).map_err(|why| root.left_out(why, &mut gaps));
    Form { schema: schema.ok().map(Value::Object), gaps }
}
