//! A Promise changed: its Component, API and Template.

use crate::context::Context;
use bucket::Store;
use events::{Arrival, Function, Verdict};

/// Keeps the entities of one Promise.
///
/// # Errors
/// If the bucket cannot be brought in line.
pub async fn handle<S: Store>(cx: &Context<S>, arrival: Arrival) -> Verdict {
    cx.keep(Function::Promises, arrival, catalog::promise::describe).await
}
