//! The cluster: whose bucket this is, which kinds nobody tells of, and what our ServiceAccounts may read.

use super::{
    finding::{Area, Finding},
    install::{Install, Service},
    rights,
};
use crate::{
    comparison::other_cluster,
    context::Context,
    kinds::{KindName, Sources, mesh, offers, sources},
};
use bucket::Store;
use catalog::Offered;
use cluster::{Cluster, Error};

const AREA: Area = Area::Cluster;

/// Whether the cluster answers, and whether the bucket is its own.
///
/// # Errors
/// What is wrong where it does not answer.
pub(super) async fn whose<S: Store>(cx: &Context<S>, cluster: &Cluster) -> Result<Finding, Box<Finding>> {
    let uid = match cluster.uid().await {
        Ok(uid) => uid,
        Err(error @ Error::Forbidden { .. }) => return Ok(AREA.unknown("whose bucket", error.to_string())),
        Err(error) => return Err(Box::new(unreached(&error.to_string()))),
    };
    match cx.bucket.state(other_cluster::NAME).await {
        Ok(Some(_)) => {}
        Ok(None) => {
            let why = "of no cluster yet: the first one that compares fills it";
            return Ok(AREA.unknown("whose bucket", why).with_mend("callboard resync"));
        }
        Err(error) => return Ok(AREA.unknown("whose bucket", error.to_string())),
    }
    Ok(match other_cluster::is_ours(cx, &uid).await {
        Ok(true) => AREA.ok("whose bucket", format!("of this cluster, {uid}")),
        Ok(false) => AREA.wrong(
            "whose bucket",
            "of another cluster; one that was rebuilt takes it over, a second one needs a CALLBOARD_CLUSTER of its own",
            format!("callboard resync --accept-cluster {uid}"),
        ),
        Err(nack) => AREA.unknown("whose bucket", nack.to_string()),
    })
}

/// There is no cluster, or it does not answer.
pub(super) fn unreached(why: &str) -> Finding {
    AREA.wrong("API server", why, "export KUBECONFIG=...   # or --context NAME")
}

/// Checks that each kind is told of, and that who needs it may read it. `services`: those that could be listed.
pub(super) async fn examine(cluster: &Cluster, install: &Install, services: Option<&[Service]>) -> Vec<Finding> {
    let mut found = Vec::new();
    // Without Kratix nobody offers a kind.
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
    let whose = rights::Whose { install, services };
    found.extend(rights::examine(cluster, &whose, &offers, sources.as_ref()).await);
    found
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

/// Each kind that a Promise offers is told of.
fn of_promises(install: &Install, offers: &[Offered], sources: &Sources) -> Vec<Finding> {
    let of_offer = |offer: &Offered| {
        let subject = format!("kind {}", KindName::new(&offer.group, &offer.kind).display());
        match sources.uncovers(offer) {
            None => AREA.ok(subject, format!("of the Promise {}: told of by a source", offer.promise)),
            Some(why) => {
                let mend = if offer.is_guessable() { install.sources() } else { install.reapply() };
                AREA.wrong(subject, why, mend)
            }
        }
    };
    offers.iter().map(of_offer).collect()
}

/// A channel or source of others is told of, where ApiServerSource can.
fn of_mesh(install: &Install, kind: &Offered, sources: &Sources) -> Finding {
    let named = KindName::new(&kind.group, &kind.kind);
    let subject = format!("kind {}", named.display());
    match sources.of_mesh.contains(&named) {
        true => AREA.ok(subject, "told of by a source"),
        false if kind.is_guessable() => {
            AREA.ok(subject, format!("told of by the tick; at once with {}", install.sources()))
        }
        false => AREA.ok(subject, format!("told of by the tick: no source can guess its plural {:?}", kind.plural)),
    }
}
