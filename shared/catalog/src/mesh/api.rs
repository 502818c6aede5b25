//! An EventType and its API.

use super::{Mesh, described::Subject};
use crate::{
    api::asyncapi::{self, EventType},
    entity::web_url::web_url,
    entity::{ApiSpec, Entity, Link, Spec},
    secret,
    settings::EventTypes,
};

impl Mesh {
    /// The API of an EventType; `None` where it names no type.
    pub(super) fn api(&self, subject: Subject<'_>) -> Option<Entity> {
        let told = EventType::of(subject.object)?;
        let reference = subject.object.reference();
        let mut metadata = subject.metadata(&self.settings);
        let place = format!("{}/{}", reference.namespace().unwrap_or_default(), reference.name());
        metadata.title = subject.wishes.title.clone().or_else(|| Some(format!("{} - ({place})", told.ty)));
        metadata.description = metadata.description.or_else(|| told.description.clone());
        let source = told.source.as_ref().filter(|source| !secret::may_be_in_text(source));
        let annotations = [("callboard.dev/event-type", Some(&told.ty)), ("callboard.dev/event-source", source)];
        let annotations = annotations.into_iter().filter_map(|(key, value)| Some((key.into(), value?.clone())));
        metadata.annotations.extend(annotations);
        if let Some(schema) = &told.schema {
            match web_url(schema) {
                Ok(_) => drop(metadata.links.insert(schema_link(schema))),
                // A link must be absolute; the EventType is cataloged nonetheless.
                Err(_) if secret::may_be_in_text(schema) => {}
                Err(_) => drop(metadata.annotations.insert("callboard.dev/schema".into(), schema.clone())),
            }
        }
        let hub = subject.relations.hub.as_ref().map(|hub| self.hub(hub).to_string());
        let (ty, definition) = match self.settings.event_types {
            EventTypes::AsyncApi => ("asyncapi", asyncapi::document(&told, hub.as_deref())),
            EventTypes::EventType => ("eventType", asyncapi::raw(&told)),
        };
        let spec = ApiSpec {
            ty: subject.ty(|| ty.to_owned()),
            lifecycle: subject.lifecycle(),
            ownership: subject.ownership,
            definition,
        };
        Some(Entity::new(metadata, Spec::Api(spec)))
    }
}

fn schema_link(url: &str) -> Link {
    let (title, icon) = (Some("View external schema".to_owned()), Some("scaffolder".to_owned()));
    Link { url: url.trim().to_owned(), title, icon, ty: None }
}
