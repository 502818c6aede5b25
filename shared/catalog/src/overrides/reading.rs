//! Reads the overrides of an object.

use super::{
    fields::{FIELDS, SELECTOR},
    parse,
    selection::SWITCHES,
    values::Overrides,
};
use crate::{entity::EntityNamespace, notes::Notes};
use events::Object;
use serde_json::Value;

impl Overrides {
    /// Reads the overrides of an object whose entity is in this namespace.
    pub fn of(object: &Object, namespace: &EntityNamespace, notes: &mut Notes) -> Self {
        let mut overrides = Self::default();
        for (keys, take) in &FIELDS {
            if let Some((key, text)) = keys.iter().find_map(|key| Some((key, value(object, key)?))) {
                take(&mut overrides, text, namespace.as_str()).iter().for_each(|why| notes.invalid(key, why));
            }
        }
        note_unknown(object, notes);
        let kept = KEPT.iter().filter_map(|key| Some((*key, object.annotation(key).or_else(|| object.label(key))?)));
        for (key, text) in kept {
            match parse::text(text, 253) {
                Ok(text) => drop(overrides.annotations.insert(key.to_owned(), text)),
                Err(why) => notes.invalid(key, why),
            }
        }
        overrides
    }
}

/// Annotations, or labels, that the entity takes as they are.
const KEPT: [&str; 4] =
    ["backstage.io/kubernetes-cluster", "backstage.io/kubernetes-id", SELECTOR, "backstage.io/kubernetes-namespace"];

/// The value of an annotation. An owner may also be a label.
fn value<'a>(object: &'a Object, key: &str) -> Option<&'a str> {
    object.annotation(key).or_else(|| if key == "callboard.dev/owner" { object.label(key) } else { None })
}

/// Notes the annotations and labels that look like overrides and are not.
fn note_unknown(object: &Object, notes: &mut Notes) {
    let labels = object.at("/metadata/labels").and_then(Value::as_object);
    for key in labels.into_iter().flat_map(|labels| labels.keys()) {
        if key.starts_with(PREFIX) && !matches!(key.as_str(), "callboard.dev/ignore" | "callboard.dev/owner") {
            notes.invalid(key, "is not read as a label. Write it as an annotation");
        }
    }
    let known: Vec<_> = FIELDS
        .iter()
        .flat_map(|(keys, _)| *keys)
        .chain(SWITCHES.iter().map(|(key, _)| key))
        .chain(&READ_ELSEWHERE)
        .collect();
    for (key, _) in object.annotations().filter(|(key, _)| known.iter().all(|known| known != &key)) {
        if key.starts_with(PREFIX) {
            let names: Vec<_> = known.iter().filter_map(|key| key.strip_prefix(PREFIX)).collect();
            notes.invalid(key, format!("is not a known annotation. Known are {}", names.join(", ")));
        } else if key.starts_with("ske.backstage.component/") || key.starts_with("terasky.backstage.io/") {
            notes.invalid(key, "is not supported by Callboard");
        }
    }
}

/// What Callboard's own annotations begin with.
pub(crate) const PREFIX: &str = "callboard.dev/";

/// Callboard's annotations that are read elsewhere: whether there is an entity at all, and who a subscriber is.
const READ_ELSEWHERE: [&str; 2] = ["callboard.dev/ignore", "callboard.dev/component"];
