//! Reads the overrides of an object.

use super::{
    bearer::Bearer,
    effect,
    fields::{FIELDS, SELECTOR},
    not_secret::{self, NotSecret},
    parse,
    values::Overrides,
};
use crate::{entity::EntityNamespace, notes::Notes, secret::masked, settings::Settings};
use events::Object;
use std::borrow::Cow;

impl Overrides {
    /// Reads the overrides of an object whose entity is in this namespace. Those without an effect are noted.
    pub(crate) fn of(
        object: &Object,
        bearer: Bearer,
        namespace: &EntityNamespace,
        settings: &Settings,
        notes: &mut Notes,
    ) -> Self {
        let mut overrides = Self::default();
        let not_secret = NotSecret::of(object);
        for field in FIELDS.iter().filter(|field| field.is_on(bearer)) {
            if let Some((key, text)) = field.keys.iter().find_map(|key| Some((key, value(object, key)?))) {
                if may_be_secret(key, text, &not_secret) {
                    notes.invalid(key, format!("may hold a secret. {}", not_secret::ADVICE));
                    continue;
                }
                (field.take)(&mut overrides, text, namespace.as_str()).iter().for_each(|why| notes.invalid(key, why));
            }
        }
        effect::note_missing(object, bearer, notes);
        let kept = KEPT.iter().filter_map(|key| Some((*key, object.annotation(key).or_else(|| object.label(key))?)));
        for (key, text) in kept {
            match parse::text(text, 253).and_then(|text| own_namespace(key, text, object, settings)) {
                Ok(text) => drop(overrides.annotations.insert(key.to_owned(), text)),
                Err(why) => notes.invalid(key, why),
            }
        }
        overrides
    }
}

/// Whether a text holds what may be a secret: the items of a list would not show any more that they are parts of one.
/// Links are looked at one by one.
fn may_be_secret(key: &str, text: &str, not_secret: &NotSecret<'_>) -> bool {
    let name = key.rsplit('/').next().unwrap_or_default();
    name != "links" && !not_secret.has(name) && !not_secret.has(key) && matches!(masked(text), Cow::Owned(_))
}

/// The value, unless it is a namespace of others, whose Pods the entity would show.
fn own_namespace(key: &str, value: String, object: &Object, settings: &Settings) -> Result<String, String> {
    let own = object.reference().namespace().unwrap_or(&value);
    if key == NAMESPACE && value != own && !settings.takes_annotation(key) {
        return Err(format!("is not the object's namespace {own}. CALLBOARD_ANNOTATIONS={key} allows others"));
    }
    Ok(value)
}

/// Annotations, or labels, that the entity takes as they are.
pub(crate) const KEPT: [&str; 4] =
    ["backstage.io/kubernetes-cluster", "backstage.io/kubernetes-id", SELECTOR, NAMESPACE];

const NAMESPACE: &str = "backstage.io/kubernetes-namespace";

/// The value of an annotation. An owner may also be a label.
fn value<'a>(object: &'a Object, key: &str) -> Option<&'a str> {
    object.annotation(key).or_else(|| if key == "callboard.dev/owner" { object.label(key) } else { None })
}

/// What Callboard's own annotations begin with.
pub(crate) const PREFIX: &str = "callboard.dev/";
