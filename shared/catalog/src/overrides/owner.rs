//! Who owns the entities of an object.

use super::{parse, values::Overrides};
use crate::{entity::EntityRef, notes::Notes, settings::Settings};
use events::Object;
use serde_json::Value;

/// The owner of the entities of an object. If the object names none, the owner of the settings.
pub(crate) fn owner(object: &Object, overrides: &Overrides, settings: &Settings, notes: &mut Notes) -> EntityRef {
    let mut at = |path: &String| match object.at(path)? {
        Value::Null => None,
        Value::String(text) if text.trim().is_empty() => None,
        Value::String(text) => parse::owner(text).map_err(|why| notes.invalid(path, why)).ok(),
        _ => {
            notes.invalid(path, "names no owner, because it is not a text");
            None
        }
    };
    let named = overrides.owner.clone().or_else(|| settings.owner_paths.iter().find_map(&mut at));
    named.unwrap_or_else(|| settings.owner.clone())
}
