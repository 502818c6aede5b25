//! What the annotations of a Promise wish for its Template, in SKE's vocabulary (`ske.backstage.template/*`).

use crate::{EntityRef, Metadata, Notes, TemplateSpec, wish};
use events::Object;

/// Follows the wishes that are valid and notes the others.
pub(crate) fn follow(promise: &Object, metadata: &mut Metadata, spec: &mut TemplateSpec, notes: &mut Notes) {
    for (key, text) in promise.annotations() {
        let Some(field) = key.strip_prefix("ske.backstage.template/") else { continue };
        let followed = match field {
            "title" => wish::text(text, 200).map(|title| metadata.title = Some(title)),
            "description" => wish::text(text, 2000).map(|description| metadata.description = Some(description)),
            "type" => wish::text(text, 100).map(|ty| spec.ty = ty),
            "owner" => owner(text).map(|owner| spec.owner = owner),
            "tags" => tags(text, metadata),
            _ => Err("is not followed by Callboard".into()),
        };
        if let Err(why) = followed {
            notes.ignore(key, why);
        }
    }
}

fn owner(text: &str) -> Result<EntityRef, String> {
    EntityRef::parse(text, "group", "default").map_err(|error| error.to_string())
}

/// A wrong tag does not take the right ones with it.
fn tags(text: &str, metadata: &mut Metadata) -> Result<(), String> {
    let (right, wrong): (Vec<_>, Vec<_>) = wish::items(text).map(wish::tag).partition(Result::is_ok);
    metadata.tags.extend(right.into_iter().flatten());
    wrong.into_iter().try_for_each(|wrong| wrong.map(drop))
}
