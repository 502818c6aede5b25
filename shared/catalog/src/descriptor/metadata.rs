//! What the metadata of every entity takes from its source object.

use crate::{
    entity::{Link, Metadata},
    overrides::Overrides,
    settings::Settings,
    status::{self, State},
};
use events::Object;

/// What every entity of a source object has: where to look at the object, and its tags.
pub(crate) fn fill(metadata: &mut Metadata, object: &Object, overrides: &Overrides, settings: &Settings) {
    metadata.tags.extend(overrides.tags.iter().cloned());
    let Some(source_url) = &settings.source_url else { return };
    let url = source_url.of(object, &settings.layout);
    let annotations = [
        ("backstage.io/source-location", format!("url:{url}")),
        ("backstage.io/edit-url", url.clone()),
        ("backstage.io/view-url", url),
    ];
    metadata.annotations.extend(annotations.map(|(key, value)| (key.to_owned(), value)));
}

/// What its Component has in addition: the state. Its siblings have none, so that a new state does not change them.
pub(crate) fn fill_component(
    metadata: &mut Metadata,
    object: &Object,
    state: State,
    overrides: &Overrides,
    settings: &Settings,
) {
    fill_plain(metadata, object, overrides, settings);
    metadata.labels.insert("callboard.dev/state".into(), state.as_str().into());
    if let Some(conditions) = status::conditions(object) {
        metadata.annotations.insert("callboard.dev/conditions".into(), conditions);
    }
}

/// What the main entity of an object has: also the overrides of title, description, links and Kubernetes annotations.
pub(crate) fn fill_plain(metadata: &mut Metadata, object: &Object, overrides: &Overrides, settings: &Settings) {
    fill(metadata, object, overrides, settings);
    let page = settings.source_url.as_ref().map(|source_url| source_url.of(object, &settings.layout));
    metadata.links.extend(page.map(|url| Link {
        url,
        title: Some("Kubernetes object".to_owned()),
        icon: Some("dashboard".to_owned()),
        ty: None,
    }));
    if let Some(title) = &overrides.title {
        metadata.title = Some(title.clone());
    }
    if let Some(description) = &overrides.description {
        metadata.description = Some(description.clone());
    }
    metadata.links.retain(|link| overrides.links.iter().all(|own| own.url != link.url));
    metadata.links.extend(overrides.links.iter().cloned());
    metadata.annotations.extend(overrides.annotations.clone());
}
