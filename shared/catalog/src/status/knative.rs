//! The state of an object of Knative.

use super::{condition::Condition, state::State};
use events::Object;

impl State {
    /// The state of an object of Knative: its condition `Ready`. For what runs to an end, its condition `Succeeded`.
    pub(crate) fn of_knative(object: &Object) -> Self {
        let ready = || Condition::find(object, "Ready").or_else(|| Condition::find(object, "Succeeded"));
        match ready().map(|ready| ready.status) {
            _ if object.is_deleting() => Self::Deleting,
            Some("True") => Self::Reconciled,
            Some("False") => Self::Failing,
            Some(_) => Self::Pending,
            None => Self::Unknown,
        }
    }
}
