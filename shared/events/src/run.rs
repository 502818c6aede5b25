//! What all events of a resync have in common, and the event that asks for its next slice.

use crate::{
    Cause, Function, REQUESTED, ResyncRequest,
    emitted::{self, Cut, Shape},
};
use cloudevents::Event;
use serde::Serialize;

/// The event with which a run asks for its next slice, because of this one.
///
/// # Errors
/// If an attribute cannot stand in an event.
pub fn resume(next: &ResyncRequest, cluster: &str, root: &str) -> Result<Event, String> {
    let id = id(&next.cause, REQUESTED, &(root, &next.cursor));
    emitted::event(shape(REQUESTED, id, cluster, root), Whole(next.data()))
}

/// A request that is delivered again may find another state. It is then reported in another event.
pub(crate) fn id(cause: &Cause, ty: &str, content: &impl Serialize) -> String {
    let content = serde_json::to_string(content).unwrap_or_default();
    cause.reply_id(&format!("{ty} {content}"))
}

pub(crate) fn shape<'a>(ty: &'static str, id: String, cluster: &str, root: &'a str) -> Shape<'a> {
    Shape { function: Function::Resync, ty, id, subject: cluster.to_owned(), key: root }
}

/// Data that is small and cannot be cut.
#[derive(Serialize)]
#[serde(transparent)]
struct Whole(serde_json::Value);

impl Cut for Whole {
    fn cut(&mut self) -> bool {
        false
    }
}
