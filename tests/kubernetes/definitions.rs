//! The kinds that are served: Kubernetes' own, and those of CustomResourceDefinitions.

use super::Kind;
use serde_json::{Value, json};

/// A CustomResourceDefinition; `names` is kind and plural, the first version is the one that is stored.
pub(crate) fn definition(group: &str, (kind, plural): (&str, &str), versions: &[&str], scope: &str) -> Value {
    let spec = json!({"type": "object", "properties": {"spec": {"type": "object", "properties": {"image": {"type": "string"}}}}});
    let version =
        |(nth, name)| json!({"name": name, "served": true, "storage": nth == 0, "schema": {"openAPIV3Schema": spec}});
    json!({
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": format!("{plural}.{group}")},
        "spec": {
            "group": group,
            "scope": scope,
            "names": {"kind": kind, "plural": plural},
            "versions": versions.iter().enumerate().map(version).collect::<Vec<_>>(),
        },
    })
}

/// A Promise that offers what the definition defines.
#[expect(clippy::needless_pass_by_value, reason = "callers make it on the spot")]
pub(crate) fn promise(name: &str, definition: Value) -> Value {
    json!({
        "apiVersion": "platform.kratix.io/v1alpha1",
        "kind": "Promise",
        "metadata": {"name": name},
        "spec": {"api": definition},
    })
}

/// Those of Kratix and Knative, as far as Callboard reads them.
pub(super) fn installed() -> Vec<Value> {
    let kratix = |names, scope| definition("platform.kratix.io", names, &["v1alpha1"], scope);
    vec![
        kratix(("Promise", "promises"), "Cluster"),
        kratix(("ResourceBinding", "resourcebindings"), "Namespaced"),
        kratix(("Work", "works"), "Namespaced"),
        definition("sources.knative.dev", ("ApiServerSource", "apiserversources"), &["v1"], "Namespaced"),
    ]
}

/// Those of Knative that the mesh is made of, next to [`installed`], with the labels of channels and sources.
pub(crate) fn of_knative() -> Vec<Value> {
    let kinds = [
        ("eventing.knative.dev", "Broker", "v1", ""),
        ("eventing.knative.dev", "Trigger", "v1", ""),
        ("eventing.knative.dev", "EventType", "v1beta2", ""),
        ("messaging.knative.dev", "Channel", "v1", "messaging.knative.dev/subscribable"),
        ("messaging.knative.dev", "Subscription", "v1", ""),
        ("sources.knative.dev", "PingSource", "v1", "duck.knative.dev/source"),
        ("serving.knative.dev", "Service", "v1", ""),
    ];
    let defined = |(group, kind, version, label): (&str, &str, &str, &str)| {
        let plural = format!("{}s", kind.to_lowercase());
        let mut definition = definition(group, (kind, &plural), &[version], "Namespaced");
        if !label.is_empty() {
            definition["metadata"]["labels"] = json!({label: "true"});
        }
        definition
    };
    kinds.map(defined).into()
}

impl Kind {
    pub(super) fn of_kubernetes() -> Vec<Self> {
        let kind = |group: &str, kind: &str, plural: &str| Self {
            group: group.into(),
            versions: vec!["v1".into()],
            kind: kind.into(),
            plural: plural.into(),
            is_namespaced: matches!(kind, "Service" | "Deployment" | "ConfigMap" | "Secret"),
        };
        vec![
            kind("", "ConfigMap", "configmaps"),
            kind("", "Namespace", "namespaces"),
            kind("", "Secret", "secrets"),
            kind("", "Service", "services"),
            kind("apps", "Deployment", "deployments"),
            kind("apiextensions.k8s.io", "CustomResourceDefinition", "customresourcedefinitions"),
            kind("rbac.authorization.k8s.io", "ClusterRoleBinding", "clusterrolebindings"),
        ]
    }

    /// The kind that this object defines, if it is a definition.
    pub(super) fn defined_by(object: &Value) -> Option<Self> {
        let spec = object.get("spec").filter(|_| object["kind"] == "CustomResourceDefinition")?;
        let text = |pointer: &str| spec.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
        let versions = spec["versions"].as_array()?.iter().filter(|version| version["served"] == true);
        Some(Self {
            group: text("/group")?,
            versions: versions.filter_map(|version| Some(version["name"].as_str()?.to_owned())).collect(),
            kind: text("/names/kind")?,
            plural: text("/names/plural")?,
            is_namespaced: text("/scope")? == "Namespaced",
        })
    }
}
