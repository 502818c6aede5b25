//! The API of an EventType.

use super::subject::Subject;
use crate::{
    api::asyncapi::{self, EventType},
    entity::{ApiSpec, Entity, Link, Spec, web_url::web_url},
    mesh::graph::Graph,
    secret,
    settings::{EventTypes, Settings},
};

/// The API of an EventType; `None` if that names no type.
pub(super) fn api(graph: &Graph, subject: Subject<'_>, settings: &Settings) -> Option<Entity> {
    let event_type = EventType::of(subject.object)?;
    let reference = subject.object.reference();
    let mut metadata = subject.metadata(settings);
    let place = format!("{}/{}", reference.namespace().unwrap_or_default(), reference.name());
    metadata.title = subject.overrides.title.clone().or_else(|| Some(format!("{} - ({place})", event_type.ty)));
    metadata.description = metadata.description.or_else(|| event_type.description.clone());
    let source = event_type.source.as_ref().filter(|source| !secret::may_be_in_text(source));
    let annotations = [("callboard.dev/event-type", Some(&event_type.ty)), ("callboard.dev/event-source", source)];
    let annotations = annotations.into_iter().filter_map(|(key, value)| Some((key.into(), value?.clone())));
    metadata.annotations.extend(annotations);
    if let Some(schema) = &event_type.schema {
        match web_url(schema) {
            Ok(_) => drop(metadata.links.insert(schema_link(schema))),
            // A link must be absolute. The EventType is cataloged anyway.
            Err(_) if secret::may_be_in_text(schema) => {}
            Err(_) => drop(metadata.annotations.insert("callboard.dev/schema".into(), schema.clone())),
        }
    }
    let providers: Vec<_> = graph.providers(subject.relations).into_iter().map(ToString::to_string).collect();
    if !providers.is_empty() {
        metadata.annotations.insert("callboard.dev/provided-by".to_owned(), providers.join(", "));
    }
    let hub = graph.arrivals(subject.relations).first().map(ToString::to_string);
    let (ty, definition) = match settings.event_types {
        EventTypes::AsyncApi => ("asyncapi", asyncapi::document(&event_type, hub.as_deref())),
        EventTypes::EventType => ("eventType", asyncapi::raw(&event_type)),
    };
    let spec = ApiSpec {
        ty: subject.ty(|| ty.to_owned()),
        lifecycle: subject.lifecycle(),
        ownership: subject.ownership,
        definition,
    };
    Some(Entity::new(metadata, Spec::Api(spec)))
}

fn schema_link(url: &str) -> Link {
    let (title, icon) = (Some("View external schema".to_owned()), Some("scaffolder".to_owned()));
    Link { url: url.trim().to_owned(), title, icon, ty: None }
}
