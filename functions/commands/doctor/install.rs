//! What of an install is in the cluster: its objects, as far as they can be listed.

use super::{
    finding::{Area, Finding},
    line::shell,
    variables,
};
use crate::{commands::sources::Broker, kinds};
use cluster::{Cluster, Error};
use events::{Function, Object};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// What installs Knative.
const INSTALL: &str =
    concat!("open ", env!("CARGO_PKG_REPOSITORY"), "/blob/main/docs/how-to/install.md   # Knative comes first");

/// The namespace of an install, its Broker, and how a command line names them.
#[derive(Debug, Clone)]
pub struct Install {
    /// The namespace.
    pub namespace: String,
    /// The Broker.
    pub broker: Broker,
    /// The chosen namespaces; none: all.
    pub namespaces: Vec<String>,
    /// Which cluster, as arguments of kubectl: `--context it`; may be empty.
    pub cluster: String,
    /// The ServiceAccounts that read requests; none: those of deploy/.
    pub(super) accounts: BTreeSet<String>,
}

/// A Knative Service that runs functions.
#[derive(Debug)]
pub(super) struct Service {
    pub(super) object: Object,
    /// The value of `FUNCTION`.
    function: String,
    /// Its ServiceAccount.
    pub(super) account: String,
    /// Its variables that are no secrets, or why they cannot be read.
    pub(super) variables: Result<BTreeMap<String, String>, Finding>,
}

impl Install {
    /// That of a namespace with this Broker, in the cluster that kubectl takes by itself.
    pub fn new(namespace: &str, broker: Broker) -> Self {
        let (namespaces, cluster, accounts) = (Vec::new(), String::new(), BTreeSet::new());
        Self { namespace: namespace.to_owned(), broker, namespaces, cluster, accounts }
    }

    /// kubectl for its cluster.
    pub(super) fn kubectl(&self) -> String {
        format!("kubectl{}", argument("", &self.cluster))
    }

    /// A command of kubectl in its namespace.
    pub(super) fn within(&self, command: &str) -> String {
        self.within_of(&self.namespace, command)
    }

    /// The same in another namespace.
    pub(super) fn within_of(&self, namespace: &str, command: &str) -> String {
        format!("{} -n {} {command}", self.kubectl(), shell(namespace))
    }

    /// The line that brings back what an overlay makes.
    pub(super) fn reapply(&self) -> String {
        format!("{} apply -k .   # in the folder of your overlay", self.kubectl())
    }

    /// The line that prints and applies what the kinds of the installed Promises need.
    pub(super) fn sources(&self) -> String {
        let unless = |usual: &str, name: &str, value: &str| {
            if value == usual { String::new() } else { argument(&format!(" --{name}"), &shell(value)) }
        };
        let mut arguments = argument("", &self.cluster);
        arguments += &unless("callboard", "install", &self.namespace);
        arguments += &unless("callboard", "broker", &self.broker.to_string());
        if !self.namespaces.is_empty() {
            let accounts: Vec<_> = self.accounts.iter().map(String::as_str).collect();
            arguments += &unless("", "namespaces", &self.namespaces.join(","));
            arguments += &unless("callboard-apps,callboard-resync", "functions", &accounts.join(","));
        }
        format!("callboard sources{arguments} | {} apply -f -", self.kubectl())
    }

    /// Where its Broker is.
    pub(super) fn of_broker(&self) -> &str {
        self.broker.namespace.as_deref().unwrap_or(&self.namespace)
    }
}

/// The argument after a blank; nothing where it is empty.
fn argument(name: &str, value: &str) -> String {
    if value.is_empty() { String::new() } else { format!("{name} {value}") }
}

/// The line for a variable of the install.
pub(super) fn literal(name: &str, value: &str) -> String {
    format!("{name}={value}   # literal of the configMapGenerator callboard in your overlay")
}

impl Service {
    fn of(object: Object) -> Option<Self> {
        let function = container(&object)?.get("env")?.as_array()?.iter().find(|it| it["name"] == "FUNCTION")?;
        let function = function["value"].as_str()?.to_owned();
        let account = object.text(&format!("{TEMPLATE}/serviceAccountName")).unwrap_or("default").to_owned();
        Some(Self { object, function, account, variables: Ok(BTreeMap::new()) })
    }

    pub(super) fn name(&self) -> &str {
        self.object.reference().name()
    }

    /// All functions in one serve `refresh` where they are told of Backstage.
    pub(super) fn serves(&self, function: Function) -> bool {
        let is_told = |name| self.variables.as_ref().map_or(true, |all| all.get(name).is_some_and(|it| !it.is_empty()));
        match self.function.as_str() {
            "all" => function != Function::Refresh || is_told("CALLBOARD_BACKSTAGE_URL"),
            one => one == function.as_str(),
        }
    }

    pub(super) fn serves_all(&self) -> bool {
        self.function == "all"
    }
}

/// The pod's template of a Service.
pub(super) const TEMPLATE: &str = "/spec/template/spec";

/// The container that runs the function.
pub(super) fn container(service: &Object) -> Option<&Value> {
    service.at(&format!("{TEMPLATE}/containers/0"))
}

/// The objects of a kind in a namespace, else what that means.
pub(super) async fn list(
    cluster: &Cluster,
    namespace: &str,
    (group, kind): (&str, &str),
) -> Result<Vec<Object>, Box<Finding>> {
    let subject = format!("{kind}s");
    let failed = |error: Error| Box::new(Area::Eventing.unknown(&subject, error.to_string()));
    let Some(found) = cluster.kind(group, kind).await.map_err(failed)? else {
        let part = if group == "serving.knative.dev" { "serving" } else { "eventing" };
        let why = format!("the API server serves no such kind: Knative {part} is not installed");
        return Err(Box::new(Area::Eventing.wrong(subject, why, INSTALL)));
    };
    let all = kinds::each(cluster, &found, Some(namespace), |object| Some(object.clone()));
    all.await.map_err(failed)
}

/// The Services that run functions, with their variables.
pub(super) async fn services(cluster: &Cluster, install: &Install) -> Result<Vec<Service>, Box<Finding>> {
    let services = list(cluster, cluster.namespace(), ("serving.knative.dev", "Service")).await?;
    let mut services: Vec<_> = services.into_iter().filter_map(Service::of).collect();
    let mut read = BTreeMap::new();
    for service in &mut services {
        service.variables = variables::of(cluster, install, &service.object, &mut read).await;
    }
    Ok(services)
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
