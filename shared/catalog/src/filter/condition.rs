//! A test of one attribute, as Knative makes it outside of CESQL.

use crate::{
    attributes::{Answer, Attributes, Known, is_canonical_time, is_standard},
    cesql::{Value, fits},
};

/// A test of one attribute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Condition {
    pub(super) attribute: String,
    pub(super) test: Test,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Test {
    Exact(String),
    Prefix(String),
    Suffix(String),
    /// The empty value of the old filter.
    NotEmpty,
}

/// What Knative sees if an event has no time.
const NO_TIME: &str = "0001-01-01T00:00:00Z";

impl Condition {
    /// Whether events with these attributes pass.
    pub(super) fn answer(&self, attributes: &Attributes) -> Answer {
        match (self.attribute.as_str(), attributes.known(&self.attribute)) {
            // Knative derives them from other attributes.
            ("datamediatype" | "datacontentencoding", _) => Answer::Maybe,
            ("schemaurl", _) => self.test.answer(attributes.known("dataschema"), Answer::Yes),
            ("time", Known::Absent) => self.test.on(NO_TIME).into(),
            ("time", Known::Exactly(time)) if is_canonical_time(time) => self.test.on(&time.to_string()).into(),
            ("time", _) if self.test == Test::NotEmpty => Answer::Yes,
            ("time", _) => Answer::Maybe,
            (name, known) => self.test.answer(known, if is_standard(name) { Answer::Yes } else { Answer::Maybe }),
        }
    }
}

impl Test {
    /// Whether such values pass. `filled` says whether a value that is there is not empty.
    fn answer(&self, known: &Known, filled: Answer) -> Answer {
        match known {
            Known::Exactly(Value::Text(text)) => self.on(text).into(),
            Known::Exactly(value) => self.on(&value.to_string()).into(),
            Known::Like { starts, ends } => self.on_both_ends(starts, ends),
            Known::Present if *self == Self::NotEmpty => filled,
            Known::Present | Known::Open => Answer::Maybe,
            Known::Absent => Answer::No,
        }
    }

    fn on(&self, text: &str) -> bool {
        match self {
            Self::Exact(value) => text == value,
            Self::Prefix(prefix) => text.starts_with(prefix),
            Self::Suffix(suffix) => text.ends_with(suffix),
            Self::NotEmpty => !text.is_empty(),
        }
    }

    fn on_both_ends(&self, starts: &str, ends: &str) -> Answer {
        let (sure, possible) = match self {
            Self::Exact(value) => (false, fits(value, starts, ends)),
            Self::Prefix(prefix) => (starts.starts_with(prefix), prefix.starts_with(starts)),
            Self::Suffix(suffix) => (ends.ends_with(suffix), suffix.ends_with(ends)),
            Self::NotEmpty => (!starts.is_empty() || !ends.is_empty(), true),
        };
        match (sure, possible) {
            (true, _) => Answer::Yes,
            (false, true) => Answer::Maybe,
            (false, false) => Answer::No,
        }
    }
}
