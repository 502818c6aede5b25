//! A Promise changed: its Component, API and Template.

use crate::context::Context;
use bucket::Store;
use events::{Arrival, Function, Verdict};

/// Keeps the entities of one Promise.
///
/// # Errors
/// If the bucket cannot be brought in line, or the cluster does not answer.
pub async fn handle<S: Store>(cx: &Context<S>, arrival: Arrival) -> Verdict {
    match cx.now(arrival.change, arrival.time).await {
        Ok(now) => cx.keep(Function::Promises, arrival.cause, now).await,
        Err(end) => end,
    }
}
