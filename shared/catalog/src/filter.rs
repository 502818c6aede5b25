//! Which events a Trigger lets pass.

mod condition;
mod reading;
mod rule;
#[cfg(test)]
mod tests;

use crate::attributes::{Answer, Attributes};
use rule::Rule;
use serde_json::Value;
use std::collections::BTreeSet;

/// The filter of a Trigger, as Knative's broker applies it.
#[derive(Debug, Clone, PartialEq)]
pub struct Filter(Rule);

impl Filter {
    /// The filter of the `spec` of a Trigger, and what of it is malformed. `filters`, unless it is empty, overrides
    /// `filter`.
    pub fn of_trigger(spec: &Value) -> (Self, Vec<String>) {
        let (rule, notes) = reading::read(spec);
        (Self(rule), notes)
    }

    /// The one that every event passes.
    pub fn everything() -> Self {
        Self(Rule::Everything)
    }

    /// Whether events with these attributes pass.
    pub fn answer(&self, attributes: &Attributes) -> Answer {
        match self.0.answer(attributes) {
            Answer::Yes if self.0.may_crash(attributes) => Answer::Maybe,
            answer => answer,
        }
    }

    /// The only types of which an event passes; `None` if any might.
    pub fn types(&self) -> Option<BTreeSet<String>> {
        self.0.types()
    }
}
