//! A schema of any language, as the document can show it.

use super::{public::MAX_SCHEMA as MAX, schema};
use crate::markdown;
use serde_json::Value;

/// Where the schema of the payload is in the document.
pub(super) const SCHEMA: &str = "#/components/schemas/payload";

/// The most omitted places that are named.
const MAX_PLACES: usize = 10;

/// How the document shows the schema of the events' data.
#[derive(Debug, PartialEq)]
pub(super) enum Payload {
    /// There is none.
    Unknown,
    /// A JSON Schema, and the places of the user's schema that had to be omitted.
    Schema { schema: Value, omitted: Vec<String> },
    /// Another language, and what renderers highlight it as.
    Text { text: String, language: &'static str },
    /// Too many bytes to show.
    Long(usize),
}

impl Payload {
    pub(super) fn of(schema_data: Option<&str>) -> Self {
        let Some(text) = schema_data else { return Self::Unknown };
        if text.len() > MAX {
            return Self::Long(text.len());
        }
        match serde_json::from_str::<Value>(text) {
            Ok(Value::Object(user)) if user.is_empty() => Self::Unknown,
            Ok(Value::Object(user)) if schema::is_json_schema(&user) => {
                let (schema, omitted) = schema::inlined(&user, SCHEMA);
                Self::Schema { schema, omitted }
            }
            Ok(_) => Self::Text { text: text.to_owned(), language: "json" },
            Err(_) => Self::Text { text: text.to_owned(), language: "" },
        }
    }

    /// What the document says about it, in Markdown, a paragraph each.
    pub(super) fn words(&self) -> Vec<String> {
        match self {
            Self::Unknown => vec![],
            Self::Schema { omitted, .. } if omitted.is_empty() => vec![],
            Self::Schema { omitted, .. } => vec![incomplete(omitted)],
            Self::Text { text, language } => vec![fenced(text, language)],
            Self::Long(bytes) => vec![format!("The schema has {bytes} bytes, which is too long to show here.")],
        }
    }
}

fn incomplete(omitted: &[String]) -> String {
    let mut places: Vec<_> = omitted.iter().take(MAX_PLACES).map(|place| format!("`#{place}`")).collect();
    if let Some(more) = omitted.len().checked_sub(MAX_PLACES).filter(|more| *more > 0) {
        places.push(format!("{more} more"));
    }
    let places = places.join(", ");
    format!(
        "Parts of the schema are omitted, because they refer to something outside of it or are not JSON Schema of draft 7: {}.",
        markdown::tame(&places)
    )
}

/// The text in a fence that is longer than any within.
fn fenced(text: &str, language: &str) -> String {
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or_default();
    let fence = "`".repeat(longest.max(2) + 1);
    format!("{fence}{language}\n{}\n{fence}", text.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_does_not_leave_its_fence() {
        assert_eq!(fenced("a ``` b\n", ""), "````\na ``` b\n````");
        assert_eq!(fenced("{}", "json"), "```json\n{}\n```");
    }

    #[test]
    fn a_schema_that_is_too_long_is_not_shown_but_said() {
        let long = format!(r#"{{"type": "object", "title": "{}"}}"#, "x".repeat(MAX));
        assert_eq!(Payload::of(Some(&long)), Payload::Long(long.len()));
        assert!(Payload::Long(7).words()[0].contains("7 bytes"));
        let text = " ".repeat(MAX - 2) + "{}";
        assert_eq!(Payload::of(Some(&text)), Payload::Unknown);
    }

    #[test]
    fn no_more_than_ten_places_are_named() {
        let places: Vec<_> = (0..12).map(|n| format!("/{n}")).collect();
        assert!(incomplete(&places).ends_with("`#/9`, 2 more."));
        assert!(incomplete(&places[..10]).ends_with("`#/9`."));
    }

    #[test]
    fn only_json_schema_is_taken_for_one() {
        for text in [
            "syntax = \"proto3\";",
            "<xs:schema/>",
            "[1]",
            "true",
            "5",
            r#"{"amount": 5}"#,
            r#"{"type": "record", "fields": []}"#,
            r#"{"type": ["object", "any"]}"#,
            &("[".repeat(1000) + &"]".repeat(1000)),
        ] {
            assert!(matches!(Payload::of(Some(text)), Payload::Text { .. }), "{text}");
        }
        for text in [r#"{"type": ["object", "null"]}"#, r##"{"$ref": "#/definitions/a"}"##, r#"{"anyOf": []}"#] {
            assert!(matches!(Payload::of(Some(text)), Payload::Schema { .. }), "{text}");
        }
    }
}
