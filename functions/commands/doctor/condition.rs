//! Why an object of Knative is not ready.

use events::Object;
use serde_json::Value;

/// A condition that is not met.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Lack {
    /// Which condition.
    pub(super) condition: String,
    /// Reason and message.
    pub(super) why: String,
}

/// Why an object is not ready; `None`: it is.
pub(super) fn lack(object: &Object) -> Option<Lack> {
    let conditions = object.at("/status/conditions").and_then(Value::as_array);
    let Some(conditions) = conditions else {
        let why = "it has no status yet. Is Knative's controller running?".to_owned();
        return Some(Lack { condition: "Ready".into(), why });
    };
    let text = |condition: &Value, field: &str| condition[field].as_str().unwrap_or_default().to_owned();
    let is_ready = conditions.iter().any(|it| it["type"] == "Ready" && it["status"] == "True");
    // A false condition says more than one that waits for it, and both say more than Ready.
    let mut lacks: Vec<_> = conditions.iter().filter(|it| it["status"] != "True").collect();
    lacks.sort_by_key(|it| (it["type"] == "Ready", it["status"] != "False", it["severity"] == "Info"));
    let worst = lacks.first().filter(|_| !is_ready);
    let none = || Lack { condition: "Ready".into(), why: "it has no condition Ready".into() };
    let lack = |it: &&Value| {
        let (condition, reason, message) = (text(it, "type"), text(it, "reason"), text(it, "message"));
        let why = [condition.as_str(), &reason, &message].into_iter().filter(|it| !it.is_empty());
        Lack { why: why.collect::<Vec<_>>().join(": "), condition }
    };
    (!is_ready).then(|| worst.map_or_else(none, lack))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn with(conditions: &Value) -> Object {
        let metadata = json!({"name": "mesh", "namespace": "callboard"});
        let status = json!({"conditions": conditions});
        let object =
            json!({"apiVersion": "eventing.knative.dev/v1", "kind": "Trigger", "metadata": metadata, "status": status});
        Object::try_from(object).unwrap()
    }

    #[test]
    fn the_condition_that_is_false_is_named_before_those_that_wait_for_it() {
        let object = with(&json!([
            {"type": "Ready", "status": "False", "reason": "Sum", "message": "of all"},
            {"type": "Addressable", "status": "Unknown"},
            {"type": "SubscriberResolved", "status": "False", "reason": "NotFound", "message": "no service mesh"},
        ]));
        let lack = lack(&object).unwrap();
        assert_eq!(
            (lack.condition.as_str(), lack.why.as_str()),
            ("SubscriberResolved", "SubscriberResolved: NotFound: no service mesh")
        );
    }

    #[test]
    fn what_is_ready_lacks_nothing_and_what_has_no_state_is_not() {
        assert_eq!(
            lack(&with(&json!([{"type": "Ready", "status": "True"}, {"type": "Other", "status": "False"}]))),
            None
        );
        assert!(lack(&with(&json!([]))).is_some() && lack(&with(&Value::Null)).is_some());
    }
}
