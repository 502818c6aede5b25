//! Which kinds the mesh is made of: those of a table, and those that CustomResourceDefinitions are labelled as.

use super::{
    allowance::{Allowance, PAGE},
    name::KindName,
    sources::Sources,
};
use catalog::Offered;
use cluster::{Cluster, Error};
use events::{Function, Object, ObjectRef};
use std::collections::BTreeMap;

/// Group, kind, and the version in which Callboard's sources report it: EventType v1beta3 has no schema.
const EXACT: [(&str, &str, &str); 16] = [
    ("", "Namespace", "v1"),
    ("", "Service", "v1"),
    ("eventing.knative.dev", "Broker", "v1"),
    ("eventing.knative.dev", "EventTransform", "v1alpha1"),
    ("eventing.knative.dev", "EventType", "v1beta2"),
    ("eventing.knative.dev", "KafkaSink", "v1alpha1"),
    ("eventing.knative.dev", "RequestReply", "v1alpha1"),
    ("eventing.knative.dev", "Trigger", "v1"),
    ("flows.knative.dev", "Parallel", "v1"),
    ("flows.knative.dev", "Sequence", "v1"),
    ("messaging.knative.dev", "Channel", "v1"),
    ("messaging.knative.dev", "InMemoryChannel", "v1"),
    ("messaging.knative.dev", "Subscription", "v1"),
    ("serving.knative.dev", "Service", "v1"),
    ("sinks.knative.dev", "IntegrationSink", "v1alpha1"),
    ("sinks.knative.dev", "JobSink", "v1alpha1"),
];

/// The kind of what defines a kind.
pub(crate) const DEFINITION: &str = "CustomResourceDefinition";

/// By these labels Knative knows channels and sources.
const LABELS: [&str; 2] = ["messaging.knative.dev/subscribable", "duck.knative.dev/source"];

/// The sources that deploy/ watches in addition to those.
const WATCHED: [(&str, &str); 4] = [
    ("sources.knative.dev", "ApiServerSource"),
    ("sources.knative.dev", "ContainerSource"),
    ("sources.knative.dev", "PingSource"),
    ("sources.knative.dev", "SinkBinding"),
];

/// The kinds of channels and sources that are installed, with their definitions.
///
/// # Errors
/// If CustomResourceDefinitions cannot be listed.
pub(crate) async fn labelled(cluster: &Cluster) -> Result<Vec<(KindName, Object)>, Error> {
    let (mut definitions, name) = (BTreeMap::new(), definition());
    let mut allowance = Allowance::of(&name, PAGE);
    for label in LABELS {
        let mut from: Option<String> = None;
        loop {
            let page = allowance.page(cluster.definitions(label, from.as_deref())).await?;
            // Of all of them, the schemas would take much memory.
            definitions.extend(page.valid().filter_map(|it| Some((named(&it)?, it.without_spec("versions")))));
            match page.next {
                Some(next) => from = Some(next),
                None => break,
            }
        }
    }
    Ok(definitions.into_iter().collect())
}

/// The kind that a definition defines.
fn named(definition: &Object) -> Option<KindName> {
    Some(KindName::new(definition.text("/spec/group")?, definition.text("/spec/names/kind")?))
}

/// Whether its labels make the kind that it defines a channel or a source.
#[cfg(feature = "preview")]
pub(crate) fn is_labelled(definition: &Object) -> bool {
    LABELS.iter().any(|label| definition.label(label) == Some("true"))
}

/// Whether Kratix made it for a Promise, so that its objects are requests.
fn is_promised(definition: &Object) -> bool {
    definition.label("kratix.io/promise-name").is_some()
}

/// The kinds of the mesh, in order, with the version to list them in, if not any.
pub(crate) fn all<'a>(
    labelled: &'a [(KindName, Object)],
    stored: impl Iterator<Item = &'a KindName>,
    sources: Option<&Sources>,
) -> BTreeMap<KindName, Option<&'static str>> {
    // If Callboard's sources cannot be read, those of other groups may be the requests of `apps`.
    let is_others =
        |named: &KindName| sources.map_or(!is_taken(named), |sources| sources.per_object.contains_key(named));
    let labelled = labelled.iter().filter(|(_, definition)| !is_promised(definition)).map(|(named, _)| named);
    let others = labelled.chain(stored.filter(|named| is_taken(named))).filter(|named| !is_others(named));
    let mut kinds: BTreeMap<_, _> = others.map(|named| (named.clone(), None)).collect();
    kinds.extend(EXACT.map(|(group, kind, version)| (KindName::new(group, kind), Some(version))));
    kinds
}

/// The kinds of the table.
pub(crate) fn exact_kinds() -> impl Iterator<Item = KindName> {
    EXACT.iter().map(|(group, kind, _)| KindName::new(group, kind))
}

/// Whether what is stored of a kind belongs to the mesh.
pub(crate) fn is_of_mesh(named: &KindName, complete: &BTreeMap<KindName, Option<String>>) -> bool {
    complete.contains_key(named) || is_taken(named)
}

/// Whether the table of functions gives it to the mesh.
fn is_taken(named: &KindName) -> bool {
    let api_version = if named.group.is_empty() { "v1".to_owned() } else { format!("{}/v1", named.group) };
    let object = ObjectRef::new(&api_version, &named.kind, None, "x");
    object.is_ok_and(|object| Function::taking(&object) == Some(Function::Mesh))
}

/// The reference by which an object of the mesh is read: in the version of the table, otherwise in any.
pub(crate) fn versioned(object: &ObjectRef) -> ObjectRef {
    let versioned = exact(&KindName::new(object.group(), object.kind())).map(|(group, kind, version)| {
        let api_version = if group.is_empty() { (*version).to_owned() } else { format!("{group}/{version}") };
        ObjectRef::new(&api_version, kind, object.namespace(), object.name())
    });
    versioned.and_then(Result::ok).unwrap_or_else(|| object.clone())
}

/// The version to list a kind in, if not any.
pub(crate) fn version(named: &KindName) -> Option<&'static str> {
    exact(named).map(|(_, _, version)| *version)
}

/// The row of the table for a kind.
fn exact(named: &KindName) -> Option<&'static (&'static str, &'static str, &'static str)> {
    EXACT.iter().find(|(group, kind, _)| KindName::new(group, kind) == *named)
}

/// What defines a kind.
pub(crate) fn definition() -> KindName {
    KindName::new("apiextensions.k8s.io", DEFINITION)
}

/// Of these only those are taken in that another object names: each workload has one.
pub(crate) fn core_service() -> KindName {
    KindName::new("", "Service")
}

/// The installed channels and sources of which deploy/ watches none, in the version that their group prefers.
///
/// # Errors
/// If they cannot be listed.
pub(crate) async fn unwatched(cluster: &Cluster) -> Result<Vec<Offered>, Error> {
    let mut unwatched = Vec::new();
    for (named, _) in labelled(cluster).await?.iter().filter(|it| is_unwatched(it)) {
        if let Some(kind) = cluster.kind(&named.group, &named.kind).await? {
            let [group, kind_name, version, plural] =
                [kind.group(), kind.kind(), kind.version(), kind.plural()].map(str::to_owned);
            let namespaced = kind.is_namespaced();
            unwatched.push(Offered { group, kind: kind_name, version, plural, namespaced, promise: String::new() });
        }
    }
    Ok(unwatched)
}

/// Whether deploy/ has no source for this kind.
pub(crate) fn is_unwatched((named, definition): &(KindName, Object)) -> bool {
    let mut watched = EXACT.iter().map(|(group, kind, _)| (*group, *kind)).chain(WATCHED);
    !is_promised(definition) && !watched.any(|(group, kind)| KindName::new(group, kind) == *named)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_type_is_read_in_the_version_that_has_its_schema() {
        let read = |group: &str, kind: &str| {
            let object = ObjectRef::new(&format!("{group}/v1"), kind, Some("shop"), "order").unwrap();
            versioned(&object).api_version()
        };
        assert_eq!(read("eventing.knative.dev", "EventType"), "eventing.knative.dev/v1beta2");
        // As a key has it.
        assert_eq!(read("eventing.knative.dev", "eventtype"), "eventing.knative.dev/v1beta2");
        assert_eq!(read("sources.example.org", "FooSource"), "sources.example.org/v1");
    }
}
