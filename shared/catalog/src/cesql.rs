//! CloudEvents SQL 1.0, as Knative evaluates it, over what is known of the events of a type.
//!
//! Grammar, casts, functions and errors are those of the Go SDK that Knative uses, including its mistakes.
//! `tests/cesql` compares both. If every attribute is known, an outcome is what the Go SDK answers.

mod ast;
mod casts;
mod cost;
mod evaluation;
mod functions;
mod lexer;
mod like;
mod outcome;
mod parser;
#[cfg(test)]
mod tests;
mod types;

pub(crate) use outcome::fits;
pub use outcome::{Failure, Outcome, Values};
pub use parser::ParseError;

pub use crate::attributes::value::Value;

use crate::attributes::{Answer, Attributes};
use std::collections::BTreeSet;

/// A parsed expression.
#[derive(Debug, Clone, PartialEq)]
pub struct Expression(ast::Node);

impl Expression {
    /// Parses at most 16 KiB with at most 200 operators, brackets and calls, of which an evaluation is cheap whatever
    /// the event is.
    ///
    /// # Errors
    /// If the text is not valid CESQL, or is too much.
    pub fn parse(text: &str) -> Result<Self, ParseError> {
        parser::parse(text).map(Self)
    }

    /// What it may evaluate to for events with these attributes.
    pub fn evaluate(&self, attributes: &Attributes) -> Outcome {
        self.0.evaluate(attributes)
    }

    /// Whether such events pass if it is a filter. An event for which it fails does not pass. If it may crash, the
    /// answer is maybe.
    pub fn answer(&self, attributes: &Attributes) -> Answer {
        let outcome = self.evaluate(attributes);
        if outcome.may_crash() {
            return Answer::Maybe;
        }
        match (outcome.values, outcome.failure) {
            (Values::Nothing | Values::Exactly(Value::Boolean(false)), _) => Answer::No,
            (Values::Exactly(Value::Boolean(true)), None) => Answer::Yes,
            _ => Answer::Maybe,
        }
    }

    /// Whether Knative may crash over it if it is a filter of such events.
    pub(crate) fn may_crash(&self, attributes: &Attributes) -> bool {
        self.evaluate(attributes).may_crash()
    }

    /// A function that it calls and CESQL does not have, or not with so many parameters. A broker may have it.
    pub(crate) fn unknown_function(&self) -> Option<&str> {
        self.0.unknown_function()
    }

    /// The only types of which an event passes; `None` if any might.
    pub fn types(&self) -> Option<BTreeSet<String>> {
        self.0.types()
    }
}
