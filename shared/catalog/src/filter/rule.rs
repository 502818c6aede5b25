//! What a filter says, as a tree.

use super::condition::{Condition, Test};
use crate::{
    attributes::{
        Answer, Attributes,
        types::{both, either},
    },
    cesql::Expression,
};
use std::collections::BTreeSet;

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Rule {
    Everything,
    Condition(Condition),
    All(Vec<Rule>),
    Any(Vec<Rule>),
    Not(Box<Rule>),
    Cesql(Box<Expression>),
    /// What is malformed, or what implementations understand differently.
    Unclear,
}

impl Rule {
    pub(super) fn answer(&self, attributes: &Attributes) -> Answer {
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

    /// Whether a part may crash. Then the event does not pass, wherever that part is, because Knative reorders the
    /// parts. What is unclear may crash.
    pub(super) fn may_crash(&self, attributes: &Attributes) -> bool {
        match self {
            Self::Everything | Self::Condition(_) => false,
            Self::All(rules) | Self::Any(rules) => rules.iter().any(|rule| rule.may_crash(attributes)),
            Self::Not(rule) => rule.may_crash(attributes),
            Self::Cesql(expression) => expression.may_crash(attributes),
            Self::Unclear => true,
        }
    }

    pub(super) fn types(&self) -> Option<BTreeSet<String>> {
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
