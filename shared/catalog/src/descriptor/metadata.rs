//! What the metadata of every entity takes from its source object.

use crate::{
    entity::Metadata,
    overrides::Overrides,
    settings::Settings,
    status::{self, State},
};
use events::Object;

/// What every entity of a source object has: where to look at the object, and the tags it wishes for.
pub(crate) fn fill(metadata: &mut Metadata, object: &Object, wishes: &Overrides, settings: &Settings) {
    metadata.tags.extend(wishes.tags.iter().cloned());
    let Some(source_url) = &settings.source_url else { return };
    let url = source_url.of(object, &settings.layout);
    let annotations = [
        ("backstage.io/source-location", format!("url:{url}")),
        ("backstage.io/edit-url", url.clone()),
        ("backstage.io/view-url", url),
    ];
    metadata.annotations.extend(annotations.map(|(key, value)| (key.to_owned(), value)));
}

/// What its Component has beside: the state. Its siblings go without, since they shall not change when the state does.
pub(crate) fn fill_component(
    metadata: &mut Metadata,
    object: &Object,
    state: State,
    wishes: &Overrides,
    settings: &Settings,
) {
    fill_plain(metadata, object, wishes, settings);
    metadata.labels.insert("callboard.dev/state".into(), state.as_str().into());
    if let Some(conditions) = status::conditions(object) {
        metadata.annotations.insert("callboard.dev/conditions".into(), conditions);
    }
}

/// What the entity has that stands for an object: also the title, description, links and Kubernetes annotations that it
/// wishes for.
pub(crate) fn fill_plain(metadata: &mut Metadata, object: &Object, wishes: &Overrides, settings: &Settings) {
    fill(metadata, object, wishes, settings);
    if let Some(title) = &wishes.title {
        metadata.title = Some(title.clone());
    }
    if let Some(description) = &wishes.description {
        metadata.description = Some(description.clone());
    }
    metadata.links.retain(|link| wishes.links.iter().all(|wish| wish.url != link.url));
    metadata.links.extend(wishes.links.iter().cloned());
    metadata.annotations.extend(wishes.annotations.clone());
}
