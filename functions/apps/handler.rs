//! A resource request changed: its Component.

use crate::context::Context;
use bucket::Store;
use events::{Arrival, Function, Nothing, Reply, Verdict};

/// Keeps the Component of one resource request. A Kratix ResourceBinding only names one.
///
/// # Errors
/// If the bucket cannot be brought in line.
pub async fn handle<S: Store>(cx: &Context<S>, arrival: Arrival) -> Verdict {
    let object = arrival.change.object();
    if (object.group(), object.kind()) == ("platform.kratix.io", "ResourceBinding") {
        return Ok(Reply::Nothing(Nothing::Unresolved));
    }
    cx.keep(Function::Apps, arrival, catalog::app::describe).await
}
