//! The kinds that Callboard's own ApiServerSources name.

use super::{list::each, name::KindName};
use catalog::Offered;
use cluster::{Cluster, Error, Kind};
use events::{Function, Object};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// What Callboard's sources name.
#[derive(Debug, Default)]
pub(crate) struct Sources {
    /// The kinds that they name for `apps`, with the version.
    pub(crate) of_apps: BTreeMap<KindName, String>,
    /// Those that they name for `mesh`.
    pub(crate) of_mesh: BTreeSet<KindName>,
    /// Whether one reports each Work or ResourceBinding.
    has_shadows: bool,
}

impl Sources {
    /// Why no source reports the objects of a kind that a Promise offers; `None` if one does.
    pub(crate) fn uncovers(&self, offer: &Offered) -> Option<String> {
        let is_named = self.of_apps.contains_key(&KindName::new(&offer.group, &offer.kind));
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
    let listed = match each(cluster, &Kind::api_server_source(), Some(cluster.namespace()), resources).await {
        Err(Error::Unserved { .. }) => Vec::new(),
        listed => listed?,
    };
    let mut sources = Sources::default();
    for (function, group, version, kind) in listed.into_iter().flatten() {
        match (function, group.as_str(), kind.as_str()) {
            (Function::Mesh, ..) => drop(sources.of_mesh.insert(KindName::new(&group, &kind))),
            (_, "platform.kratix.io", "Work" | "ResourceBinding") => sources.has_shadows = true,
            _ => drop(sources.of_apps.insert(KindName::new(&group, &kind), version)),
        }
    }
    Ok(sources)
}

/// Function, group, version and kind of what a source names, if it is one of Callboard's for `apps` or `mesh`.
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
