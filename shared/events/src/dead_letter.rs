//! An event which the Broker could not deliver and hands to `resync` instead.

use crate::{Arrival, Cause, Change, ObjectRef, arrival, parts};
use cloudevents::{AttributesReader, Event};

/// By these extensions Knative marks an event that goes to a dead-letter sink.
const DESTINATION: &str = "knativeerrordest";
const CODE: &str = "knativeerrorcode";

/// The most characters of a destination or type that are kept.
const MAX: usize = 200;

/// What is kept of an event that could not be delivered; not its data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeadLetter {
    /// The event.
    pub cause: Cause,
    /// The object it spoke of, where that can be made out.
    pub object: Option<ObjectRef>,
    /// Whether it said that the object was deleted.
    pub deleted: bool,
    /// The function it was for, by its object or the extension `callboard`.
    pub function: Option<crate::Function>,
    /// Who refused it and how, such as `503 from http://apps.callboard.svc.cluster.local`.
    pub reason: String,
}

/// A change that reaches `resync`, which takes none: Knative marks no dead letter of a subscriber that did not answer in
/// time.
impl From<Arrival> for DeadLetter {
    fn from(Arrival { mut cause, change, function, .. }: Arrival) -> Self {
        cause.ty = plain(&cause.ty);
        let deleted = matches!(change, Change::Deleted(_) | Change::DeletedRef(_));
        Self { cause, object: Some(change.object().clone()), deleted, function, reason: "no answer in time".into() }
    }
}

pub(crate) fn is_one(event: &Event) -> bool {
    event.extension(DESTINATION).is_some() || event.extension(CODE).is_some()
}

pub(crate) fn decode(mut event: Event) -> DeadLetter {
    let said = |name| parts::extension(&event, name).unwrap_or_else(|| "unknown".into());
    let reason = plain(&format!("{} from {}", said(CODE), said(DESTINATION)));
    let mut cause = Cause::of(&event);
    cause.ty = plain(event.ty());
    match arrival::decode(&mut event) {
        Ok(Some(arrival)) => DeadLetter { reason, ..DeadLetter::from(arrival) },
        Ok(None) | Err(_) => DeadLetter { cause, object: None, deleted: false, function: None, reason },
    }
}

/// Short, and of printable ASCII.
fn plain(text: &str) -> String {
    text.chars().filter(|c| matches!(c, ' '..='~')).take(MAX).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Function;
    use cloudevents::{EventBuilder, EventBuilderV10};
    use serde_json::json;

    #[test]
    fn identity_type_and_reason_are_kept() {
        let app = json!({"apiVersion": "workshop.kratix.io/v1", "kind": "App", "metadata": {"name": "todo", "namespace": "a"}});
        let event = EventBuilderV10::new()
            .id("1")
            .source("/test")
            .ty("dev.knative.apiserver.resource.delete")
            .extension(DESTINATION, "http://apps/\u{e9}")
            .extension(CODE, "503")
            .data("application/json", app);
        let dead = decode(event.build().unwrap());
        assert_eq!(dead.object.unwrap().to_string(), "app.workshop.kratix.io/a/todo");
        assert_eq!((dead.deleted, dead.function), (true, Some(Function::Apps)));
        assert_eq!(dead.reason, "503 from http://apps/");
    }

    #[test]
    fn one_that_does_not_decode_is_kept_without_an_object() {
        let event = EventBuilderV10::new().id("1").source("/test").ty("dev.knative.apiserver.resource.add");
        let dead = decode(event.extension(CODE, "422").data("application/json", json!({"x": 1})).build().unwrap());
        assert_eq!((dead.object, dead.reason.as_str()), (None, "422 from unknown"));
    }

    #[test]
    fn a_change_that_nobody_answered_in_time_is_one_without_a_mark() {
        let app = json!({"apiVersion": "workshop.kratix.io/v1", "kind": "App", "metadata": {"name": "todo", "namespace": "a"}});
        let event = EventBuilderV10::new().id("1").source("/test").ty("dev.knative.apiserver.resource.delete");
        let mut event = event.data("application/json", app).build().unwrap();
        let dead = DeadLetter::from(arrival::decode(&mut event).unwrap().unwrap());
        assert_eq!(dead.object.unwrap().to_string(), "app.workshop.kratix.io/a/todo");
        assert_eq!((dead.deleted, dead.reason.as_str()), (true, "no answer in time"));
    }
}
