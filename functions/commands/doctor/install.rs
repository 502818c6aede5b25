//! What of an install is in the cluster: its objects, as far as they can be listed.

use super::finding::{Area, Finding};
use crate::resync::kinds;
use cluster::{Cluster, Error};
use events::{Function, Object};
use serde_json::Value;

/// The line that brings back what an overlay makes.
pub(super) const REAPPLY: &str = "kubectl apply -k .   # in the folder of your overlay";

/// The namespace of an install and its Broker.
#[derive(Debug)]
pub struct Install {
    /// The namespace.
    pub namespace: String,
    /// The Broker.
    pub broker: String,
}

/// A Knative Service that runs functions.
#[derive(Debug)]
pub(super) struct Service {
    pub(super) object: Object,
    /// The value of `FUNCTION`.
    function: String,
    /// Its ServiceAccount.
    pub(super) account: String,
}

impl Install {
    /// A command of kubectl in its namespace.
    pub(super) fn kubectl(&self, command: &str) -> String {
        format!("kubectl -n {} {command}", self.namespace)
    }

    /// The line that prints and applies what the kinds of the installed Promises need.
    pub(super) fn sources(&self) -> String {
        let argument = |name: &str, value: &str| {
            if value == "callboard" { String::new() } else { format!(" --{name} {value}") }
        };
        let arguments = argument("install", &self.namespace) + &argument("broker", &self.broker);
        format!("callboard sources{arguments} | kubectl apply -f -")
    }
}

impl Service {
    fn of(object: Object) -> Option<Self> {
        let template = "/spec/template/spec";
        let containers = object.at(&format!("{template}/containers"))?.as_array()?;
        let variables = containers.iter().filter_map(|it| it["env"].as_array()).flatten();
        let function = variables.filter(|it| it["name"] == "FUNCTION").find_map(|it| it["value"].as_str())?.to_owned();
        let account = object.text(&format!("{template}/serviceAccountName")).unwrap_or("default").to_owned();
        Some(Self { object, function, account })
    }

    pub(super) fn name(&self) -> &str {
        self.object.reference().name()
    }

    pub(super) fn serves(&self, function: Function) -> bool {
        self.function == "all" || self.function == function.as_str()
    }
}

/// The objects of a kind in our namespace, else what that means.
pub(super) async fn list(cluster: &Cluster, group: &str, kind: &str) -> Result<Vec<Object>, Box<Finding>> {
    let subject = format!("{kind}s");
    let failed = |error: Error| Box::new(Area::Eventing.unknown(&subject, error.to_string()));
    let Some(found) = cluster.kind(group, kind).await.map_err(failed)? else {
        return Err(Box::new(absent(&subject, group)));
    };
    let all = kinds::each(cluster, &found, Some(cluster.namespace()), |object| Some(object.clone()));
    all.await.map_err(failed)
}

/// The Services that run functions.
pub(super) async fn services(cluster: &Cluster) -> Result<Vec<Service>, Box<Finding>> {
    let services = list(cluster, "serving.knative.dev", "Service").await?;
    Ok(services.into_iter().filter_map(Service::of).collect())
}

fn absent(subject: &str, group: &str) -> Finding {
    let (which, files) = match group {
        "serving.knative.dev" => ("serving", ["serving-crds", "serving-core"]),
        _ => ("eventing", ["eventing-crds", "eventing-core"]),
    };
    let url = format!("https://github.com/knative/{which}/releases/latest/download");
    let [definitions, core] = files.map(|file| format!("-f {url}/{file}.yaml"));
    let why = format!("the API server serves no such kind: Knative {which} is not installed");
    Area::Eventing.wrong(subject, why, format!("kubectl apply {definitions} {core}"))
}

/// A condition that is not as it should be.
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
        let why = "it has no state yet: is Knative's controller running?".to_owned();
        return Some(Lack { condition: "Ready".into(), why });
    };
    let text = |condition: &Value, field: &str| condition[field].as_str().unwrap_or_default().to_owned();
    let is_ready = conditions.iter().any(|it| it["type"] == "Ready" && it["status"] == "True");
    // What is false says more than what waits for it, and both say more than Ready.
    let mut lacks: Vec<_> = conditions.iter().filter(|it| it["status"] != "True").collect();
    lacks.sort_by_key(|it| (it["type"] == "Ready", it["status"] != "False", it["severity"] == "Info"));
    let worst = lacks.first().filter(|_| !is_ready);
    let none = || Lack { condition: "Ready".into(), why: "it has no condition Ready".into() };
    let told = |it: &&Value| {
        let (condition, reason, message) = (text(it, "type"), text(it, "reason"), text(it, "message"));
        let why = [condition.as_str(), &reason, &message].into_iter().filter(|it| !it.is_empty());
        Lack { why: why.collect::<Vec<_>>().join(": "), condition }
    };
    (!is_ready).then(|| worst.map_or_else(none, told))
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
