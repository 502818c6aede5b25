//! Which kinds `resync` compares: what Promises offer, what Callboard's sources name, and what the bucket has.

use crate::{
    comparison::Findings,
    kinds::{Hanging, KindName, PAGE, Sources, late, mesh, offers, sources},
};
use catalog::Offered;
use cluster::{Cluster, Error};
use events::{DriftReason, Function, Scope};
use futures::future;
use std::collections::{BTreeMap, BTreeSet};
use tokio::time::timeout;

/// A kind to compare.
#[derive(Debug)]
pub(super) struct Compared {
    pub(super) name: KindName,
    pub(super) function: Function,
    /// The version that a source or a Promise names.
    pub(super) version: Option<String>,
}

impl Compared {
    /// What is asked for.
    pub(super) fn wanted(&self) -> (&KindName, Option<&str>) {
        (&self.name, self.version.as_deref())
    }
}

/// The kinds to compare, in order. What cannot be known degrades its kind alone.
pub(super) async fn compared(
    (cluster, hanging): (&Cluster, &Hanging),
    stored: &BTreeSet<KindName>,
    scope: &Scope,
    findings: &mut Findings,
) -> Vec<Compared> {
    let [promise, source, definition] = [
        KindName::new("platform.kratix.io", "Promise"),
        KindName::new("sources.knative.dev", "ApiServerSource"),
        mesh::definition(),
    ];
    let (offers, sources, labelled) = future::join3(
        asked(hanging, &promise, offers(cluster)),
        asked(hanging, &source, sources(cluster)),
        asked(hanging, &definition, mesh::labelled(cluster)),
    )
    .await;
    let offers = tolerated(offers, &promise, findings);
    let sources = tolerated(sources, &source, findings);
    let labelled = tolerated(labelled, &definition, findings);
    let all_known = offers.is_some() && sources.is_some() && labelled.is_some();
    let offers = offers.unwrap_or_default();
    if let Some(sources) = &sources {
        uncovered(&offers, sources, scope, findings);
    }
    let mut versions: BTreeMap<KindName, Option<String>> = stored.iter().map(|name| (name.clone(), None)).collect();
    versions.insert(promise, Some("v1alpha1".to_owned()));
    versions.extend(offers.iter().map(|it| (KindName::new(&it.group, &it.kind), Some(it.version.clone()))));
    let named = sources.map(|sources| sources.per_object).unwrap_or_default();
    let of_mesh: BTreeSet<KindName> = labelled.into_iter().flatten().map(|(name, _)| name).collect();
    versions.extend(named.iter().map(|(name, (_, version))| (name.clone(), Some(version.clone()))));
    let mut compared = Vec::new();
    for (name, version) in versions.into_iter().filter(|(name, _)| name.is_in(scope)) {
        let Some(function) = name.function(named.get(&name).map(|(function, _)| *function)) else { continue };
        match version {
            None if of_mesh.contains(&name) => {}
            None if !all_known => findings.degraded(&name.display(), &"nothing says in which version it is kept"),
            version => compared.push(Compared { name, function, version }),
        }
    }
    compared
}

/// What all objects of a kind say, unless the kind hangs.
async fn asked<T>(
    hanging: &Hanging,
    kind: &KindName,
    listed: impl Future<Output = Result<T, Error>>,
) -> Result<T, Error> {
    if let Some(paused) = hanging.paused(kind) {
        return Err(paused);
    }
    let listed = match timeout(PAGE, listed).await {
        Ok(listed) => listed,
        Err(_) => Err(late(kind, format!("the API server did not answer within {} s", PAGE.as_secs()))),
    };
    if let Err(Error::Late { .. }) = &listed {
        hanging.hung(kind);
    }
    listed
}

/// A kind that the cluster does not have has no objects. A kind that cannot be listed is degraded.
fn tolerated<T: Default>(listed: Result<T, Error>, kind: &KindName, findings: &mut Findings) -> Option<T> {
    match listed {
        Ok(listed) => Some(listed),
        Err(Error::Unserved { .. }) => Some(T::default()),
        Err(error) => {
            findings.unreadable(&kind.display(), &error);
            None
        }
    }
}

fn uncovered(offers: &[Offered], sources: &Sources, scope: &Scope, findings: &mut Findings) {
    for offer in offers {
        let name = KindName::new(&offer.group, &offer.kind);
        if let Some(why) = sources.uncovers(offer).filter(|_| name.is_in(scope)) {
            findings.drifted(DriftReason::Uncovered, &name.display(), None, why);
        }
    }
}
