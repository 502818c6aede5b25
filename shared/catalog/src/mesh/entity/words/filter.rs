//! The filter of a Trigger, as JSON and in words.

use crate::{overrides::not_secret::NotSecret, secret};
use events::Object;
use serde_json::{Map, Value};

/// The longest filter that an annotation shows, in bytes.
const MAX_JSON: usize = 1000;

/// The longest one that a sentence shows.
const MAX_WORDS: usize = 200;

/// The filter that counts, if it is short and holds no secret.
pub(crate) fn as_json(trigger: &Object) -> Option<String> {
    Some(filter(trigger)?.to_string()).filter(|text| text.len() <= MAX_JSON && !hides(trigger, text))
}

/// Whether a Trigger's filter may hold a secret, and so is not shown.
pub(crate) fn is_hidden(trigger: &Object) -> bool {
    filter(trigger).is_some_and(|filter| hides(trigger, &filter.to_string()))
}

fn hides(trigger: &Object, text: &str) -> bool {
    secret::may_be_in_text(text) && !NotSecret::of(trigger).has("spec.filters")
}

/// Which events pass, in words.
pub(super) fn in_words(trigger: &Object) -> String {
    let Some(filter) = filter(trigger) else { return "All events".to_owned() };
    let words = as_json(trigger).and_then(|_| match filter {
        Value::Array(filters) => joined(filters.iter().map(dialect), " and "),
        Value::Object(attributes) => conditions(attributes, "="),
        _ => None,
    });
    match words {
        Some(words) if words.is_empty() => "All events".to_owned(),
        Some(words) if words.len() <= MAX_WORDS && !hides(trigger, &words) => words,
        _ => "What passes its filter".to_owned(),
    }
}

/// `filters` counts before `filter`, unless it is empty.
fn filter(trigger: &Object) -> Option<&Value> {
    let filters = trigger.at("/spec/filters").filter(|filters| filters.as_array().is_some_and(|all| !all.is_empty()));
    filters.or_else(|| trigger.at("/spec/filter/attributes"))
}

/// A filter of one dialect; `None` if it is none that Knative knows.
fn dialect(filter: &Value) -> Option<String> {
    let mut said = filter.as_object()?.iter();
    let (dialect, content) = said.next().filter(|_| said.next().is_none())?;
    match (dialect.as_str(), content) {
        ("exact", Value::Object(map)) => conditions(map, "="),
        ("prefix", Value::Object(map)) => conditions(map, "begins with"),
        ("suffix", Value::Object(map)) => conditions(map, "ends with"),
        ("all", Value::Array(all)) => Some(format!("({})", joined(all.iter().map(self::dialect), " and ")?)),
        ("any", Value::Array(all)) => Some(format!("({})", joined(all.iter().map(self::dialect), " or ")?)),
        ("not", filter) => Some(format!("not ({})", self::dialect(filter)?)),
        ("cesql", Value::String(text)) => Some(text.trim().to_owned()),
        _ => None,
    }
}

/// What attributes must be. An empty value means any.
fn conditions(attributes: &Map<String, Value>, is: &str) -> Option<String> {
    let condition = |(name, value): (&String, &Value)| {
        let value = value.as_str()?;
        Some(if value.is_empty() { format!("any {name}") } else { format!("{name} {is} {value}") })
    };
    joined(attributes.iter().map(condition), " and ")
}

fn joined(all: impl Iterator<Item = Option<String>>, with: &str) -> Option<String> {
    Some(all.collect::<Option<Vec<_>>>()?.join(with))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn words(spec: &Value) -> String {
        let trigger = json!({"apiVersion": "eventing.knative.dev/v1", "kind": "Trigger", "metadata": {"name": "x"}, "spec": spec});
        in_words(&Object::try_from(trigger).unwrap())
    }

    #[test]
    fn a_filter_is_said_as_people_would() {
        for (spec, said) in [
            (json!({}), "All events"),
            (json!({"filter": {"attributes": {}}}), "All events"),
            (json!({"filter": {"attributes": {"type": "a", "source": ""}}}), "any source and type = a"),
            (
                json!({"filters": [{"exact": {"type": "a"}}, {"prefix": {"source": "/b"}}]}),
                "type = a and source begins with /b",
            ),
            (
                json!({"filters": [{"any": [{"suffix": {"type": "a"}}, {"not": {"exact": {"b": "c"}}}]}]}),
                "(type ends with a or not (b = c))",
            ),
            (json!({"filters": [{"cesql": "amount > 5"}], "filter": {"attributes": {"type": "a"}}}), "amount > 5"),
        ] {
            assert_eq!(words(&spec), said, "{spec}");
        }
    }

    #[test]
    fn a_filter_that_is_long_malformed_or_secret_is_not_said() {
        for spec in [
            json!({"filter": {"attributes": {"token": "hunter2"}}}),
            json!({"filter": {"attributes": {"type": "x".repeat(MAX_WORDS)}}}),
            json!({"filters": [{"exact": {"type": 5}}]}),
            json!({"filters": [{"exact": {"type": "a"}, "prefix": {"type": "a"}}]}),
            json!({"filter": {"attributes": "x"}}),
        ] {
            assert_eq!(words(&spec), "What passes its filter", "{spec}");
        }
    }
}
