//! The labels and annotations that an entity inherits from its object.

use crate::{
    entity::rules::{is_key, is_label_value},
    overrides::{self, parse},
    secret,
};
use events::Object;
use serde_json::Value;

/// The longest annotation that an entity inherits, in bytes.
const MAX: usize = 1000;

/// Labels that an entity can have.
pub(crate) fn labels(object: &Object) -> impl Iterator<Item = (String, String)> {
    let labels = object.at("/metadata/labels").and_then(Value::as_object).into_iter().flatten();
    let labels = labels.filter_map(|(key, value)| Some((key, value.as_str()?)));
    let kept = labels.filter(|(key, value)| is_inherited(key) && is_label_value(value));
    kept.map(|(key, value)| (key.clone(), value.to_owned()))
}

/// Annotations that an entity can have, and that hold no secret as far as Callboard can tell.
pub(crate) fn annotations(object: &Object) -> impl Iterator<Item = (String, String)> {
    let kept = object.annotations().filter(|(key, value)| {
        is_inherited(key) && value.len() <= MAX && !secret::may_be_in_text(value) && parse::rendered(value).is_ok()
    });
    kept.map(|(key, value)| (key.to_owned(), value.to_owned()))
}

/// The beginnings of keys that an entity does not inherit. Callboard's own are overrides, Backstage sets the next two,
/// and the rest say what a tool did last.
const BEGINNINGS: [&str; 7] = [
    overrides::PREFIX,
    "backstage.io/managed-by-",
    "backstage.io/orphan",
    "client.knative.dev/",
    "kapp.k14s.io/",
    "kubectl.kubernetes.io/",
    "reconcile.fluxcd.io/",
];

/// The ends of keys that name a person.
const ENDINGS: [&str; 2] = ["/creator", "/lastModifier"];

fn is_inherited(key: &str) -> bool {
    is_key(key)
        && !secret::is_secret(key)
        && !BEGINNINGS.iter().any(|beginning| key.starts_with(beginning))
        && !ENDINGS.iter().any(|ending| key.ends_with(ending))
}
