//! The kinds that Callboard's own ApiServerSources name.

use super::{list::each, name::KindName};
use crate::table;
use catalog::Offered;
use cluster::{Cluster, Error, Kind};
use events::{Function, Object};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// What Callboard's sources name.
#[derive(Debug, Default)]
pub(crate) struct Sources {
    /// The kinds that they name for a function that keeps objects one by one, with that function and the version.
    pub(crate) per_object: BTreeMap<KindName, (Function, String)>,
    /// Those that they name for `mesh`.
    pub(crate) of_mesh: BTreeSet<KindName>,
    /// Whether one reports each Work or ResourceBinding.
    has_shadows: bool,
}

impl Sources {
    /// Why no source reports the objects of a kind that a Promise offers; `None` if one does.
    pub(crate) fn uncovers(&self, offer: &Offered) -> Option<String> {
        let is_named = self.per_object.contains_key(&KindName::new(&offer.group, &offer.kind));
        match offer.is_guessable() {
            true if is_named => None,
            true => Some("no ApiServerSource names it: `callboard sources` prints one".to_owned()),
            false if self.has_shadows => None,
            false => Some(format!(
                "ApiServerSource cannot guess its plural {:?}, and no source reports Works or ResourceBindings: deploy/ has both",
                offer.plural
            )),
        }
    }
}

/// What Callboard's sources name. A cluster without the kind ApiServerSource has none.
///
/// # Errors
/// If they cannot be listed.
pub(crate) async fn sources(cluster: &Cluster) -> Result<Sources, Error> {
    let listed = match each(cluster, &Kind::api_server_source(), Some(cluster.namespace()), named_by).await {
        Err(Error::Unserved { .. }) => Vec::new(),
        listed => listed?,
    };
    let mut sources = Sources::default();
    for (function, group, version, kind) in listed.into_iter().flatten() {
        match (function, group.as_str(), kind.as_str()) {
            (Function::Mesh, ..) => drop(sources.of_mesh.insert(KindName::new(&group, &kind))),
            (_, "platform.kratix.io", "Work" | "ResourceBinding") => sources.has_shadows = true,
            _ => drop(sources.per_object.insert(KindName::new(&group, &kind), (function, version))),
        }
    }
    Ok(sources)
}

/// Function, group, version and kind of what a source names, if it is one of Callboard's and names objects.
pub(crate) fn named_by(source: &Object) -> Option<Vec<(Function, String, String, String)>> {
    let function: Function = source.text("/spec/ceOverrides/extensions/callboard")?.parse().ok()?;
    let is_ours = function == Function::Mesh || table::row(function).per_object.is_some();
    let resources = source.at("/spec/resources").filter(|_| is_ours)?.as_array()?.iter();
    let named = |resource: &Value| {
        let api_version = resource.get("apiVersion")?.as_str()?;
        let (group, version) = match api_version.split_once('/') {
            Some(named) => named,
            // The mesh knows by itself which kinds of Kubernetes' own it needs.
            None if function == Function::Mesh => return None,
            None => ("", api_version),
        };
        Some((function, group.to_owned(), version.to_owned(), resource.get("kind")?.as_str()?.to_owned()))
    };
    Some(resources.filter_map(named).collect())
}
