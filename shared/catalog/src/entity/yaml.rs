//! YAML that people can read, and that Backstage's parser (npm `yaml`, YAML 1.2) reads back to exactly what was meant.

mod text;
mod tree;

pub(crate) use text::{optional_text, text, texts};
pub(crate) use tree::trees;

use serde::Serialize;
use serde_json::Value;
use tree::Tree;

/// A value that has no YAML form.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("failed to write YAML: {0}")]
pub struct NotYaml(String);

/// One document, without a leading `---`. Keys are in the customary order, texts of several lines are literal blocks.
pub fn document(value: &Value) -> Result<String, NotYaml> {
    written(&Tree::of(value))
}

/// The same for a type that says by itself in which order its fields are, and which of them are `text`.
pub(crate) fn written<T: Serialize>(value: &T) -> Result<String, NotYaml> {
    // `text` decides what is a block. The library alone would write some that npm `yaml` reads back without spaces.
    let options = serde_saphyr::ser_options! { prefer_block_scalars: false };
    serde_saphyr::to_string_with_options(value, options).map_err(|error| NotYaml(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn line(text: &str) -> String {
        document(&json!({ "a": text })).unwrap()
    }

    #[test]
    fn a_text_of_several_lines_is_a_block() {
        assert_eq!(line("x: 1\ny: |\n  z\n"), "a: |\n  x: 1\n  y: |\n    z\n");
        assert_eq!(
            line("a \"word\"\n\n# and another\n---\nlast"),
            "a: |-\n  a \"word\"\n\n  # and another\n  ---\n  last\n"
        );
        assert_eq!(document(&json!([["a\nb"], {"c": "d\n"}])).unwrap(), "- - |-\n    a\n    b\n- c: |\n    d\n");
    }

    #[test]
    fn a_long_line_with_quotes_is_a_block() {
        let long = format!("a: \"word\" {}", "x".repeat(80));
        assert_eq!(line(&long), format!("a: |-\n  {long}\n"));
        assert_eq!(line("a: \"word\""), "a: \"a: \\\"word\\\"\"\n");
        assert!(line(&format!(" {long}")).starts_with("a: \" "));
        assert!(line(&format!("[{long}]")).starts_with("a: '["));
    }

    #[test]
    fn a_text_that_a_parser_would_read_otherwise_is_no_block() {
        for text in ["a\n \nb", "a\n\t\nb", " a\nb", "\na\nb", "a\nb\n\n", "a\r\nb", "a\u{2028}\nb", "\n"] {
            let written = line(text);
            assert!(written.starts_with("a: \"") && written.lines().count() == 1, "{text:?} as {written}");
        }
    }

    #[test]
    fn json_is_in_single_quotes() {
        assert_eq!(line(r#"[{"type":"it's \\ so"}]"#), "a: '[{\"type\":\"it''s \\\\ so\"}]'\n");
        assert_eq!(line("{\u{7f}\u{e9}"), "a: \"{\\x7Fé\"\n");
    }

    #[test]
    fn keys_are_in_the_customary_order_and_names_are_sorted() {
        let schema = json!({"x-b": 1, "type": "object", "properties": {"type": {"enum": ["a"], "title": "T"}, "a": {}},
            "required": ["type"], "description": "d"});
        let openapi = json!({"components": {"schemas": {"B": schema, "A": {}}}, "paths": {}, "openapi": "3.0.3",
            "info": {"version": "1", "title": "t"}});
        let keys: Vec<_> = document(&openapi)
            .unwrap()
            .lines()
            .filter_map(|line| Some(line.split_once(':')?.0.trim().to_owned()))
            .collect();
        let wanted = "openapi info title version paths components schemas A B description type required properties a type \
            title enum x-b";
        assert_eq!(keys, wanted.split_whitespace().collect::<Vec<_>>());
    }
}
