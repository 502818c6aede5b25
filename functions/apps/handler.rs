//! A resource request changed: its Component.

mod shadow;

use crate::{context::Context, now::nothing};
use bucket::Store;
use events::{Arrival, Function, Nothing, Verdict};
use shadow::Shadow;

/// Keeps the Component of one resource request, also where a Kratix ResourceBinding or Work changed that names one.
///
/// # Errors
/// If the bucket cannot be brought in line, or the cluster does not answer.
pub async fn handle<S: Store>(cx: &Context<S>, arrival: Arrival) -> Verdict {
    let Arrival { cause, change, time, .. } = arrival;
    let now = match Shadow::of(change.object()) {
        Some(shadow) => shadow.request(cx, change).await,
        None => cx.now(change, time).await,
    };
    match now {
        Ok(now) if !cx.keeps(now.object().namespace()) => nothing(Nothing::NotOurs),
        Ok(now) => cx.keep(Function::Apps, cause, now).await,
        Err(end) => end,
    }
}
