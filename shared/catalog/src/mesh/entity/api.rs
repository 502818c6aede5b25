//! The API of an EventType.

use super::{subject::Subject, words::Consumers};
use crate::{
    api::asyncapi::{self, EventType},
    entity::{ApiSpec, Entity, Link, Spec, web_url::web_url},
    markdown,
    mesh::{graph::Graph, object::node::Node},
    notes::Notes,
    overrides::not_secret::NotSecret,
    secret,
    settings::{EventTypes, Settings},
};

/// The API of an EventType; `None` if that names no type.
pub(super) fn api(
    graph: &Graph,
    node: &Node,
    subject: Subject<'_>,
    settings: &Settings,
    notes: &mut Notes,
) -> Option<Entity> {
    let not_secret = NotSecret::of(subject.object);
    let (event_type, left_out) =
        EventType::of(subject.object, &mut Notes::default())?.public(&|path| not_secret.has(path));
    notes.leave_out(&subject.named.entity_ref(), &left_out);
    let consumers = Consumers::of(graph, subject.id, node);
    let said = described(event_type.description.as_deref(), &consumers);
    let mut metadata = subject.metadata(graph, settings, Some(said));
    let source = event_type.source.as_ref();
    metadata.title = subject.overrides.title.clone().or_else(|| Some(title(&subject, &event_type, source)));
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
    let consumers = consumers.in_markdown().map(|it| markdown::tame(&it).into_owned());
    let (ty, definition) = match settings.event_types {
        EventTypes::AsyncApi => ("asyncapi", asyncapi::document(&event_type, hub.as_deref(), consumers)),
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

/// `<type> - (<namespace>/<name>)`, as Knative's Event Mesh plugin has it. Instead of a hash, the source.
fn title(subject: &Subject<'_>, event_type: &EventType, source: Option<&String>) -> String {
    let reference = subject.object.reference();
    let (ty, namespace) = (&event_type.ty, reference.namespace().unwrap_or_default());
    match source.filter(|_| is_of_hash(reference.name())) {
        Some(source) => format!("{ty} from {source} ({namespace})"),
        None => format!("{ty} - ({namespace}/{})", reference.name()),
    }
}

/// Whether Knative made a name of a hash: the MD5 of type, source and what else it knows, maybe behind other words.
fn is_of_hash(name: &str) -> bool {
    let hash = name.rsplit('-').next().unwrap_or_default();
    hash.len() == 32 && hash.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
}

/// What people say about the events, and who consumes them.
fn described(said: Option<&str>, consumers: &Consumers) -> String {
    let consumers = consumers.in_sentences();
    match said.map(str::trim_end) {
        None => consumers,
        // Right behind the last line, it would be part of a list or a heading.
        Some(said) if said.contains('\n') => format!("{said}\n\n{consumers}"),
        Some(said) if said.ends_with(['.', '!', '?', ':', ';']) => format!("{said} {consumers}"),
        Some(said) => format!("{said}. {consumers}"),
    }
}

fn schema_link(url: &str) -> Link {
    let (title, icon) = (Some("View external schema".to_owned()), Some("scaffolder".to_owned()));
    Link { url: url.trim().to_owned(), title, icon, ty: None }
}
