//! The pattern of a text.

mod class;
mod javascript;
mod reader;

use super::place::{Gap, Place};
use serde_json::{Map, Value};

/// The pattern as a browser understands it, otherwise words about it. One that a browser does not understand would break
/// the form.
pub(super) fn pattern(form: &mut Map<String, Value>, schema: &Map<String, Value>, place: &Place, gaps: &mut Vec<Gap>) {
    let Some(pattern) = schema.get("pattern").and_then(Value::as_str) else { return };
    if let Some(translated) = javascript::javascript(pattern) {
        form.insert("pattern".into(), translated.into());
    } else {
        form.insert("description".into(), format!("Must match the regular expression {pattern}").into());
        place.gap("has a pattern that a browser cannot check, so the form only shows it", gaps);
    }
}
