//! Reading Kubernetes objects from texts, as kubectl takes them, within bounds.

use anyhow::{Context, bail, ensure};
use serde_json::Value;
use serde_saphyr::options::DuplicateKeyPolicy;
use std::{fs::File, io::Read, path::Path};

/// The most bytes of one file.
const MAX_FILE: u64 = 64 * 1024 * 1024;

/// From here on a JavaScript number, and so JSON, is no exact integer any more.
const MAX_EXACT: f64 = 9_007_199_254_740_992.0;

/// A part of a text between two markers `---`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Part<'a> {
    /// The number of its first line.
    pub(crate) line: usize,
    pub(crate) text: &'a str,
}

/// The text of a file.
pub(crate) fn file(path: &Path) -> anyhow::Result<String> {
    text(File::open(path).context("failed to open it")?)
}

/// The text of a reader.
pub(crate) fn text(reader: impl Read) -> anyhow::Result<String> {
    let mut bytes = Vec::new();
    reader.take(MAX_FILE + 1).read_to_end(&mut bytes).context("failed to read it")?;
    ensure!(bytes.len() as u64 <= MAX_FILE, "it has more than {MAX_FILE} bytes");
    String::from_utf8(bytes).context("it is not valid UTF-8")
}

/// The parts of a text, each with its marker. One that is wrong leaves the others readable. What has only directives and
/// comments is no part.
pub(crate) fn parts(text: &str) -> Vec<Part<'_>> {
    let is_marker = |line: &str| line.starts_with("---") && !line[3..].starts_with(|c: char| !c.is_whitespace());
    let is_content = |part: &Part| {
        let mut lines = part.text.lines().map(str::trim);
        lines.any(|line| !line.is_empty() && !line.starts_with(['#', '%']) && line != "---")
    };
    let (mut parts, mut from, mut line, mut at) = (Vec::new(), 0, 1, 0);
    for (number, whole) in text.split_inclusive('\n').enumerate() {
        if at > from && is_marker(whole) {
            parts.push(Part { line, text: &text[from..at] });
            (from, line) = (at, number + 1);
        }
        at += whole.len();
    }
    parts.push(Part { line, text: &text[from..] });
    parts.retain(is_content);
    parts
}

/// The documents of a text, which is JSON or YAML.
#[cfg(feature = "dev")]
pub(crate) fn documents(text: &str) -> anyhow::Result<Vec<Value>> {
    parts(text).into_iter().try_fold(Vec::new(), |mut all, part| {
        all.extend(values(part)?);
        Ok(all)
    })
}

/// The documents of a part, which is JSON or YAML. YAML is read as Kubernetes' own tools do: YAML 1.1 with its octal numbers and
/// with `yes` and `no`, the last of two equal keys counts, and quoted lines need no indentation.
pub(crate) fn values(part: Part<'_>) -> anyhow::Result<Vec<Value>> {
    let json: Result<Vec<Value>, _> = serde_json::Deserializer::from_str(part.text).into_iter().collect();
    if let Ok(values) = json {
        return Ok(values.into_iter().map(integers).collect());
    }
    let options = serde_saphyr::options! {
        duplicate_keys: DuplicateKeyPolicy::LastWins,
        legacy_octal_numbers: true,
        with_snippet: false,
        budget: serde_saphyr::budget! {
            max_events: 10_000_000,
            max_nodes: 5_000_000,
            max_documents: 100_000,
            max_depth: 128,
        },
    };
    match serde_saphyr::from_multiple_with_options::<Value>(part.text, options) {
        Ok(values) => Ok(values.into_iter().map(integers).collect()),
        Err(error) => {
            let line = part.line + error.location().map_or(0, |at| (at.line() as usize).saturating_sub(1));
            let why = error.to_string().replace('\n', " ");
            let why = why.rsplit_once(" at line ").map_or(&*why, |(why, _)| why);
            bail!("line {line} is neither JSON nor YAML: {why}")
        }
    }
}

/// The items of a list, or the document itself.
pub(crate) fn items(mut document: Value) -> Vec<Value> {
    let is_list = document.get("kind").and_then(Value::as_str).is_some_and(|kind| kind.ends_with("List"));
    match document.get_mut("items") {
        Some(Value::Array(items)) if is_list => std::mem::take(items),
        _ => vec![document],
    }
}

/// The same with `1.0` as `1`, as the API server gives it back.
fn integers(value: Value) -> Value {
    match value {
        Value::Number(number) => match number.as_f64() {
            Some(float) if number.is_f64() && float.fract() == 0.0 && float.abs() < MAX_EXACT => (float as i64).into(),
            _ => number.into(),
        },
        Value::Array(items) => items.into_iter().map(integers).collect(),
        Value::Object(fields) => fields.into_iter().map(|(key, value)| (key, integers(value))).collect(),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn json_and_yaml_mean_the_same() {
        let both = json!({"a": {"b": [1, "yes", null, true, 1.5]}, "c": "1e3"});
        assert_eq!(documents(&both.to_string()).unwrap(), std::slice::from_ref(&both));
        assert_eq!(documents("a:\n  b: [1, 'yes', ~, true, 1.5]\nc: '1e3'\n---\n# nothing\n").unwrap(), [both]);
        assert_eq!(documents("{\"a\": 1}\n{\"a\": 2}\n").unwrap(), [json!({"a": 1}), json!({"a": 2})]);
    }

    /// What sigs.k8s.io/yaml v1.6.0 makes of these.
    #[test]
    fn yaml_means_what_kubectl_makes_of_it() {
        for (yaml, wanted) in [
            ("a: 'x\n\n  y\nz'", json!({"a": "x\ny z"})),
            ("a:\n  b: '{\n    \"a\": 1\n  }'", json!({"a": {"b": "{ \"a\": 1 }"}})),
            ("a: \"x\ny\"", json!({"a": "x y"})),
            ("a: [\nb,\nc\n]", json!({"a": ["b", "c"]})),
            ("a: yes\nb: Off\nc: y\nd: TRUE", json!({"a": true, "b": false, "c": true, "d": true})),
            ("a: 0644\nb: 0o14\nc: 0b11\nd: 0x1F\ne: 1_000", json!({"a": 420, "b": 12, "c": 3, "d": 31, "e": 1000})),
            ("a: 1.0\nb: 1e3\nc: .5\nd: 08\ne: +1", json!({"a": 1, "b": 1000, "c": 0.5, "d": 8, "e": 1})),
            (
                "a: 12:30:45\nb: 2001-01-01\nc: 1e\nd: =",
                json!({"a": "12:30:45", "b": "2001-01-01", "c": "1e", "d": "="}),
            ),
            ("a: 1\na: 2", json!({"a": 2})),
            ("x: &x {b: 1}\ny1: {<<: *x, c: 2}", json!({"x": {"b": 1}, "y1": {"b": 1, "c": 2}})),
            ("%YAML 1.1\n---\na: !!binary aGk=\n...\n", json!({"a": "hi"})),
            ("\u{feff}a: ~\n1: a\ntrue: b", json!({"a": null, "1": "a", "true": "b"})),
        ] {
            assert_eq!(documents(yaml).unwrap(), [wanted], "{yaml}");
        }
        for refused in ["a:\n\tb: 1", "a: b: c", "a: - b", "a: @x", "[a]: b", "a: {{ .Values.x }}"] {
            assert!(documents(refused).is_err(), "{refused}");
        }
    }

    #[test]
    fn a_part_that_is_wrong_is_named_by_its_line_and_leaves_the_others() {
        let text = "# a comment\n--- # Source: a.yaml\na: 1\n---\nb:\n  c: d: e\n---\n---\nf: |\n  ---\n  g\n";
        let read: Vec<_> = parts(text).into_iter().map(|part| values(part).map_err(|why| why.to_string())).collect();
        assert_eq!(read[0], Ok(vec![json!({"a": 1})]));
        assert!(read[1].as_ref().unwrap_err().starts_with("line 6 is neither JSON nor YAML: mapping values"));
        assert_eq!(read[2], Ok(vec![json!({"f": "---\ng\n"})]));
        assert_eq!(read.len(), 3);
    }

    #[test]
    fn only_the_items_of_a_list_are_taken_apart() {
        let list = json!({"kind": "AppList", "items": [1, 2]});
        assert_eq!(items(list), [json!(1), json!(2)]);
        let app = json!({"kind": "App", "items": [1, 2]});
        assert_eq!(items(app.clone()), [app]);
    }

    #[test]
    fn what_is_too_long_or_no_text_is_refused() {
        assert!(text(std::io::repeat(b' ')).unwrap_err().to_string().contains("more than"));
        assert!(text(&[0xff_u8][..]).unwrap_err().to_string().contains("UTF-8"));
    }

    #[test]
    fn an_alias_bomb_is_refused() {
        let mut bomb = "a0: &a0 [x,x,x,x,x,x,x,x,x]\n".to_owned();
        for n in 1..12 {
            let before = vec![format!("*a{}", n - 1); 9].join(",");
            bomb.push_str(&format!("a{n}: &a{n} [{before}]\n"));
        }
        assert!(documents(&bomb).is_err());
    }
}
