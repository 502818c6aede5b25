//! The pattern of a text.

use super::place::{Gap, Place};
use serde_json::{Map, Value};

/// Longer patterns are not worth the stack that compiling them takes.
const MAX_PATTERN: usize = 500;

/// A pattern that a browser understands, otherwise words about it. One that it does not understand would break the
/// form.
pub(super) fn pattern(form: &mut Map<String, Value>, schema: &Map<String, Value>, place: &Place, gaps: &mut Vec<Gap>) {
    let Some(pattern) = schema.get("pattern").and_then(Value::as_str) else { return };
    if pattern.len() <= MAX_PATTERN && regress::Regex::with_flags(pattern, "u").is_ok() && !is_odd(pattern) {
        form.insert("pattern".into(), pattern.into());
    } else {
        form.insert("description".into(), format!("Must match the regular expression {pattern}").into());
        place.gap("has a pattern that a browser cannot check, so the form only shows it", gaps);
    }
}

/// Whether a pattern that compiles here has what a browser may reject: modifiers such as `(?i:...)`, repeated word
/// boundaries, and back references, which Kubernetes does not know.
fn is_odd(pattern: &str) -> bool {
    let mut rest = pattern;
    let mut in_class = false;
    while let Some(first) = rest.chars().next() {
        let escaped = if first == '\\' { rest.chars().nth(1) } else { None };
        let behind = &rest[first.len_utf8() + escaped.map_or(0, char::len_utf8)..];
        let odd = match escaped {
            Some('b' | 'B') => behind.starts_with(['*', '+', '?', '{']),
            Some('1'..='9') => true,
            _ => rest.strip_prefix("(?").is_some_and(|rest| rest.starts_with(['i', 'm', 's', '-'])),
        };
        if odd && !in_class {
            return true;
        }
        in_class = if in_class { first != ']' } else { first == '[' };
        rest = behind;
    }
    false
}
