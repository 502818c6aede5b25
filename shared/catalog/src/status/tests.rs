use super::{condition::conditions, state::State};
use events::Object;
use serde_json::{Value, json};

fn object(metadata: &Value, status: &Value) -> Object {
    let mut object = json!({"apiVersion": "example.org/v1", "kind": "App", "metadata": {"name": "x", "generation": 2}});
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
    let entry = |subresource: &str, time: &str| json!({"manager": "kratix", "subresource": subresource, "time": time});
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
fn a_run_that_begins_again_is_not_a_failure() {
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
fn the_reasons_of_newer_releases_distinguish_work_from_failure() {
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
fn the_message_of_reconciled_is_the_state() {
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
        (json!({"deletionTimestamp": "2026-11-21T12:00:00Z", "labels": {"kratix.io/paused": "true"}}), State::Deleting),
        (json!({"labels": {"kratix.io/paused": "true", "kratix.io/workflow-suspended": "true"}}), State::Paused),
        (json!({"labels": {"kratix.io/workflow-suspended": "true"}}), State::Suspended),
        (json!({"labels": {"kratix.io/paused": "false"}}), State::Reconciled),
    ] {
        assert_eq!(of_request(&metadata, &reconciled), state, "{metadata}");
    }
}

#[test]
fn without_known_conditions_the_generation_says_a_little() {
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
