//! What the annotations of a Promise wish for its Template, in SKE's vocabulary (`ske.backstage.template/*`).

use crate::{Metadata, Notes, TemplateSpec, wish};
use events::Object;

const PREFIX: &str = "ske.backstage.template/";

/// Follows the wishes that are valid and notes the others.
pub(crate) fn follow(promise: &Object, metadata: &mut Metadata, spec: &mut TemplateSpec, notes: &mut Notes) {
    for (key, text) in promise.annotations() {
        let Some(field) = key.strip_prefix(PREFIX) else { continue };
        let wrong = match field {
            "title" => wish::one(&mut metadata.title, wish::text(text, 200)),
            "description" => wish::one(&mut metadata.description, wish::text(text, 2000)),
            "type" => wish::one(&mut spec.ty, wish::text(text, 100)),
            "owner" => wish::one(&mut spec.owner, wish::owner(text)),
            "tags" => wish::many(&mut metadata.tags, wish::items(text).map(wish::tag)),
            _ => vec!["is not followed by Callboard".into()],
        };
        wrong.into_iter().for_each(|why| notes.ignore(key, why));
    }
}

/// Notes the wishes of an object that has no Template.
pub(crate) fn pass_over(object: &Object, notes: &mut Notes) {
    for (key, _) in object.annotations().filter(|(key, _)| key.starts_with(PREFIX)) {
        notes.ignore(key, "has no effect, since there is no Template");
    }
}
