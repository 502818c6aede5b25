//! The title, description and default of a field.

use super::{
    keyword::all_safe,
    place::{Gap, Place},
};
use crate::markdown;
use serde_json::{Map, Value};

/// Title and description in the author's words. Callboard's words follow the description.
pub(super) fn describe(form: &mut Map<String, Value>, schema: &Map<String, Value>) {
    let text = |key| schema.get(key).and_then(Value::as_str).map(str::trim).filter(|text| !text.is_empty());
    if let Some(title) = text("title") {
        form.insert("title".into(), title.into());
    }
    let own = form.get("description").and_then(Value::as_str);
    let description: Vec<_> = text("description").into_iter().chain(own).collect();
    if !description.is_empty() {
        form.insert("description".into(), markdown::tame(&description.join("\n\n")).into());
    }
}

/// The default, unless it holds something that Backstage would misread.
pub(super) fn default(form: &mut Map<String, Value>, schema: &Map<String, Value>, place: &Place, gaps: &mut Vec<Gap>) {
    let Some(default) = schema.get("default").filter(|default| !default.is_null()) else { return };
    if all_safe(default) {
        form.insert("default".into(), default.clone());
    } else {
        place.gap("has a default that Backstage would misread, so the form omits it", gaps);
    }
}
