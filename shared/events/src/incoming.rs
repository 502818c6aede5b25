//! Decoding at the border: what an event asks of Callboard.

use crate::{
    Approval, Arrival, DeadLetter, Function, Nack, News, ResyncRequest, arrival, dead_letter, news, parts::extension,
    resync,
};
use cloudevents::{AttributesReader, Data, Event};

/// An event that Callboard takes, decoded.
#[derive(Debug, Clone, PartialEq)]
pub enum Incoming {
    /// An object changed.
    Change(Arrival),
    /// Cluster and bucket are to be compared.
    Resync(ResyncRequest),
    /// What was held may go.
    Approval(Approval),
    /// The bucket changed, as an event of Callboard reports.
    News(News),
    /// Another event, which the Broker could not deliver.
    DeadLetter(DeadLetter),
}

/// Decodes an event; `None` if its type is of no concern to Callboard.
///
/// # Errors
/// [`Nack::Reject`] if the type is ours and its content is not.
pub fn decode(mut event: Event) -> Result<Option<Incoming>, Nack> {
    if dead_letter::is_one(&event) {
        return Ok(Some(Incoming::DeadLetter(dead_letter::decode(event))));
    }
    Ok(match event.ty() {
        resync::REQUESTED | resync::PING => resync::request(&mut event)?.map(Incoming::Resync),
        resync::APPROVED => Some(Incoming::Approval(resync::approval(&mut event)?)),
        ty if news::is_news(ty) => Some(Incoming::News(news::decode(&mut event)?)),
        _ => arrival::decode(&mut event)?.map(Incoming::Change),
    })
}

/// The types of the events that Callboard consumes.
pub fn consumed() -> impl Iterator<Item = &'static str> {
    CONSUMED.into_iter().chain(news::types())
}

/// Those of Knative and Callboard's commands; what functions report comes from their table.
const CONSUMED: [&str; 9] = [
    "dev.knative.apiserver.resource.add",
    "dev.knative.apiserver.resource.update",
    "dev.knative.apiserver.resource.delete",
    "dev.knative.apiserver.ref.add",
    "dev.knative.apiserver.ref.update",
    "dev.knative.apiserver.ref.delete",
    resync::PING,
    resync::REQUESTED,
    resync::APPROVED,
];

/// The event's type if it is one that Callboard consumes or emits, otherwise `other`: strangers make no time series.
pub fn known_type(ty: &str) -> &'static str {
    let emitted = Function::ALL.map(Function::reply_type);
    consumed().chain(emitted).find(|known| *known == ty).unwrap_or("other")
}

/// The W3C traceparent which the event or, in Kratix's words, its object continues.
///
/// The data is looked into only if it is already JSON ([`Data::Json`]); `runtime` makes it so.
pub fn trace_parent(event: &Event) -> Option<String> {
    let annotation = || match event.data() {
        Some(Data::Json(object)) => {
            Some(object.pointer("/metadata/annotations/kratix.io~1trace-parent")?.as_str()?.to_owned())
        }
        _ => None,
    };
    extension(event, "traceparent").or_else(annotation)
}

#[cfg(test)]
mod tests {
    use super::*;
    use cloudevents::{EventBuilder, EventBuilderV10};
    use serde_json::{Value, json};

    fn event(ty: &str, data: Value) -> EventBuilderV10 {
        EventBuilderV10::new().id("1").source("/test").ty(ty).data("application/json", data)
    }

    #[test]
    fn the_trace_is_continued_from_the_extension_and_otherwise_from_kratix() {
        let app = json!({"metadata": {"annotations": {"kratix.io/trace-parent": "00-kratix"}}});
        let builder = event("dev.knative.apiserver.resource.add", app);
        assert_eq!(trace_parent(&builder.clone().build().unwrap()).as_deref(), Some("00-kratix"));
        assert_eq!(
            trace_parent(&builder.extension("traceparent", "00-ours").build().unwrap()).as_deref(),
            Some("00-ours")
        );
    }

    #[test]
    fn what_the_broker_could_not_deliver_is_not_taken_for_news() {
        let app = json!({"apiVersion": "workshop.kratix.io/v1", "kind": "App", "metadata": {"name": "todo"}});
        let dead = event("dev.knative.apiserver.resource.add", app).extension("knativeerrordest", "http://apps/");
        assert!(matches!(decode(dead.build().unwrap()), Ok(Some(Incoming::DeadLetter(_)))));
    }

    #[test]
    fn every_type_that_is_consumed_is_known() {
        for ty in consumed() {
            assert_eq!(known_type(ty), ty);
        }
        assert_eq!(known_type("dev.callboard.catalog.resynced"), "dev.callboard.catalog.resynced");
        assert_eq!(known_type("boson.fn"), "other");
    }
}
