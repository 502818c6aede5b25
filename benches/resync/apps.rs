//! The cluster of a resync: a Promise, an ApiServerSource, and many Apps.

use crate::api_server::{ApiServer, Kind, captured};
use anyhow::Context as _;
use serde_json::{Value, json};
use std::sync::{PoisonError, RwLock};

/// How many Apps live in a namespace.
const OF_NAMESPACE: usize = 200;

const APP: &str = include_str!("../../tests/fixtures/captures/apiserversource/resource/19-kratix-app-update.http");
const PROMISE: &str =
    include_str!("../../tests/fixtures/captures/apiserversource/resource/22-kratix-promise-update.http");

/// Where the Apps are listed.
pub(crate) const APPS: &str = "/apis/workshop.kratix.io/v1/apps";

pub(crate) fn cluster(apps: usize) -> anyhow::Result<ApiServer> {
    let apps = (0..apps).map(|nth| app(nth, 0)).collect::<anyhow::Result<_>>()?;
    let kind = |api_version, kind, plural, objects| Kind { api_version, kind, plural, objects };
    ApiServer::start(vec![
        kind("platform.kratix.io/v1alpha1", "Promise", "promises", vec![captured(PROMISE)?.to_string()]),
        kind("sources.knative.dev/v1", "ApiServerSource", "apiserversources", vec![source()]),
        kind("apiextensions.k8s.io/v1", "CustomResourceDefinition", "customresourcedefinitions", Vec::new()),
        kind("workshop.kratix.io/v1", "App", "apps", apps),
    ])
}

impl ApiServer {
    /// The mean length of an App.
    pub(crate) fn app_bytes(&self) -> usize {
        let apps = self.apps().read().unwrap_or_else(PoisonError::into_inner);
        apps.iter().map(String::len).sum::<usize>() / apps.len().max(1)
    }

    /// Changes one of every hundred Apps; `round` tells the changes apart.
    pub(crate) fn change_one_percent(&self, round: usize) -> anyhow::Result<()> {
        let mut apps = self.apps().write().unwrap_or_else(PoisonError::into_inner);
        for nth in (0..apps.len()).step_by(100) {
            apps[nth] = app(nth, round)?;
        }
        Ok(())
    }

    fn apps(&self) -> &RwLock<Vec<String>> {
        &self.served.lists[APPS]
    }
}

fn source() -> String {
    json!({
        "metadata": {"name": "workshop-kratix-io", "namespace": "callboard", "uid": "source", "resourceVersion": "7"},
        "spec": {
            "mode": "Resource",
            "resources": [{"apiVersion": "workshop.kratix.io/v1", "kind": "App"}],
            "ceOverrides": {"extensions": {"callboard": "apps"}},
        },
    })
    .to_string()
}

/// The captured App under another name, in the order of a list, with what Kratix adds to one that is done.
fn app(nth: usize, round: usize) -> anyhow::Result<String> {
    let mut app = captured(APP)?;
    let (name, version) = (format!("todo-{nth:05}"), (100_000 + round * 100_000 + nth).to_string());
    let metadata = app["metadata"].as_object_mut().context("the captured App has no metadata")?;
    metadata.insert("name".into(), name.as_str().into());
    metadata.insert("namespace".into(), format!("team-{:03}", nth / OF_NAMESPACE).into());
    metadata.insert("uid".into(), format!("a654c14b-36c4-4188-8a80-{nth:012}").into());
    metadata.insert("resourceVersion".into(), version.into());
    metadata.insert("labels".into(), json!({"kratix.io/promise-name": "app"}));
    let finalizers = ["kratix.io/work-cleanup", "kratix.io/workflows-cleanup", "kratix.io/delete-workflows"];
    metadata.insert("finalizers".into(), json!(finalizers));
    let managed = metadata.get_mut("managedFields").and_then(Value::as_array_mut);
    managed.context("the captured App has no managedFields")?.push(managed_status());
    app["status"] = status(&name, round);
    Ok(app.to_string())
}

fn status(name: &str, round: usize) -> Value {
    let at = "2026-11-21T02:24:41Z";
    let condition = |ty: &str, reason: &str, message: &str| json!({"type": ty, "status": "True", "reason": reason, "message": message, "lastTransitionTime": at});
    json!({
        "conditions": [
            condition("WorksSucceeded", "WorksSucceeded", "All works associated with this resource are ready"),
            condition("Reconciled", "Reconciled", "Reconciled"),
            condition("ConfigureWorkflowCompleted", "PipelinesExecutedSuccessfully", "Pipelines executed successfully"),
        ],
        "endpoint": format!("http://{name}.apps.example:31337/{round}"),
        "kratix": {"workflows": {
            "lastSuccessfulConfigureWorkflowTime": at,
            "pipelines": [{"name": "mypipeline", "phase": "Succeeded", "lastTransitionTime": at}],
        }},
        "message": "deployed",
        "observedGeneration": 1,
        "promiseVersion": "v1.0.0",
        "workflows": 1, "workflowsSucceeded": 1, "workflowsFailed": 0,
    })
}

fn managed_status() -> Value {
    let condition =
        json!({".": {}, "f:lastTransitionTime": {}, "f:message": {}, "f:reason": {}, "f:status": {}, "f:type": {}});
    let of = |ty: &str| format!("k:{{\"type\":\"{ty}\"}}");
    json!({
        "apiVersion": "workshop.kratix.io/v1", "fieldsType": "FieldsV1", "manager": "manager", "operation": "Update",
        "subresource": "status", "time": "2026-11-21T02:24:41Z",
        "fieldsV1": {"f:status": {
            ".": {}, "f:endpoint": {}, "f:message": {}, "f:observedGeneration": {}, "f:promiseVersion": {}, "f:workflows": {},
            "f:workflowsFailed": {}, "f:workflowsSucceeded": {},
            "f:conditions": {
                ".": {}, of("WorksSucceeded"): condition, of("Reconciled"): condition,
                of("ConfigureWorkflowCompleted"): condition,
            },
            "f:kratix": {".": {}, "f:workflows": {
                ".": {}, "f:lastSuccessfulConfigureWorkflowTime": {}, "f:pipelines": {},
            }},
        }},
    })
}
