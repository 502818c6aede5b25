//! Which object an event speaks of, and what happened to it.

use crate::{CALLBOARD_EXTENSION, Cause, Function, Nack, NotAnObject, Object, ObjectRef, parts};
use cloudevents::{AttributesReader, Event};
use serde_json::Value;

/// What happened to an object, and how much of it the event carries.
#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    /// The object was added or changed, and is as the event carries it.
    Applied(Object),
    /// The object was deleted; the event carries its last state.
    Deleted(Object),
    /// The object was added or changed; only a cluster knows how it is.
    AppliedRef(ObjectRef),
    /// The object was deleted; only a cluster knows in which version.
    DeletedRef(ObjectRef),
}

impl Change {
    /// The identity of the object.
    pub fn object(&self) -> &ObjectRef {
        match self {
            Self::Applied(object) | Self::Deleted(object) => object.reference(),
            Self::AppliedRef(reference) | Self::DeletedRef(reference) => reference,
        }
    }
}

/// The news of one object, from Knative's ApiServerSource or in its words.
#[derive(Debug, Clone, PartialEq)]
pub struct Arrival {
    /// The event itself, as the cause of what follows.
    pub cause: Cause,
    /// The function that takes it; `None` if no function does.
    pub function: Option<Function>,
    /// What it says.
    pub change: Change,
    /// When it came to be, by its `time`: milliseconds since the epoch.
    pub time: Option<i64>,
}

/// The news of an object that an event brings; `None` if its type is another one.
///
/// The identity is taken from the data, then from the extensions, then from the subject: `kn event send` can set only
/// the first. The extension `callboard` decides which function takes the event; without it the table of
/// [`Function::taking`] does.
pub(crate) fn decode(event: &mut Event) -> Result<Option<Arrival>, Nack> {
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
    let cause = Cause::of(event);
    let time = event.time().map(|time| time.timestamp_millis());
    let data = parts::json(event)?;
    let change = match (data, whole) {
        (Some(data), true) if data.get("metadata").is_some() => {
            let object = Object::try_from(data).map_err(|error| parts::reject(event, &error))?;
            if deleted { Change::Deleted(object) } else { Change::Applied(object) }
        }
        (data, _) => {
            let reference = reference(event, data.as_ref()).map_err(|error| parts::reject(event, &error))?;
            if deleted { Change::DeletedRef(reference) } else { Change::AppliedRef(reference) }
        }
    };
    let function = match parts::extension(event, CALLBOARD_EXTENSION) {
        Some(name) => name.parse().ok(),
        None => Function::taking(change.object()),
    };
    Ok(Some(Arrival { cause, function, change, time }))
}

/// The identity of an object which the event does not carry.
fn reference(event: &Event, data: Option<&Value>) -> Result<ObjectRef, NotAnObject> {
    let text = |field| data?.get(field)?.as_str().map(str::to_owned);
    let subject = event.subject().map(Subject::parse).unwrap_or_default();
    let missing = NotAnObject::Missing;
    let name = text("name");
    let namespace = match name {
        Some(_) => text("namespace"),
        None => parts::extension(event, "namespace").or(subject.namespace),
    };
    Ok(ObjectRef::new(
        &text("apiVersion")
            .or_else(|| parts::extension(event, "apiversion"))
            .or(subject.api_version)
            .ok_or(missing("apiVersion"))?,
        &text("kind").or_else(|| parts::extension(event, "kind")).ok_or(missing("kind"))?,
        namespace.as_deref(),
        &name.or_else(|| parts::extension(event, "name")).or(subject.name).ok_or(missing("name"))?,
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

#[cfg(test)]
mod tests {
    use super::*;
    use cloudevents::{EventBuilder, EventBuilderV10};
    use serde_json::json;

    fn event(ty: &str, data: Value) -> EventBuilderV10 {
        EventBuilderV10::new().id("1").source("/test").ty(ty).data("application/json", data)
    }

    fn decoded(builder: EventBuilderV10) -> Arrival {
        decode(&mut builder.build().unwrap()).unwrap().unwrap()
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
        assert!(matches!(arrival.change, Change::AppliedRef(_)));
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
        assert!(matches!(arrival.change, Change::DeletedRef(_)));
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
            assert_eq!(decode(&mut event(ty, json!({})).build().unwrap()), Ok(None), "{ty}");
        }
    }

    #[test]
    fn an_event_of_ours_without_an_object_is_rejected() {
        let rejected = decode(&mut event("dev.knative.apiserver.resource.add", json!({"x": 1})).build().unwrap());
        let Err(Nack::Reject(why)) = rejected else { panic!("{rejected:?}") };
        assert!(why.contains("apiVersion is missing"), "{why}");
    }
}
