//! Overrides of a Promise for its Template, in SKE's vocabulary (`ske.backstage.template/*`).

use super::parse;
use crate::{
    entity::{Metadata, TemplateSpec},
    notes::Notes,
};
use events::Object;

const PREFIX: &str = "ske.backstage.template/";

/// Applies the valid overrides and notes the others.
pub(crate) fn apply(promise: &Object, metadata: &mut Metadata, spec: &mut TemplateSpec, notes: &mut Notes) {
    for (key, text) in promise.annotations() {
        let Some(field) = key.strip_prefix(PREFIX) else { continue };
        let wrong = match field {
            "title" => parse::one(&mut metadata.title, parse::text(text, 200)),
            "description" => parse::one(&mut metadata.description, parse::text(text, 2000)),
            "type" => parse::one(&mut spec.ty, parse::text(text, 100)),
            "owner" => parse::one(&mut spec.owner, parse::owner(text)),
            "tags" => parse::many(&mut metadata.tags, parse::items(text).map(parse::tag)),
            _ => vec!["is not supported by Callboard".into()],
        };
        wrong.into_iter().for_each(|why| notes.invalid(key, why));
    }
}

/// Notes the overrides for a Template of an object that has none.
pub(crate) fn note_unused(object: &Object, notes: &mut Notes) {
    for (key, _) in object.annotations().filter(|(key, _)| key.starts_with(PREFIX)) {
        notes.invalid(key, "has no effect, because there is no Template");
    }
}
