//! Who may do what, as the API server judges it. Nothing is stored by asking.

use crate::{Cluster, Error, wire::Call};
use serde_json::{Value, json};

/// Something that one may do, or not.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Access {
    /// `get`, `list`, `watch`, ...
    pub verb: String,
    /// The API group; empty for the core group.
    pub group: String,
    /// The kind, as RBAC names it: its plural.
    pub resource: String,
    /// In which namespace; `None`: in all of them.
    pub namespace: Option<String>,
    /// Which object; `None`: any.
    pub name: Option<String>,
}

impl Cluster {
    /// Whether a ServiceAccount of Callboard's own namespace may do this (SubjectAccessReview).
    ///
    /// # Errors
    /// [`Error::Forbidden`] if Callboard may not ask.
    pub async fn may(&self, account: &str, access: &Access) -> Result<bool, Error> {
        let what = format!("ask whether {account} may {} {}", access.verb, access.resource);
        let review = review(self.namespace(), account, access);
        let call = Call::review("/apis/authorization.k8s.io/v1/subjectaccessreviews".to_owned(), &review);
        let answer = self.send(&call).await.map_err(|refusal| refusal.on(&what))?;
        let answer: Value = serde_json::from_slice(&answer).unwrap_or_default();
        let allowed = answer.pointer("/status/allowed").and_then(Value::as_bool);
        allowed.ok_or_else(|| Error::Failed { what, why: "the answer says neither yes nor no".into() })
    }
}

/// The question. A ServiceAccount is in three groups, by which rights may come, too.
fn review(namespace: &str, account: &str, access: &Access) -> Value {
    let Access { verb, group, resource, namespace: within, name } = access;
    json!({
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SubjectAccessReview",
        "spec": {
            "user": format!("system:serviceaccount:{namespace}:{account}"),
            "groups": ["system:serviceaccounts", format!("system:serviceaccounts:{namespace}"), "system:authenticated"],
            "resourceAttributes": {
                "verb": verb, "group": group, "resource": resource,
                "namespace": within.as_deref().unwrap_or_default(), "name": name.as_deref().unwrap_or_default(),
            },
        },
    })
}
