//! What the generation of an object says: whether its status is about the object as it is now.

use super::{condition::Condition, state::State};
use events::Object;
use serde_json::Value;

/// Without conditions only this is known: whether a controller has seen the object as it is. If nobody is known to
/// write a status, a missing one means nothing.
pub(super) fn by_generation(request: &Object, promise: Option<&str>) -> State {
    let seen = request.at("/status/observedGeneration").is_some();
    let awaited = promise.is_some() && request.at("/status").is_none();
    if awaited || seen && !is_observed(request) { State::Pending } else { State::Unknown }
}

/// What a true condition means: it may be about an older generation.
pub(super) fn reached(object: &Object, condition: &Condition) -> State {
    let number = |pointer| object.at(pointer).and_then(Value::as_u64);
    let observed = [number("/status/observedGeneration"), condition.observed];
    match number("/metadata/generation") {
        Some(is) if observed.into_iter().flatten().any(|seen| seen < is) => State::Pending,
        _ => State::Reconciled,
    }
}

pub(super) fn is_observed(object: &Object) -> bool {
    let number = |pointer| object.at(pointer).and_then(Value::as_u64);
    matches!((number("/metadata/generation"), number("/status/observedGeneration")), (Some(is), Some(seen)) if seen >= is)
}
