//! What an expression may evaluate to while not all attributes are known.

use crate::attributes::value::{Type, Value};

/// Everything that an expression may evaluate to: one of some values, or a failure.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    /// The values that it may have.
    pub values: Values,
    /// The first way in which it may fail, or a crash.
    pub failure: Option<Failure>,
}

/// Some values.
#[derive(Debug, Clone, PartialEq)]
pub enum Values {
    /// None: it fails for sure.
    Nothing,
    /// One.
    Exactly(Value),
    /// Texts with this beginning and this end, and anything or nothing in between.
    Text {
        /// How they begin.
        starts: String,
        /// How they end.
        ends: String,
    },
    /// Any integer.
    Integer,
    /// True or false.
    Boolean,
    /// Any value of any type.
    Anything,
}

/// Why an evaluation fails, in the words of the specification.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    /// A division by zero or an overflow.
    Math,
    /// A value has no meaning in another type.
    Cast,
    /// The event has no such attribute.
    MissingAttribute,
    /// There is no function of this name and number of parameters.
    MissingFunction,
    /// A function rejects its arguments.
    FunctionEvaluation,
    /// The Go SDK crashes, and the event goes nowhere.
    Crash,
}

impl Failure {
    /// The first of two. A crash counts more.
    pub(super) fn of(one: Option<Self>, other: Option<Self>) -> Option<Self> {
        if other == Some(Self::Crash) { other } else { one.or(other) }
    }
}

impl Outcome {
    /// Whether a filter may crash in Knative, which it also does over what is neither true nor false.
    pub(super) fn may_crash(&self) -> bool {
        let is_truth = matches!(self.values, Values::Nothing | Values::Boolean | Values::Exactly(Value::Boolean(_)));
        self.failure == Some(Failure::Crash) || !is_truth
    }

    pub(super) fn exactly(value: impl Into<Value>) -> Self {
        Self::of(Values::Exactly(value.into()))
    }

    pub(super) fn of(values: Values) -> Self {
        Self { values, failure: None }
    }

    pub(super) fn fails(failure: Failure) -> Self {
        Self { values: Values::Nothing, failure: Some(failure) }
    }

    /// The same, which may also fail.
    pub(super) fn unless(self, failure: Failure) -> Self {
        Self { failure: Failure::of(self.failure, Some(failure)), ..self }
    }

    /// Goes on with the values that it may have.
    pub(super) fn then(self, next: impl FnOnce(Values) -> Self) -> Self {
        match self.values {
            Values::Nothing => self,
            values => {
                let next = next(values);
                Self { failure: Failure::of(self.failure, next.failure), ..next }
            }
        }
    }
}

impl Values {
    /// Any text.
    pub(super) fn any_text() -> Self {
        Self::Text { starts: String::new(), ends: String::new() }
    }

    /// Their type, if they have one.
    pub(super) fn type_of(&self) -> Option<Type> {
        match self {
            Self::Exactly(value) => Some(value.type_of()),
            Self::Text { .. } => Some(Type::Text),
            Self::Integer => Some(Type::Integer),
            Self::Boolean => Some(Type::Boolean),
            Self::Nothing | Self::Anything => None,
        }
    }

    /// Whether this truth value may be among them.
    pub(super) fn may_be(&self, truth: bool) -> bool {
        match self {
            Self::Exactly(value) => *value == Value::Boolean(truth),
            Self::Boolean | Self::Anything => true,
            Self::Nothing | Self::Text { .. } | Self::Integer => false,
        }
    }

    /// Whether one of these and one of those are the same.
    pub(super) fn equal(&self, other: &Self) -> Self {
        let may_be_equal = match (self, other) {
            (Self::Exactly(one), Self::Exactly(other)) => return Self::Exactly((one == other).into()),
            (Self::Text { starts, ends }, Self::Exactly(Value::Text(text)))
            | (Self::Exactly(Value::Text(text)), Self::Text { starts, ends }) => fits(text, starts, ends),
            _ => true,
        };
        if may_be_equal { Self::Boolean } else { Self::Exactly(false.into()) }
    }
}

/// Whether the text has this beginning and this end, and they do not overlap.
pub(crate) fn fits(text: &str, starts: &str, ends: &str) -> bool {
    text.strip_prefix(starts).is_some_and(|rest| rest.ends_with(ends))
}
