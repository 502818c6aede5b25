//! What people read of an object of the mesh: its title, and what it does with events.

mod consumers;
mod filter;

pub(super) use consumers::Consumers;
pub(super) use filter::{as_json as filter_as_json, is_hidden as is_filter_hidden};

use super::subject::Subject;
use crate::{
    mesh::{
        graph::{Graph, cataloged_as::CatalogedAs},
        id::Id,
        object::{
            destination::{Destination, Via},
            role::Role,
        },
    },
    secret,
    status::{MAX_STATUS, cut},
};
use events::Object;
use serde_json::Value;
use std::{borrow::Cow, collections::BTreeSet};

/// The most items of a list that a sentence names.
const MAX: usize = 3;

/// `<name> <Kind> (<namespace>)`. The title of a Trigger or Subscription that stands for a consumer names that, too.
pub(super) fn title(graph: &Graph, subject: &Subject<'_>) -> String {
    let reference = subject.object.reference();
    let to = match subject.relations.summary.role {
        Role::Trigger | Role::Subscription => stands_for(graph, subject).map(|name| format!(" to {name}")),
        _ => None,
    };
    let namespace = subject.named.namespace.as_str();
    let is_obvious = reference.namespace().is_none() && namespace == "default";
    let place = if is_obvious { String::new() } else { format!(" ({namespace})") };
    format!("{} {}{}{place}", reference.name(), reference.kind(), to.unwrap_or_default())
}

/// The consumer for which a Trigger or Subscription stands, because the mesh writes no Component for it.
fn stands_for(graph: &Graph, subject: &Subject<'_>) -> Option<String> {
    match graph.consumer(subject.id) {
        Some(CatalogedAs::Mesh(..)) => None,
        Some(CatalogedAs::Elsewhere(component)) => Some(component.name().to_owned()),
        None => subject.relations.to(Via::Subscriber).next().map(|it| in_words(graph, it, subject.id)),
    }
}

/// What an object does with events that provides or carries these EventTypes, and consumes those:
/// `Knative Service: runs worker; consumes X; dead letters to Service box`.
pub(super) fn component<'a>(
    graph: &Graph,
    subject: &Subject<'_>,
    provided: &BTreeSet<Id>,
    consumed: impl Iterator<Item = &'a Id>,
) -> String {
    let (object, role) = (subject.object, subject.relations.summary.role);
    let runs = image(object).map(|image| format!("runs {image}"));
    let carries = role.is_hub().then(|| counted(provided.len()));
    let consumed: BTreeSet<_> = consumed.filter_map(|id| graph.ty_of(id)).collect();
    let consumes = (!consumed.is_empty()).then(|| format!("consumes {}", listed(consumed)));
    let ends = [Via::Subject, Via::Step, Via::Sink, Via::Reply, Via::DeadLetterSink];
    let ends = ends.into_iter().filter_map(|via| sends(graph, subject, via, provided));
    let clauses: Vec<_> = [runs, traffic(object), carries, consumes].into_iter().flatten().chain(ends).collect();
    match (head(object, role), clauses.is_empty()) {
        (head, true) => head,
        (head, false) => format!("{head}: {}", clauses.join("; ")),
    }
}

/// What a Trigger or Subscription does:
/// `type = X from Broker shop/default to Service worker; dead letters to Service box`.
pub(super) fn delivery(graph: &Graph, subject: &Subject<'_>) -> String {
    let hub = subject.relations.hub.as_ref().map(|hub| graph.hub(hub));
    let from = hub.map(|hub| format!(" from {} {}", hub.kind(), place(hub))).unwrap_or_default();
    let to = subject.relations.to(Via::Subscriber).next();
    let to = to.map(|to| format!(" to {}", in_words(graph, to, subject.id))).unwrap_or_default();
    let first = format!("{}{from}{to}", filter::in_words(subject.object));
    let ends = [Via::Reply, Via::DeadLetterSink, Via::Dependency]
        .into_iter()
        .filter_map(|via| sends(graph, subject, via, &BTreeSet::new()));
    [first].into_iter().chain(ends).collect::<Vec<_>>().join("; ")
}

fn head(object: &Object, role: Role) -> String {
    let kind = object.reference().kind();
    match (role, object.annotation("eventing.knative.dev/broker.class")) {
        (Role::Broker, Some(class)) if !secret::may_be_in_text(class) => format!("{kind} of class {class}"),
        (Role::Service, _) => format!("Knative {kind}"),
        _ => kind.to_owned(),
    }
}

/// What an object that provides these EventTypes sends to its destinations of a kind.
fn sends(graph: &Graph, subject: &Subject<'_>, via: Via, provided: &BTreeSet<Id>) -> Option<String> {
    let mut all: Vec<_> = subject.relations.to(via).map(|it| in_words(graph, it, subject.id)).collect();
    if via == Via::Reply {
        let callers: BTreeSet<_> = graph.reply_targets(subject.id).into_iter().map(|id| graph.hub(id)).collect();
        all.extend(callers.into_iter().map(|id| called(id, subject.id.namespace())));
    }
    if all.is_empty() {
        return None;
    }
    let to = listed(all);
    Some(match via {
        Via::DeadLetterSink => format!("dead letters to {to}"),
        Via::Dependency => format!("waits for {to}"),
        Via::Reply => format!("replies to {to}"),
        Via::Sink => {
            let produced = subject.relations.produced().iter().map(|it| it.ty.to_string());
            // What anything else provides may as well be its replies.
            let provided = provided.iter().filter(|_| subject.relations.summary.role == Role::Source);
            let types: BTreeSet<_> = produced.chain(provided.filter_map(|id| graph.ty_of(id))).collect();
            let what = if types.is_empty() { "events".to_owned() } else { listed(types) };
            format!("sends {what} to {to}")
        }
        Via::Step => format!("steps {to}"),
        Via::Subject => format!("binds {to}"),
        Via::Subscriber => format!("calls {to}"),
    })
}

/// The last part of the image that a Knative Service runs.
fn image(object: &Object) -> Option<&str> {
    let image = object.text("/spec/template/spec/containers/0/image")?;
    let last = cut(image.rsplit('/').next()?.split('@').next()?, MAX_STATUS);
    let is_open = matches!(secret::masked(image), Cow::Borrowed(_)) && !secret::may_be_in_text(last);
    Some(last).filter(|last| !last.is_empty() && is_open)
}

/// How a Knative Service splits its traffic; `None` if all of it goes to the latest revision.
fn traffic(object: &Object) -> Option<String> {
    let all = object.at("/spec/traffic").and_then(Value::as_array)?;
    let part = |target: &Value| {
        let percent = target.get("percent").and_then(Value::as_u64).filter(|percent| *percent > 0)?;
        let revision = target.get("revisionName").and_then(Value::as_str).filter(|name| !name.is_empty());
        Some(format!("{percent} % to {}", cut(revision.unwrap_or("the latest revision"), MAX_STATUS)))
    };
    let parts: Vec<_> = all.iter().filter_map(part).collect();
    let is_usual = parts.is_empty() || parts == ["100 % to the latest revision"];
    (!is_usual).then(|| format!("traffic {}", listed(parts)))
}

/// What is at a destination, as an object sees it. Whatever addresses a Broker or Channel is that.
pub(super) fn in_words(graph: &Graph, destination: &Destination, from: &Id) -> String {
    destination.id().map_or_else(|| destination.in_words(), |id| called(graph.hub(id), from.namespace()))
}

/// Kind and name of an object, with its namespace if that is another one.
pub(super) fn called(id: &Id, namespace: Option<&str>) -> String {
    let is_here = id.namespace() == namespace;
    format!("{} {}", id.kind(), if is_here { id.name().to_owned() } else { place(id) })
}

fn place(id: &Id) -> String {
    id.namespace().map_or_else(|| id.name().to_owned(), |namespace| format!("{namespace}/{}", id.name()))
}

/// A list in words, cut.
fn listed(all: impl IntoIterator<Item = String>) -> String {
    let mut all: Vec<_> = all.into_iter().collect();
    let more = all.len().saturating_sub(MAX);
    all.truncate(MAX);
    let all = all.join(", ");
    if more == 0 { all } else { format!("{all} and {more} more") }
}

fn counted(event_types: usize) -> String {
    match event_types {
        0 => "no event types".to_owned(),
        1 => "1 event type".to_owned(),
        many => format!("{many} event types"),
    }
}

impl Graph {
    /// The type of the events of an EventType.
    fn ty_of(&self, event_type: &Id) -> Option<String> {
        Some(self.node(event_type)?.relations.declared()?.ty.to_string())
    }
}
