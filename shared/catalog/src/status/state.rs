//! The true state of an object, without clocks.

use chrono::DateTime;
use events::Object;
use serde::Serialize;
use serde_json::Value;
use std::{collections::BTreeSet, ops::RangeInclusive};

/// Where an object stands on its way; the value of the label `callboard.dev/state`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    /// What was asked for is there.
    Reconciled,
    /// Work is under way, or has not begun.
    Pending,
    /// Work ended without what was asked for.
    Failing,
    /// A person paused it.
    Paused,
    /// A workflow suspended itself.
    Suspended,
    /// It is on its way out.
    Deleting,
    /// Nothing tells.
    Unknown,
}

impl State {
    /// The label's value.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Reconciled => "reconciled",
            Self::Pending => "pending",
            Self::Failing => "failing",
            Self::Paused => "paused",
            Self::Suspended => "suspended",
            Self::Deleting => "deleting",
            Self::Unknown => "unknown",
        }
    }

    /// The state of a resource request, and of what its Promise, where it is known, is expected to do.
    pub(crate) fn of_request(request: &Object, promise: Option<&str>) -> Self {
        by_kratix(request)
            .or_else(|| by_ready(request))
            .or_else(|| by_workflow(request))
            .unwrap_or_else(|| by_generation(request, promise))
    }

    /// The state of an object of Knative, by its condition `Ready` or, where it runs to an end, `Succeeded`.
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

    /// The state of a Promise.
    pub(crate) fn of_promise(promise: &Object) -> Self {
        by_kratix(promise).or_else(|| by_availability(promise)).unwrap_or(Self::Unknown)
    }
}

/// The object's conditions as JSON, sorted, each `{type, status, reason}`; `None` if it has none.
///
/// Messages and times are left out: they change without meaning.
pub(crate) fn conditions(object: &Object) -> Option<String> {
    let conditions: BTreeSet<_> =
        object.at("/status/conditions")?.as_array()?.iter().filter_map(Condition::of).collect();
    if conditions.is_empty() { None } else { serde_json::to_string(&conditions).ok() }
}

/// The conditions as the plugin of Syntasso's SKE reads them: an object with `conditions` if there are any.
pub(crate) fn status(object: &Object) -> String {
    conditions(object).map_or_else(|| "{}".into(), |conditions| format!(r#"{{"conditions":{conditions}}}"#))
}

#[derive(PartialEq, Eq, PartialOrd, Ord, Serialize)]
struct Condition<'a> {
    #[serde(rename = "type")]
    ty: &'a str,
    status: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    reason: &'a str,
    #[serde(skip)]
    message: &'a str,
    #[serde(skip)]
    since: &'a str,
    #[serde(skip)]
    observed: Option<u64>,
}

impl<'a> Condition<'a> {
    fn of(value: &'a Value) -> Option<Self> {
        let text = |field: &str| value.get(field).and_then(Value::as_str);
        let optional = |field| text(field).unwrap_or_default();
        let (reason, message, since) = (optional("reason"), optional("message"), optional("lastTransitionTime"));
        let observed = value.get("observedGeneration").and_then(Value::as_u64);
        Some(Self { ty: text("type")?, status: text("status")?, reason, message, since, observed })
    }

    fn find(object: &'a Object, ty: &str) -> Option<Self> {
        object.at("/status/conditions")?.as_array()?.iter().filter_map(Self::of).find(|condition| condition.ty == ty)
    }
}

/// What Kratix says of any object of its: the labels that stop it, else (since 2025) the condition `Reconciled`, whose
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

/// What a condition means that is true: it may be so of an older generation.
fn reached(object: &Object, condition: &Condition) -> State {
    let number = |pointer| object.at(pointer).and_then(Value::as_u64);
    let observed = [number("/status/observedGeneration"), condition.observed];
    match number("/metadata/generation") {
        Some(is) if observed.into_iter().flatten().any(|seen| seen < is) => State::Pending,
        _ => State::Reconciled,
    }
}

/// Kratix's workflow: `ConfigureWorkflowCompleted`, before 2025 `PipelineCompleted`.
fn by_workflow(object: &Object) -> Option<State> {
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
/// Newer releases have a reason for it. Before, a run that began again looks like one that failed for good, but for the
/// label that asked for it and for the time: at the start of a run the condition is the last thing written to the
/// status, at its end the observed generation is.
fn is_running(object: &Object, workflow: &Condition) -> bool {
    let entries = object.at("/metadata/managedFields").and_then(Value::as_array).into_iter().flatten();
    let of_status = entries.filter(|entry| entry.get("subresource").is_some_and(|subresource| subresource == "status"));
    let written = of_status.filter_map(|entry| seconds(entry.get("time")?.as_str()?)).max();
    workflow.reason.contains("InProgress")
        || object.label("kratix.io/manual-reconciliation").is_some()
        || matches!((written, seconds(workflow.since)), (Some(written), Some(since)) if SAME_WRITE.contains(&(written - since)))
}

/// How many seconds after a condition's change the status is stamped that was written with it: each clock reading is cut
/// to a second, and the write takes its time.
const SAME_WRITE: RangeInclusive<i64> = 0..=2;

fn seconds(rfc3339: &str) -> Option<i64> {
    DateTime::parse_from_rfc3339(rfc3339).ok().map(|moment| moment.timestamp())
}

/// A Promise's condition `Available`, else its `status.status`.
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

/// All there is to go by without conditions: whether a controller has seen the object as it is. Where nobody is known to
/// write a status, none means nothing.
fn by_generation(request: &Object, promise: Option<&str>) -> State {
    let seen = request.at("/status/observedGeneration").is_some();
    let awaited = promise.is_some() && request.at("/status").is_none();
    if awaited || seen && !is_observed(request) { State::Pending } else { State::Unknown }
}

fn is_observed(object: &Object) -> bool {
    let number = |pointer| object.at(pointer).and_then(Value::as_u64);
    matches!((number("/metadata/generation"), number("/status/observedGeneration")), (Some(is), Some(seen)) if seen >= is)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn object(metadata: &Value, status: &Value) -> Object {
        let mut object =
            json!({"apiVersion": "example.org/v1", "kind": "App", "metadata": {"name": "x", "generation": 2}});
        object["metadata"].as_object_mut().unwrap().extend(metadata.as_object().unwrap().clone());
        if !status.is_null() {
            object["status"] = status.clone();
        }
        Object::try_from(object).unwrap()
    }

    fn of_request(metadata: &Value, status: &Value) -> State {
        State::of_request(&object(metadata, status), Some("app"))
    }

    fn pipeline(status: &str, observed: u64) -> Value {
        json!({"observedGeneration": observed, "conditions": [
            {"type": "PipelineCompleted", "status": status, "reason": "x", "lastTransitionTime": "2026-11-21T12:00:00Z"}]})
    }

    fn written_at(time: &str) -> Value {
        let entry =
            |subresource: &str, time: &str| json!({"manager": "kratix", "subresource": subresource, "time": time});
        json!({"managedFields": [entry("status", time), entry("", "2026-11-21T13:00:00Z"), entry("status", "2026-11-21T11:00:00Z")]})
    }

    #[test]
    fn a_request_of_kratix_0_125_goes_from_pending_to_reconciled() {
        assert_eq!(of_request(&json!({}), &json!(null)), State::Pending);
        assert_eq!(of_request(&json!({}), &pipeline("False", 1)), State::Pending);
        assert_eq!(of_request(&json!({}), &pipeline("True", 1)), State::Pending);
        assert_eq!(of_request(&json!({}), &pipeline("True", 2)), State::Reconciled);
    }

    #[test]
    fn without_a_promise_nobody_has_to_write_a_status() {
        assert_eq!(State::of_request(&object(&json!({}), &json!(null)), None), State::Unknown);
    }

    #[test]
    fn a_run_that_begins_again_is_no_failure() {
        let labelled = json!({"labels": {"kratix.io/manual-reconciliation": "true"}});
        assert_eq!(of_request(&labelled, &pipeline("False", 2)), State::Pending);
        assert_eq!(of_request(&written_at("2026-11-21T12:00:00Z"), &pipeline("False", 2)), State::Pending);
        assert_eq!(of_request(&written_at("2026-11-21T12:00:01Z"), &pipeline("False", 2)), State::Pending);
        assert_eq!(of_request(&written_at("2026-11-21T12:00:02Z"), &pipeline("False", 2)), State::Pending);
        assert_eq!(of_request(&written_at("2026-11-21T12:00:03Z"), &pipeline("False", 2)), State::Failing);
        assert_eq!(of_request(&written_at("2026-11-21T12:00:41Z"), &pipeline("False", 2)), State::Failing);
        assert_eq!(of_request(&json!({}), &pipeline("False", 2)), State::Failing);
    }

    #[test]
    fn the_reasons_of_newer_releases_tell_work_from_failure() {
        for (reason, state) in [("PipelinesInProgress", State::Pending), ("ConfigureWorkflowFailed", State::Failing)] {
            let conditions = json!([{"type": "ConfigureWorkflowCompleted", "status": "False", "reason": reason}]);
            assert_eq!(
                of_request(&json!({}), &json!({"observedGeneration": 2, "conditions": conditions})),
                state,
                "{reason}"
            );
        }
    }

    #[test]
    fn the_word_of_reconciled_is_the_state() {
        for (status, word, state) in [
            ("True", "Reconciled", State::Reconciled),
            ("False", "Failing", State::Failing),
            ("Unknown", "Pending", State::Pending),
            ("Unknown", "Paused", State::Paused),
            ("Unknown", "Suspended", State::Suspended),
            ("False", "?", State::Unknown),
        ] {
            let status = json!({"conditions": [{"type": "Reconciled", "status": status, "message": word}]});
            assert_eq!(of_request(&json!({}), &status), state, "{word}");
            assert_eq!(State::of_promise(&object(&json!({}), &status)), state, "{word}");
        }
    }

    #[test]
    fn what_people_did_comes_before_what_controllers_say() {
        let reconciled = json!({"conditions": [{"type": "Reconciled", "status": "True", "message": "Reconciled"}]});
        for (metadata, state) in [
            (
                json!({"deletionTimestamp": "2026-11-21T12:00:00Z", "labels": {"kratix.io/paused": "true"}}),
                State::Deleting,
            ),
            (json!({"labels": {"kratix.io/paused": "true", "kratix.io/workflow-suspended": "true"}}), State::Paused),
            (json!({"labels": {"kratix.io/workflow-suspended": "true"}}), State::Suspended),
            (json!({"labels": {"kratix.io/paused": "false"}}), State::Reconciled),
        ] {
            assert_eq!(of_request(&metadata, &reconciled), state, "{metadata}");
        }
    }

    #[test]
    fn without_known_conditions_the_generation_tells_a_little() {
        for (status, state) in [
            (json!({"observedGeneration": 1}), State::Pending),
            (json!({"observedGeneration": 2}), State::Unknown),
            (json!({"phase": "fine"}), State::Unknown),
            (json!({"conditions": [{"type": "Ready", "status": "True"}]}), State::Reconciled),
            (json!({"conditions": [{"type": "Ready", "status": "False"}]}), State::Pending),
        ] {
            assert_eq!(of_request(&json!({}), &status), state, "{status}");
        }
    }

    #[test]
    fn what_was_true_of_an_older_generation_is_pending() {
        for ty in ["Reconciled", "Ready"] {
            let condition = |observed: Value| json!([{"type": ty, "status": "True", "observedGeneration": observed}]);
            for (status, state) in [
                (json!({"observedGeneration": 1, "conditions": condition(Value::Null)}), State::Pending),
                (json!({"observedGeneration": 2, "conditions": condition(Value::Null)}), State::Reconciled),
                (json!({"conditions": condition(Value::Null)}), State::Reconciled),
                (json!({"conditions": condition(json!(1))}), State::Pending),
                (json!({"conditions": condition(json!(2))}), State::Reconciled),
            ] {
                assert_eq!(of_request(&json!({}), &status), state, "{status}");
            }
        }
    }

    #[test]
    fn a_promise_is_as_available_as_it_says() {
        let failed =
            json!([{"type": "ConfigureWorkflowCompleted", "status": "False", "reason": "ConfigureWorkflowFailed"}]);
        for (status, state) in [
            (json!(null), State::Unknown),
            (json!({"version": "v1"}), State::Unknown),
            (json!({"status": "Unavailable"}), State::Pending),
            (json!({"status": "Unavailable", "conditions": failed}), State::Failing),
            (json!({"status": "Available", "conditions": failed}), State::Reconciled),
            (json!({"status": "Available", "conditions": [{"type": "Available", "status": "False"}]}), State::Pending),
        ] {
            assert_eq!(State::of_promise(&object(&json!({}), &status)), state, "{status}");
        }
    }

    #[test]
    fn conditions_are_sorted_and_carry_no_time_and_no_message() {
        let status = json!({"conditions": [
            {"type": "Ready", "status": "True", "reason": "Up", "message": "since 12:00", "lastTransitionTime": "2026-11-21T12:00:00Z"},
            {"type": "Available", "status": "False", "lastTransitionTime": "2026-11-21T12:00:00Z"}, {"type": 5}]});
        let expected = r#"[{"type":"Available","status":"False"},{"type":"Ready","status":"True","reason":"Up"}]"#;
        assert_eq!(conditions(&object(&json!({}), &status)).as_deref(), Some(expected));
        assert_eq!(conditions(&object(&json!({}), &json!({"conditions": []}))), None);
    }
}
