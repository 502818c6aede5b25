//! Comparing the index with the bucket, and writing what differs.

use super::{kinds, lists::Lists};
use crate::{
    context::Context,
    resync::{
        Mode, Report,
        compare::{Differing, Ended, Walk},
        kinds::Named,
        orphans::Orphan,
        run::{self, counted, located},
        scope::is_asked,
    },
};
use bucket::Store;
use catalog::mesh::{Id, Life, Made};
use cluster::Cluster;
use events::{Cursor, Function, Nack, ResyncRequest};
use futures::{StreamExt, stream};
use std::{
    collections::{BTreeMap, BTreeSet},
    time::Instant,
};

/// How many objects are written at once.
const AT_ONCE: usize = 64;

/// How many objects are looked at before those that differ are written, and others have their turn.
const CHUNK: usize = 500;

/// What is compared: all of it as it was read, the bucket first.
pub(super) struct Compared<'a> {
    pub(super) cluster: &'a Cluster,
    pub(super) request: &'a ResyncRequest,
    pub(super) mode: Mode,
    pub(super) until: Instant,
    /// What lies in the bucket, by key.
    pub(super) listing: BTreeMap<String, String>,
}

impl Compared<'_> {
    /// The kinds of the objects that lie in the bucket.
    pub(super) fn stored<S>(&self, cx: &Context<S>) -> BTreeSet<Named> {
        located(cx, self.listing.keys()).0.into_iter().map(|(_, named)| named).collect()
    }
}

/// Writes what differs as long as there is time; then removes what no living object has.
///
/// While a kind that bears relations was never read, what is in the bucket stays as it is.
///
/// # Errors
/// If the bucket cannot be used.
pub(super) async fn compare<S: Store>(cx: &Context<S>, compared: &Compared<'_>, lists: Lists) -> Result<Report, Nack> {
    let Compared { cluster, request, mode, until, listing } = compared;
    let mut walk = Walk::new(cx, Function::Mesh, cluster, request, *mode, *until, listing);
    walk.findings = lists.findings;
    let is_whole = cx.mesh.read(lists.complete.keys(), &lists.unread);
    for (named, mut ids) in by_kind(cx.mesh.ids()) {
        if !named.is_in(&request.scope) {
            continue;
        }
        ids.sort_by_cached_key(|id| cx.settings.layout.key(id));
        for chunk in ids.chunks(CHUNK) {
            let mut differing = differing(&mut walk, &named, chunk).await;
            if !is_whole {
                differing.retain(|id| !walk.listing.contains_key(&cx.settings.layout.key(id).to_string()));
            }
            let repaired = repaired(&walk, differing).await;
            if let Some(cursor) = walk.take(&named, repaired)? {
                return Ok(Report { findings: walk.findings, next: Some(cursor) });
            }
            tokio::task::yield_now().await;
        }
    }
    let next = removed(&mut walk, &lists.complete).await;
    Ok(Report { findings: walk.findings, next })
}

fn by_kind(ids: Vec<Id>) -> BTreeMap<Named, Vec<Id>> {
    let mut kinds: BTreeMap<Named, Vec<Id>> = BTreeMap::new();
    for id in ids {
        kinds.entry(Named::new(id.group(), id.kind())).or_default().push(id);
    }
    kinds
}

/// Those of which the bucket says something else; takes note of all that lives.
async fn differing<S: Store>(walk: &mut Walk<'_, S>, named: &Named, ids: &[Id]) -> Vec<Id> {
    let mut differing = Vec::new();
    let index = &walk.cx.mesh;
    for id in ids {
        let (scope, namespace) = (&walk.request.scope, id.namespace());
        if !is_asked(scope, namespace, id.name()) || !walk.cx.keeps(namespace) {
            continue;
        }
        let _lock = index.ledger.lock(id).await;
        let made = index.made(id);
        if made.life == Life::Gone {
            continue;
        }
        walk.findings.compared += 1;
        let key = made.described.key.to_string();
        let described = walk.claimed(named, &key, made.described.clone());
        if walk.is_there(&key, &described) && index.ledger.is_settled(id, &made) {
            if described == made.described {
                index.ledger.wrote(id, &made);
            }
        } else {
            differing.push(id.clone());
        }
        walk.live.insert(key);
    }
    differing
}

/// Each as it is by then.
async fn repaired<S: Store>(walk: &Walk<'_, S>, differing: Vec<Id>) -> Vec<(Differing, Ended)> {
    let repairs = differing.into_iter().enumerate().map(|(n, id)| async move {
        let _lock = walk.cx.mesh.ledger.lock(&id).await;
        let Made { described, version, .. } = walk.cx.mesh.made(&id);
        let (position, described) = (described.key.to_string(), walk.without_taken(described));
        let it = Differing { reference: (*id).clone(), version, described, position };
        if !walk.has_time(n) {
            return (it, Ended::Late);
        }
        walk.cx.mesh.ledger.forget(&id);
        let ended = walk.repair(Function::Mesh, &it).await.into();
        (it, ended)
    });
    stream::iter(repairs).buffered(AT_ONCE).collect().await
}

/// Removes what lies in the bucket of a kind that is complete, and of no object that lives; or holds it.
async fn removed<S: Store>(walk: &mut Walk<'_, S>, complete: &BTreeMap<Named, Option<String>>) -> Option<Cursor> {
    let (mut located, _) = located(walk.cx, walk.listing.keys());
    located.retain(|(_, named)| kinds::is_of_mesh(named, complete));
    let stored = counted(&located);
    // Those that came to life meanwhile, too.
    walk.live.extend(walk.cx.mesh.ids().iter().map(|id| walk.cx.settings.layout.key(id).to_string()));
    let complete = complete.iter().map(|(named, listed)| (named.clone(), (Function::Mesh, listed.clone()))).collect();
    let orphans: Vec<Orphan> = run::orphans(walk, located, &complete);
    match walk.remove(orphans, &stored).await {
        Ok(next) => next,
        // What was found until here is told nonetheless.
        Err(nack) => {
            walk.findings.failed("state/held", &nack);
            None
        }
    }
}
