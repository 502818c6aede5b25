//! Decoding: which object an event speaks of, and what happened to it.

use crate::{CALLBOARD_EXTENSION, Cause, Function, Nack, NotAnObject, Object, ObjectRef};
use cloudevents::{AttributesReader, Data, Event};
use serde_json::Value;

/// What happened to an object, and how much of it the event carries.
#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    /// The object was added or changed, and is as the event carries it.
    Applied(Object),
    /// The object is gone; the event carries its last state.
    Deleted(Object),
    /// The object was added or changed; only a cluster knows how it is.
    Touched(ObjectRef),
    /// The object is gone; only a cluster knows in which version.
    Gone(ObjectRef),
}

impl Change {
    /// The identity of the object.
    pub fn object(&self) -> &ObjectRef {
        match self {
            Self::Applied(object) | Self::Deleted(object) => object.reference(),
            Self::Touched(reference) | Self::Gone(reference) => reference,
        }
    }
}

/// An event of a type that Callboard consumes, decoded.
#[derive(Debug, Clone, PartialEq)]
pub struct Arrival {
    /// The event itself, as the cause of what follows.
    pub cause: Cause,
    /// The function that takes it; `None` if no function does.
    pub function: Option<Function>,
    /// What it says.
    pub change: Change,
}

/// Decodes an event; `None` if its type is of no concern to Callboard.
///
/// The identity is taken from the data, then from the extensions, then from the subject: `kn event send` can set only
/// the first. The extension `callboard` decides which function takes the event; without it the table of
/// [`Function::taking`] does.
///
/// # Errors
/// [`Nack::Reject`] if the type is ours and no object can be made out.
pub fn decode(mut event: Event) -> Result<Option<Arrival>, Nack> {
    let Some((mode, verb)) = event.ty().strip_prefix("dev.knative.apiserver.").and_then(|rest| rest.split_once('.'))
    else {
        return Ok(None);
    };
    let (whole, deleted) = match (mode, verb) {
        ("resource", "add" | "update") => (true, false),
        ("resource", "delete") => (true, true),
        ("ref", "add" | "update") => (false, false),
        ("ref", "delete") => (false, true),
        _ => return Ok(None),
    };
    let cause = Cause::of(&event);
    let data = json(event.take_data().2).map_err(|error| reject(&event, &format!("its data is no JSON: {error}")))?;
    let change = match (data, whole) {
        (Some(data), true) if data.get("metadata").is_some() => {
            let object = Object::try_from(data).map_err(|error| reject(&event, &error.to_string()))?;
            if deleted { Change::Deleted(object) } else { Change::Applied(object) }
        }
        (data, _) => {
            let reference = reference(&event, data.as_ref()).map_err(|error| reject(&event, &error.to_string()))?;
            if deleted { Change::Gone(reference) } else { Change::Touched(reference) }
        }
    };
    let function = match extension(&event, CALLBOARD_EXTENSION) {
        Some(name) => name.parse().ok(),
        None => Function::taking(change.object()),
    };
    Ok(Some(Arrival { cause, function, change }))
}

/// The event's type where it is one that Callboard consumes or emits, else `other`: strangers make no time series.
pub fn known_type(ty: &str) -> &'static str {
    let consumed = [
        "dev.knative.apiserver.resource.add",
        "dev.knative.apiserver.resource.update",
        "dev.knative.apiserver.resource.delete",
        "dev.knative.apiserver.ref.add",
        "dev.knative.apiserver.ref.update",
        "dev.knative.apiserver.ref.delete",
    ];
    let emitted = Function::ALL.map(Function::reply_type);
    consumed.into_iter().chain(emitted).find(|known| *known == ty).unwrap_or("other")
}

/// The W3C traceparent which the event or, in Kratix's words, its object continues.
///
/// The data is looked into only where it is already JSON ([`Data::Json`]); `runtime` makes it so.
pub fn trace_parent(event: &Event) -> Option<String> {
    let annotation = || match event.data() {
        Some(Data::Json(object)) => {
            Some(object.pointer("/metadata/annotations/kratix.io~1trace-parent")?.as_str()?.to_owned())
        }
        _ => None,
    };
    extension(event, "traceparent").or_else(annotation)
}

fn json(data: Option<Data>) -> serde_json::Result<Option<Value>> {
    match data {
        None => Ok(None),
        Some(Data::Json(value)) => Ok(Some(value)),
        Some(Data::Binary(bytes)) => serde_json::from_slice(&bytes).map(Some),
        Some(Data::String(text)) => serde_json::from_str(&text).map(Some),
    }
}

/// The identity of an object which the event does not carry.
fn reference(event: &Event, data: Option<&Value>) -> Result<ObjectRef, NotAnObject> {
    let text = |field| data?.get(field)?.as_str().map(str::to_owned);
    let subject = event.subject().map(Subject::parse).unwrap_or_default();
    let missing = NotAnObject::Missing;
    let name = text("name");
    let namespace = match name {
        Some(_) => text("namespace"),
        None => extension(event, "namespace").or(subject.namespace),
    };
    Ok(ObjectRef::new(
        &text("apiVersion")
            .or_else(|| extension(event, "apiversion"))
            .or(subject.api_version)
            .ok_or(missing("apiVersion"))?,
        &text("kind").or_else(|| extension(event, "kind")).ok_or(missing("kind"))?,
        namespace.as_deref(),
        &name.or_else(|| extension(event, "name")).or(subject.name).ok_or(missing("name"))?,
    )?)
}

/// What the subject of an ApiServerSource's event says. It holds a guessed plural, so the kind is never taken from it.
#[derive(Default)]
struct Subject {
    api_version: Option<String>,
    namespace: Option<String>,
    name: Option<String>,
}

impl Subject {
    /// `/apis/<apiVersion>/namespaces/<namespace>/<plural>/<name>`, the namespace empty for cluster-scoped objects.
    fn parse(subject: &str) -> Self {
        let Some((api_version, rest)) = subject.strip_prefix("/apis/").and_then(|rest| rest.split_once("/namespaces/"))
        else {
            return Self::default();
        };
        let mut parts = rest.split('/');
        let (Some(namespace), Some(_plural), Some(name), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Self::default();
        };
        Self { api_version: Some(api_version.into()), namespace: Some(namespace.into()), name: Some(name.into()) }
    }
}

fn extension(event: &Event, name: &str) -> Option<String> {
    event.extension(name).map(ToString::to_string).filter(|value| !value.is_empty())
}

fn reject(event: &Event, why: &str) -> Nack {
    Nack::Reject(format!("event {} of type {}: {why}", event.id(), event.ty()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use cloudevents::{EventBuilder, EventBuilderV10};
    use serde_json::json;

    fn event(ty: &str, data: Value) -> EventBuilderV10 {
        EventBuilderV10::new().id("1").source("/test").ty(ty).data("application/json", data)
    }

    fn decoded(builder: EventBuilderV10) -> Arrival {
        decode(builder.build().unwrap()).unwrap().unwrap()
    }

    #[test]
    fn a_resource_event_carries_the_object() {
        let app = json!({"apiVersion": "workshop.kratix.io/v1", "kind": "App", "metadata": {"name": "todo", "namespace": "default"}});
        let arrival = decoded(event("dev.knative.apiserver.resource.add", app));
        assert_eq!(arrival.function, Some(Function::Apps));
        assert!(matches!(arrival.change, Change::Applied(object) if object.reference().name() == "todo"));
    }

    #[test]
    fn a_reference_sent_by_hand_needs_no_extension_and_no_subject() {
        let todo =
            json!({"apiVersion": "workshop.kratix.io/v1", "kind": "App", "name": "todo", "namespace": "default"});
        let arrival = decoded(event("dev.knative.apiserver.ref.update", todo));
        assert_eq!(arrival.change.object().to_string(), "app.workshop.kratix.io/default/todo");
        assert!(matches!(arrival.change, Change::Touched(_)));
    }

    #[test]
    fn extensions_and_subject_stand_in_for_missing_data() {
        let builder = event("dev.knative.apiserver.ref.delete", json!({}))
            .extension("kind", "Promise")
            .extension("namespace", "")
            .subject("/apis/platform.kratix.io/v1alpha1/namespaces//promises/app");
        let arrival = decoded(builder);
        assert_eq!(arrival.change.object().to_string(), "promise.platform.kratix.io/app");
        assert_eq!(arrival.function, Some(Function::Promises));
        assert!(matches!(arrival.change, Change::Gone(_)));
    }

    #[test]
    fn the_extension_of_our_sources_decides_who_takes_the_event() {
        let app = json!({"apiVersion": "workshop.kratix.io/v1", "kind": "App", "metadata": {"name": "todo"}});
        let ty = "dev.knative.apiserver.resource.add";
        assert_eq!(decoded(event(ty, app.clone()).extension("callboard", "mesh")).function, Some(Function::Mesh));
        assert_eq!(decoded(event(ty, app).extension("callboard", "nobody")).function, None);
    }

    #[test]
    fn a_type_of_others_is_of_no_concern() {
        for ty in [
            "boson.fn",
            "dev.knative.cli.plugin.event.generic",
            "dev.knative.apiserver.resource",
            "dev.knative.apiserver.resource.patch",
        ] {
            assert_eq!(decode(event(ty, json!({})).build().unwrap()), Ok(None), "{ty}");
        }
    }

    #[test]
    fn an_event_of_ours_without_an_object_is_rejected() {
        let rejected = decode(event("dev.knative.apiserver.resource.add", json!({"x": 1})).build().unwrap());
        let Err(Nack::Reject(why)) = rejected else { panic!("{rejected:?}") };
        assert!(why.contains("apiVersion is missing"), "{why}");
    }

    #[test]
    fn the_trace_is_continued_from_the_extension_else_from_kratix() {
        let app = json!({"metadata": {"annotations": {"kratix.io/trace-parent": "00-kratix"}}});
        let builder = event("dev.knative.apiserver.resource.add", app);
        assert_eq!(trace_parent(&builder.clone().build().unwrap()).as_deref(), Some("00-kratix"));
        assert_eq!(
            trace_parent(&builder.extension("traceparent", "00-ours").build().unwrap()).as_deref(),
            Some("00-ours")
        );
    }
}
