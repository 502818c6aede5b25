//! What the workflow of Kratix says.

use super::{condition::Condition, generation::is_observed, state::State};
use chrono::DateTime;
use events::Object;
use serde_json::Value;
use std::ops::RangeInclusive;

/// Kratix's workflow: `ConfigureWorkflowCompleted`, before 2025 `PipelineCompleted`.
pub(super) fn by_workflow(object: &Object) -> Option<State> {
    let workflow = Condition::find(object, "ConfigureWorkflowCompleted")
        .or_else(|| Condition::find(object, "PipelineCompleted"))?;
    Some(match workflow.status {
        "False" if workflow.reason.contains("Failed") => State::Failing,
        _ if !is_observed(object) => State::Pending,
        "True" => State::Reconciled,
        "False" if !is_running(object, &workflow) => State::Failing,
        _ => State::Pending,
    })
}

/// Whether a workflow that has not completed is at work rather than at its end.
///
/// Newer releases have a reason for it. In older ones a run that began again looks like one that failed for good. Two
/// things differ: the label that asked for the run, and the time. At the start of a run the condition is the last thing
/// written to the status, at its end the observed generation is.
fn is_running(object: &Object, workflow: &Condition) -> bool {
    let entries = object.at("/metadata/managedFields").and_then(Value::as_array).into_iter().flatten();
    let of_status = entries.filter(|entry| entry.get("subresource").is_some_and(|subresource| subresource == "status"));
    let written = of_status.filter_map(|entry| seconds(entry.get("time")?.as_str()?)).max();
    workflow.reason.contains("InProgress")
        || object.label("kratix.io/manual-reconciliation").is_some()
        || matches!((written, seconds(workflow.since)), (Some(written), Some(since)) if SAME_WRITE.contains(&(written - since)))
}

/// How many seconds after a condition's change the status that was written with it may be stamped. Each clock reading
/// is cut to a second, and the write takes its time.
const SAME_WRITE: RangeInclusive<i64> = 0..=2;

fn seconds(rfc3339: &str) -> Option<i64> {
    DateTime::parse_from_rfc3339(rfc3339).ok().map(|moment| moment.timestamp())
}
