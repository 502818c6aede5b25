//! Which kinds are compared: what Promises offer, what our sources name, and what the bucket has.

use super::findings::Findings;
use crate::{mesh, now::kind_name};
use catalog::Offered;
use cluster::{Cluster, Error, Kind};
use events::{DriftReason, Function, Object, ObjectRef, Scope};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// A group and a kind in lower case, as in a key.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Named {
    /// `<group, or core>/<lower-case kind>`: the order of a run, which is that of the keys.
    pub(crate) path: String,
    pub(crate) group: String,
    pub(crate) kind: String,
}

/// A kind to compare.
#[derive(Debug)]
pub(crate) struct Compared {
    pub(crate) named: Named,
    pub(crate) function: Function,
    /// The version that a source or a Promise names.
    pub(crate) version: Option<String>,
}

/// Our sources, as far as they could be read.
pub(crate) struct Sources {
    /// The kinds which they name for `apps`, with the version.
    pub(crate) of_apps: BTreeMap<Named, String>,
    /// Those which they name for `mesh`.
    pub(crate) of_mesh: BTreeSet<Named>,
    /// Whether one tells of each Work or ResourceBinding.
    has_shadows: bool,
}

impl Named {
    pub(crate) fn new(group: &str, kind: &str) -> Self {
        let kind = kind.to_ascii_lowercase();
        let path = format!("{}/{kind}", if group.is_empty() { "core" } else { group });
        Self { path, group: group.to_owned(), kind }
    }

    /// `<kind>.<group>`, as people write it.
    pub(crate) fn display(&self) -> String {
        kind_name(&self.kind, &self.group)
    }

    /// Which function keeps it. What no table gives to anybody is here because a source of ours gave it to `apps`;
    /// `None`: the mesh compares its kinds itself.
    fn function(&self, is_named: bool) -> Option<Function> {
        let object = ObjectRef::new(&format!("{}/v1", self.group), &self.kind_of_table(), None, "x").ok()?;
        match Function::taking(&object) {
            Some(Function::Promises) => Some(Function::Promises),
            Some(Function::Mesh) if !is_named => None,
            _ => Some(Function::Apps),
        }
    }

    /// The table knows Kratix's kinds by their real case.
    fn kind_of_table(&self) -> String {
        match (self.group.as_str(), self.kind.as_str()) {
            ("platform.kratix.io", "promise") => "Promise".to_owned(),
            (_, kind) => kind.to_owned(),
        }
    }

    pub(crate) fn is_in(&self, scope: &Scope) -> bool {
        scope.kind.as_ref().is_none_or(|kind| kind.eq_ignore_ascii_case(&self.display()))
    }
}

/// The kinds to compare, in order. What cannot be known degrades its kind alone.
pub(crate) async fn compared(
    cluster: &Cluster,
    stored: &BTreeSet<Named>,
    scope: &Scope,
    findings: &mut Findings,
) -> Vec<Compared> {
    let offers = tolerated(offers(cluster).await, "promise.platform.kratix.io", findings);
    let sources = sources(cluster, findings).await;
    let labelled = tolerated(mesh::labelled(cluster).await, "customresourcedefinition.apiextensions.k8s.io", findings);
    let all_known = offers.is_some() && sources.is_some() && labelled.is_some();
    let offers = offers.unwrap_or_default();
    if let Some(sources) = &sources {
        uncovered(&offers, sources, scope, findings);
    }
    let mut versions: BTreeMap<Named, Option<String>> = stored.iter().map(|named| (named.clone(), None)).collect();
    versions.insert(Named::new("platform.kratix.io", "Promise"), Some("v1alpha1".to_owned()));
    versions.extend(offers.iter().map(|it| (Named::new(&it.group, &it.kind), Some(it.version.clone()))));
    let named: BTreeMap<Named, String> = sources.map(|sources| sources.of_apps).unwrap_or_default();
    let of_mesh: BTreeSet<Named> = labelled.into_iter().flatten().map(|(named, _)| named).collect();
    versions.extend(named.iter().map(|(named, version)| (named.clone(), Some(version.clone()))));
    let mut compared = Vec::new();
    for (kind, version) in versions.into_iter().filter(|(kind, _)| kind.is_in(scope)) {
        let Some(function) = kind.function(named.contains_key(&kind)) else { continue };
        if version.is_none() && of_mesh.contains(&kind) {
            continue;
        }
        let named = kind;
        if version.is_none() && !all_known {
            findings.degraded(&named.display(), &"nobody could tell in which version it is kept");
            continue;
        }
        compared.push(Compared { named, function, version });
    }
    compared
}

/// The kinds that the Promises of a cluster offer.
///
/// # Errors
/// If Promises cannot be listed.
pub async fn offers(cluster: &Cluster) -> Result<Vec<Offered>, Error> {
    each(cluster, &Kind::promise(), None, Offered::by).await
}

/// What our sources name; `None` where they may not be read.
pub(crate) async fn sources(cluster: &Cluster, findings: &mut Findings) -> Option<Sources> {
    let all = each(cluster, &Kind::api_server_source(), Some(cluster.namespace()), resources).await;
    let all = tolerated(all, "apiserversource.sources.knative.dev", findings)?;
    let mut sources = Sources { of_apps: BTreeMap::new(), of_mesh: BTreeSet::new(), has_shadows: false };
    for (function, group, version, kind) in all.into_iter().flatten() {
        match (function, group.as_str(), kind.as_str()) {
            (Function::Mesh, ..) => drop(sources.of_mesh.insert(Named::new(&group, &kind))),
            (_, "platform.kratix.io", "Work" | "ResourceBinding") => sources.has_shadows = true,
            _ => drop(sources.of_apps.insert(Named::new(&group, &kind), version)),
        }
    }
    Some(sources)
}

/// Function, group, version and kind of what a source names, if it is one of ours for `apps` or `mesh`.
fn resources(source: &Object) -> Option<Vec<(Function, String, String, String)>> {
    let function = source.text("/spec/ceOverrides/extensions/callboard")?.parse().ok()?;
    let is_ours = matches!(function, Function::Apps | Function::Mesh);
    let resources = source.at("/spec/resources").filter(|_| is_ours)?.as_array()?.iter();
    let named = |resource: &Value| {
        let (group, version) = resource.get("apiVersion")?.as_str()?.split_once('/')?;
        Some((function, group.to_owned(), version.to_owned(), resource.get("kind")?.as_str()?.to_owned()))
    };
    Some(resources.filter_map(named).collect())
}

/// What is made of each object of a kind, of which a page at a time is in memory.
pub(crate) async fn each<T>(
    cluster: &Cluster,
    kind: &Kind,
    namespace: Option<&str>,
    make: impl Fn(&Object) -> Option<T>,
) -> Result<Vec<T>, Error> {
    let (mut made, mut from) = (Vec::new(), None);
    loop {
        let page = cluster.page(kind, namespace, from.as_deref()).await?;
        made.extend(page.objects.iter().filter_map(&make));
        match page.next {
            Some(next) => from = Some(next),
            None => return Ok(made),
        }
    }
}

/// A kind that is not there has no objects; one that cannot be listed is said to be degraded.
fn tolerated<T>(listed: Result<Vec<T>, Error>, kind: &str, findings: &mut Findings) -> Option<Vec<T>> {
    match listed {
        Ok(listed) => Some(listed),
        Err(Error::Unserved { .. }) => Some(Vec::new()),
        Err(error) => {
            findings.unreadable(kind, &error);
            None
        }
    }
}

pub(crate) fn uncovered(offers: &[Offered], sources: &Sources, scope: &Scope, findings: &mut Findings) {
    for offer in offers {
        let named = Named::new(&offer.group, &offer.kind);
        let why = match offer.is_guessable() {
            true if sources.of_apps.contains_key(&named) => continue,
            true => "no ApiServerSource names it: `callboard sources` prints one".to_owned(),
            false if sources.has_shadows => continue,
            false => format!(
                "ApiServerSource cannot guess its plural {:?}, and no source tells of Works or ResourceBindings: deploy/ has both",
                offer.plural
            ),
        };
        if named.is_in(scope) {
            findings.drifted(DriftReason::Uncovered, &named.display(), None, why);
        }
    }
}
