//! Reads the filter of a Trigger. What is malformed there answers "maybe" and gets a note.

use super::{
    condition::{Condition, Test},
    rule::Rule,
};
use crate::{cesql::Expression, secret};
use serde_json::{Map, Value};

/// A filter that is nested deeper, or has more conditions, is not read.
const DEEPEST: usize = 32;
const MOST: usize = 1000;
const TOO_MUCH: &str = "is too large. Callboard reads 32 levels and 1000 conditions";
/// The most notes on one filter.
const NOTES: usize = 10;

const DIALECTS: [&str; 7] = ["exact", "prefix", "suffix", "all", "any", "not", "cesql"];

/// The rule of a Trigger's `spec`, and what of it is malformed.
pub(super) fn read(spec: &Value) -> (Rule, Vec<String>) {
    let mut reader = Reader::default();
    let rule = match &spec["filters"] {
        Value::Array(filters) if !filters.is_empty() => {
            reader.list(filters, "filters", 0).map_or(Rule::Everything, Rule::All)
        }
        Value::Array(_) | Value::Null => match &spec["filter"]["attributes"] {
            Value::Object(attributes) => reader.attributes(attributes),
            Value::Null => Rule::Everything,
            _ => reader.unclear("filter.attributes", "is not a map"),
        },
        _ => reader.unclear("filters", "is not a list"),
    };
    (rule, reader.notes)
}

#[derive(Default)]
struct Reader {
    notes: Vec<String>,
    conditions: usize,
}

impl Reader {
    /// A filter; `None` if it is empty, which Knative skips.
    fn filter(&mut self, filter: &Value, at: &str, depth: usize) -> Option<Rule> {
        self.conditions += 1;
        if depth > DEEPEST || self.conditions > MOST {
            return Some(self.unclear(at, TOO_MUCH));
        }
        let Value::Object(filter) = filter else { return Some(self.unclear(at, "is not a filter")) };
        let mut said = DIALECTS
            .iter()
            .filter_map(|dialect| Some((*dialect, filter.get(*dialect).filter(|content| is_said(dialect, content))?)));
        let (dialect, content) = said.next()?;
        if said.next().is_some() {
            return Some(self.unclear(at, "has more than one dialect"));
        }
        Some(self.dialect(dialect, content, &format!("{at}.{dialect}"), depth))
    }

    fn dialect(&mut self, dialect: &str, content: &Value, at: &str, depth: usize) -> Rule {
        match (dialect, content) {
            ("exact", Value::Object(map)) => self.conditions(map, at, Test::Exact),
            ("prefix", Value::Object(map)) => self.conditions(map, at, Test::Prefix),
            ("suffix", Value::Object(map)) => self.conditions(map, at, Test::Suffix),
            ("all", Value::Array(filters)) => self.said(filters, at, depth, Rule::All),
            ("any", Value::Array(filters)) => self.said(filters, at, depth, Rule::Any),
            ("not", filter) => match self.filter(filter, at, depth + 1) {
                Some(rule) => Rule::Not(Box::new(rule)),
                None => self.unclear(at, "is empty"),
            },
            ("cesql", Value::String(text)) => self.expression(text, at),
            _ => self.unclear(at, "has the wrong type"),
        }
    }

    fn expression(&mut self, text: &str, at: &str) -> Rule {
        match Expression::parse(text) {
            Ok(expression) => match expression.unknown_function() {
                Some(name) => {
                    self.unclear(at, &format!("calls a function that CESQL does not have: {}", secret::quoted(name)))
                }
                None => Rule::Cesql(Box::new(expression)),
            },
            Err(error) if error.is_limit() => self.unclear(at, &format!("is too large to evaluate: {error}")),
            Err(error) => self.unclear(at, &format!("is not a valid expression: {error}")),
        }
    }

    /// The filters of a list that are not empty; `None` if all are.
    fn list(&mut self, filters: &[Value], at: &str, depth: usize) -> Option<Vec<Rule>> {
        let mut rules = Vec::new();
        // The one past the limit gives the note for all that follow.
        for (index, filter) in filters.iter().take(MOST + 1).enumerate() {
            rules.extend(self.filter(filter, &format!("{at}[{index}]"), depth));
        }
        (!rules.is_empty()).then_some(rules)
    }

    fn said(&mut self, filters: &[Value], at: &str, depth: usize, of: fn(Vec<Rule>) -> Rule) -> Rule {
        match self.list(filters, at, depth + 1) {
            Some(rules) => of(rules),
            None => self.unclear(at, "is empty"),
        }
    }

    /// The old filter. An empty value means any value except the empty one.
    fn attributes(&mut self, map: &Map<String, Value>) -> Rule {
        let test = |value: String| if value.is_empty() { Test::NotEmpty } else { Test::Exact(value) };
        self.conditions(map, "filter.attributes", test)
    }

    /// All of them, or none of them if one is malformed.
    fn conditions(&mut self, map: &Map<String, Value>, at: &str, test: fn(String) -> Test) -> Rule {
        self.conditions += map.len();
        if self.conditions > MOST {
            return self.unclear(at, TOO_MUCH);
        }
        let may_be_empty = test(String::new()) == Test::NotEmpty;
        let condition = |(name, value): (&String, &Value)| {
            let value = value.as_str().filter(|value| is_name(name) && (may_be_empty || !value.is_empty()))?;
            Some(Rule::Condition(Condition { attribute: name.clone(), test: test(value.to_owned()) }))
        };
        match map.iter().map(condition).collect() {
            Some(rules) => Rule::All(rules),
            None => self.unclear(at, "must map names of attributes to values"),
        }
    }

    fn unclear(&mut self, at: &str, what: &str) -> Rule {
        if self.notes.len() < NOTES {
            self.notes.push(format!("{at} {what}"));
        }
        Rule::Unclear
    }
}

/// Knative takes an empty dialect for none, except `not: {}`.
fn is_said(dialect: &str, content: &Value) -> bool {
    match content {
        Value::Null => false,
        Value::String(text) => !text.is_empty(),
        Value::Array(list) => !list.is_empty(),
        Value::Object(map) => dialect == "not" || !map.is_empty(),
        Value::Bool(_) | Value::Number(_) => true,
    }
}

/// Whether an attribute may have this name.
fn is_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit())
}
