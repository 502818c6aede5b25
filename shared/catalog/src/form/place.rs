//! The place of a field in the schema, and what the form does not say there.

use crate::secret::Secrecy;
use serde_json::Value;
use std::fmt;

/// Something that a schema says and its form does not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Gap {
    path: String,
    what: String,
}

impl fmt::Display for Gap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.path, self.what)
    }
}

/// Why a field is not in the form.
pub(super) type Why = &'static str;

/// The place of a field.
pub(super) struct Place<'a> {
    pub(super) path: String,
    pub(super) name: &'a str,
    pub(super) secrecy: Secrecy,
    pub(super) depth: usize,
}

impl<'a> Place<'a> {
    pub(super) fn property(&self, name: &'a str, schema: &Value) -> Self {
        let secrecy = self.secrecy.of(name, schema.get("format"));
        Self { path: format!("{}.{name}", self.path), name, secrecy, depth: self.depth + 1 }
    }

    /// Items and values have the name of the field that holds them.
    pub(super) fn each(&self, brackets: &str, schema: &Value) -> Self {
        Self { path: format!("{}{brackets}", self.path), ..self.property(self.name, schema) }
    }

    pub(super) fn gap(&self, what: impl Into<String>, gaps: &mut Vec<Gap>) {
        gaps.push(Gap { path: self.path.clone(), what: what.into() });
    }

    pub(super) fn omit(&self, why: Why, gaps: &mut Vec<Gap>) {
        self.gap(format!("is omitted from the form: {why}"), gaps);
    }
}
