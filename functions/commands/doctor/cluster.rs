//! The cluster: whose bucket this is, which kinds no source reports, and what the ServiceAccounts may read.

use super::{
    bindings,
    finding::{Area, Finding},
    install::Install,
    rights,
    service::Service,
};
use crate::{
    comparison::other_cluster,
    context::Context,
    kinds::{KindName, Sources, mesh, offers, silent, sources},
};
use bucket::Store;
use catalog::Offered;
use cluster::{Cluster, Error};
use std::{collections::BTreeMap, time::Duration};

const AREA: Area = Area::Cluster;

/// How long the API server has to answer for a kind.
const PATIENCE: Duration = Duration::from_secs(5);

/// Whether the cluster answers, and whether the bucket is its own, if one is known.
///
/// # Errors
/// What is wrong if it does not answer.
pub(super) async fn whose<S: Store>(
    cx: Option<&Context<S>>,
    cluster: &Cluster,
) -> Result<Option<Finding>, Box<Finding>> {
    let uid = match cluster.uid().await {
        Ok(uid) => uid,
        Err(error @ Error::Forbidden { .. }) => return Ok(Some(AREA.unknown("whose bucket", error.to_string()))),
        Err(error) => return Err(Box::new(unreached(&error.to_string()))),
    };
    Ok(match cx {
        Some(cx) => Some(filled_by(cx, uid).await),
        None => None,
    })
}

/// Whether the cluster of this uid filled the bucket.
async fn filled_by<S: Store>(cx: &Context<S>, uid: String) -> Finding {
    match cx.bucket.state(other_cluster::NAME).await {
        Ok(Some(_)) => {}
        Ok(None) => {
            let why = "no cluster has filled it yet. The first comparison does";
            return AREA.unknown("whose bucket", why).with_fix("callboard resync");
        }
        Err(error) => return AREA.unknown("whose bucket", error.to_string()),
    }
    match other_cluster::is_ours(cx, &uid).await {
        Ok(true) => AREA.ok("whose bucket", format!("this cluster filled it, {uid}")),
        Ok(false) => AREA.wrong(
            "whose bucket",
            "another cluster filled it. A rebuilt cluster can take it over, a second cluster needs its own CALLBOARD_CLUSTER",
            format!("callboard resync --accept-cluster {uid}"),
        ),
        Err(nack) => AREA.unknown("whose bucket", nack.to_string()),
    }
}

/// There is no cluster, or it does not answer.
pub(super) fn unreached(why: &str) -> Finding {
    AREA.wrong("API server", why, "export KUBECONFIG=...   # or --context NAME")
}

/// Checks that a source reports each kind, and that each function may read what it needs. `services`: those that could be
/// listed.
pub(super) async fn examine(cluster: &Cluster, install: &Install, services: Option<&[Service]>) -> Vec<Finding> {
    let mut found = Vec::new();
    // Without Kratix there are no Promises.
    let offers = match offers(cluster).await {
        Err(Error::Unserved { .. }) => Vec::new(),
        offers => listed(offers, "promises", &mut found),
    };
    let unwatched = listed(mesh::unwatched(cluster).await, "kinds of the mesh", &mut found);
    let sources = sources(cluster).await.map_err(|error| {
        found.push(AREA.unknown("apiserversource.sources.knative.dev", error.to_string()));
    });
    let sources = sources.ok();
    if let Some(sources) = &sources {
        found.extend(of_promises(install, &offers, sources));
        found.extend(unwatched.iter().map(|kind| of_mesh(install, kind, sources)));
    }
    found.extend(silent_kinds(cluster, &[&offers, &unwatched], sources.as_ref()).await);
    let whose = rights::Whose { install, services };
    found.extend(rights::examine(cluster, &whose, &offers, sources.as_ref()).await);
    found.extend(bindings::examine(cluster, install).await);
    found
}

/// The kinds for which the API server does not answer in time, of those that are compared.
async fn silent_kinds(cluster: &Cluster, installed: &[&[Offered]], sources: Option<&Sources>) -> Vec<Finding> {
    let installed = installed.iter().copied().flatten();
    let installed = installed.map(|it| (KindName::new(&it.group, &it.kind), Some(it.version.as_str())));
    let of_mesh = mesh::exact_kinds().chain(sources.iter().flat_map(|it| it.of_mesh.iter().cloned()));
    let of_mesh = of_mesh.map(|kind| (mesh::version(&kind), kind)).map(|(version, kind)| (kind, version));
    let named = sources.iter().flat_map(|it| &it.per_object);
    let named = named.map(|(kind, (_, version))| (kind.clone(), Some(version.as_str())));
    let promise = (KindName::new("platform.kratix.io", "Promise"), None);
    let kinds: BTreeMap<_, _> = installed.chain(of_mesh).chain(named).chain([promise]).collect();
    let silent = silent(cluster, kinds.iter().map(|(kind, version)| (kind, *version)).collect(), PATIENCE).await;
    let finding = |kind: &KindName| {
        let why = format!(
            "the API server did not answer a list of one object within {} s, so that it is not compared. Its conversion \
             webhook or aggregated API may be down",
            PATIENCE.as_secs()
        );
        let fix = format!(
            "kubectl get {} --all-namespaces --request-timeout=40s   # names what does not answer",
            kind.display()
        );
        AREA.wrong(format!("answer for {}", kind.display()), why, fix)
    };
    silent.iter().map(finding).collect()
}

/// What was listed.
fn listed<T>(listed: Result<Vec<T>, Error>, what: &str, found: &mut Vec<Finding>) -> Vec<T> {
    match listed {
        Ok(listed) => listed,
        Err(error) => {
            found.push(AREA.unknown(what, error.to_string()));
            Vec::new()
        }
    }
}

/// Whether a source reports each kind that a Promise offers.
fn of_promises(install: &Install, offers: &[Offered], sources: &Sources) -> Vec<Finding> {
    let of_offer = |offer: &Offered| {
        let subject = format!("kind {}", KindName::new(&offer.group, &offer.kind).display());
        match sources.uncovers(offer) {
            None => AREA.ok(subject, format!("of the Promise {}, reported by a source", offer.promise)),
            Some(why) => {
                let fix = if offer.is_guessable() { install.sources() } else { install.reapply() };
                AREA.wrong(subject, why, fix)
            }
        }
    };
    offers.iter().map(of_offer).collect()
}

/// Whether a source reports a third-party channel or source. The periodic resync finds the others.
fn of_mesh(install: &Install, kind: &Offered, sources: &Sources) -> Finding {
    let named = KindName::new(&kind.group, &kind.kind);
    let subject = format!("kind {}", named.display());
    match sources.of_mesh.contains(&named) {
        true => AREA.ok(subject, "reported by a source"),
        false if kind.is_guessable() => {
            AREA.ok(subject, format!("found by the periodic resync. For immediate updates: {}", install.sources()))
        }
        false => AREA.ok(
            subject,
            format!("found by the periodic resync. ApiServerSource cannot guess its plural {:?}", kind.plural),
        ),
    }
}
