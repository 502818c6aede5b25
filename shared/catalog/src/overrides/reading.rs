//! Reads the overrides of an object.

use super::{
    bearer::Bearer,
    effect,
    fields::{FIELDS, SELECTOR},
    parse,
    values::Overrides,
};
use crate::{entity::EntityNamespace, notes::Notes};
use events::Object;

impl Overrides {
    /// Reads the overrides of an object whose entity is in this namespace. Those without an effect are noted.
    pub(crate) fn of(object: &Object, bearer: Bearer, namespace: &EntityNamespace, notes: &mut Notes) -> Self {
        let mut overrides = Self::default();
        for field in FIELDS.iter().filter(|field| field.is_on(bearer)) {
            if let Some((key, text)) = field.keys.iter().find_map(|key| Some((key, value(object, key)?))) {
                (field.take)(&mut overrides, text, namespace.as_str()).iter().for_each(|why| notes.invalid(key, why));
            }
        }
        effect::note_missing(object, bearer, notes);
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

/// What Callboard's own annotations begin with.
pub(crate) const PREFIX: &str = "callboard.dev/";
