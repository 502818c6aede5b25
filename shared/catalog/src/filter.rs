//! Which events a Trigger lets pass.

mod condition;
mod reading;
#[cfg(test)]
mod tests;

use crate::{
    attributes::{Answer, Attributes},
    cesql::Expression,
};
use condition::{Condition, Test};
use serde_json::Value;
use std::collections::BTreeSet;

/// The filter of a Trigger, as Knative's broker applies it.
#[derive(Debug, Clone, PartialEq)]
pub struct Filter(Rule);

#[derive(Debug, Clone, PartialEq)]
enum Rule {
    Everything,
    Condition(Condition),
    All(Vec<Rule>),
    Any(Vec<Rule>),
    Not(Box<Rule>),
    Cesql(Box<Expression>),
    /// What is malformed, or of which implementations make different things.
    Unclear,
}

impl Filter {
    /// That of the `spec` of a Trigger, and what of it is malformed. `filters`, unless it is empty, overrides `filter`.
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

    /// The types of which alone an event passes; `None` where any might.
    pub fn types(&self) -> Option<BTreeSet<String>> {
        self.0.types()
    }
}

impl Rule {
    fn answer(&self, attributes: &Attributes) -> Answer {
        match self {
            Self::Everything => Answer::Yes,
            Self::Condition(condition) => condition.answer(attributes),
            Self::All(rules) => rules.iter().fold(Answer::Yes, |answer, rule| answer.and(rule.answer(attributes))),
            Self::Any(rules) => rules.iter().fold(Answer::No, |answer, rule| answer.or(rule.answer(attributes))),
            Self::Not(rule) => !rule.answer(attributes),
            Self::Cesql(expression) => expression.answer(attributes),
            Self::Unclear => Answer::Maybe,
        }
    }

    /// Whether a part may crash. Then the event does not pass, wherever that part stands, since Knative reorders them.
    /// What is unclear may.
    fn may_crash(&self, attributes: &Attributes) -> bool {
        match self {
            Self::Everything | Self::Condition(_) => false,
            Self::All(rules) | Self::Any(rules) => rules.iter().any(|rule| rule.may_crash(attributes)),
            Self::Not(rule) => rule.may_crash(attributes),
            Self::Cesql(expression) => expression.may_crash(attributes),
            Self::Unclear => true,
        }
    }

    fn types(&self) -> Option<BTreeSet<String>> {
        match self {
            Self::Condition(Condition { attribute, test: Test::Exact(value) }) if attribute == "type" => {
                Some(BTreeSet::from([value.clone()]))
            }
            Self::All(rules) => rules.iter().map(Self::types).fold(None, both),
            Self::Any(rules) => rules.iter().map(Self::types).reduce(either)?,
            Self::Cesql(expression) => expression.types(),
            Self::Condition(_) | Self::Everything | Self::Not(_) | Self::Unclear => None,
        }
    }
}

/// The types which two conditions leave, of which both must hold.
pub(crate) fn both(one: Option<BTreeSet<String>>, other: Option<BTreeSet<String>>) -> Option<BTreeSet<String>> {
    match (one, other) {
        (Some(one), Some(other)) => Some(&one & &other),
        (one, other) => one.or(other),
    }
}

/// The types which two conditions leave, of which one must hold.
pub(crate) fn either(one: Option<BTreeSet<String>>, other: Option<BTreeSet<String>>) -> Option<BTreeSet<String>> {
    Some(&one? | &other?)
}
