//! The state of a resource request and of a Promise.

use super::{
    condition::Condition,
    generation::{by_generation, reached},
    state::State,
    workflow::by_workflow,
};
use events::Object;

impl State {
    /// The state of a resource request. If its Promise is known, somebody is expected to write a status.
    pub(crate) fn of_request(request: &Object, promise: Option<&str>) -> Self {
        by_kratix(request)
            .or_else(|| by_ready(request))
            .or_else(|| by_workflow(request))
            .unwrap_or_else(|| by_generation(request, promise))
    }

    /// The state of a Promise.
    pub(crate) fn of_promise(promise: &Object) -> Self {
        by_kratix(promise).or_else(|| by_availability(promise)).unwrap_or(Self::Unknown)
    }
}

/// What Kratix says of its objects: the labels that stop it, otherwise (since 2025) the condition `Reconciled`, whose
/// message is one of a few words.
fn by_kratix(object: &Object) -> Option<State> {
    let reconciled = Condition::find(object, "Reconciled");
    let word = reconciled.as_ref().map(|condition| condition.message).unwrap_or_default();
    let marked = |label: &str| object.label(label) == Some("true");
    if object.is_deleting() {
        return Some(State::Deleting);
    }
    if marked("kratix.io/paused") || word == "Paused" {
        return Some(State::Paused);
    }
    if marked("kratix.io/workflow-suspended") || word == "Suspended" {
        return Some(State::Suspended);
    }
    let reconciled = reconciled?;
    match (reconciled.status, word) {
        ("True", _) => Some(reached(object, &reconciled)),
        (_, "Failing") => Some(State::Failing),
        (_, "Pending") => Some(State::Pending),
        _ => None,
    }
}

/// The condition `Ready` of other controllers than Kratix.
fn by_ready(request: &Object) -> Option<State> {
    let ready = Condition::find(request, "Ready")?;
    match ready.status {
        "True" => Some(reached(request, &ready)),
        "False" => Some(State::Pending),
        _ => None,
    }
}

/// A Promise's condition `Available`, otherwise its `status.status`.
fn by_availability(promise: &Object) -> Option<State> {
    let available = match Condition::find(promise, "Available").map(|condition| condition.status) {
        Some(status) => status == "True",
        None => promise.text("/status/status")? == "Available",
    };
    let failed = || by_workflow(promise) == Some(State::Failing);
    Some(if available {
        State::Reconciled
    } else if failed() {
        State::Failing
    } else {
        State::Pending
    })
}
