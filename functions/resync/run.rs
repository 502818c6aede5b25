//! One slice of a run.

use super::{
    compare::{Listing, Stopped, Walk},
    dead,
    findings::Findings,
    foreign_cluster::{self, Whose},
    held,
    kinds::{self, Compared, Named},
    orphans::Orphan,
    scope::is_asked,
    served::{Patience, Versions},
};
use crate::context::Context;
use bucket::Store;
use catalog::Located;
use cluster::{Cluster, Error};
use events::{Cursor, DriftReason, Function, Nack, ResyncRequest};
use std::{
    collections::BTreeMap,
    time::{Duration, Instant, SystemTime},
};

/// Tombstones are kept so long: no event is retried longer.
const TOMBSTONES: Duration = Duration::from_secs(24 * 60 * 60);

/// Whether a run writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// It makes the bucket true.
    Repair,
    /// It only tells what it would do.
    Look,
}

/// How a slice ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// What it found and did.
    pub findings: Findings,
    /// Where the next one begins; `None` if the run is complete.
    pub next: Option<Cursor>,
}

/// Compares cluster and bucket until `until`, and a little longer: what has begun is finished.
///
/// The bucket is listed before the cluster, so that what is in the one and not in the other is gone, and not new.
///
/// # Errors
/// If cluster or bucket cannot be used at all.
pub async fn slice<S: Store>(
    cx: &Context<S>,
    cluster: &Cluster,
    request: &ResyncRequest,
    mode: Mode,
    until: Instant,
) -> Result<Report, Nack> {
    if let Some(refused) = refused(cx, Function::Resync, cluster, request, mode).await? {
        return Ok(refused);
    }
    let listing = cx.bucket.entities().await?;
    let (located, foreign) = located(cx, listing.keys());
    let stored = counted(&located);
    let mut walk = Walk::new(cx, Function::Resync, cluster, request, mode, until, &listing);
    for key in foreign {
        walk.findings.drifted(DriftReason::Unmanaged, "", Some(key), "no object of Kubernetes has this key");
    }
    let kinds = kinds::compared(cluster, &stored.keys().cloned().collect(), &request.scope, &mut walk.findings).await;
    let patience = Patience::until(until.into());
    let mut complete = BTreeMap::new();
    for kind in &kinds {
        let listed = match listed(&mut walk, kind, patience).await {
            Ok(Listing::Complete(version)) => version,
            Ok(Listing::Late(cursor)) => return Ok(Report { findings: walk.findings, next: Some(cursor) }),
            Err(Stopped::Store(nack)) => return Err(nack),
            Err(Stopped::List(error)) => {
                walk.findings.unreadable(&kind.named.display(), &error);
                continue;
            }
            Err(Stopped::Unreadable(why)) => {
                walk.findings.degraded(&kind.named.display(), &why);
                continue;
            }
        };
        complete.insert(kind.named.clone(), (kind.function, listed));
    }
    let orphans = orphans(&walk, located, &complete);
    let next = match walk.remove(orphans, &stored).await {
        Ok(next) => next,
        // What was found until here is told nonetheless.
        Err(nack) => {
            walk.findings.failed("state/held", &nack);
            None
        }
    };
    Ok(Report { findings: walk.findings, next })
}

/// As of which version a kind is complete; none if the cluster does not have it.
async fn listed<S: Store>(walk: &mut Walk<'_, S>, kind: &Compared, patience: Patience) -> Result<Listing, Stopped> {
    let mut versions = Versions::of(walk.cluster, (&kind.named, kind.version.as_deref()), true, patience);
    while let Some(served) = versions.next().await? {
        match walk.kind(kind, &served).await {
            Err(Stopped::List(Error::Unserved { .. })) => {}
            ended => return ended,
        }
    }
    Ok(Listing::Complete(None))
}

/// What is done once a run is complete, and is no reason to do the run again: dead letters, and old tombstones.
pub(crate) async fn afterwards<S: Store>(cx: &Context<S>, findings: &mut Findings, until: Instant) {
    if let Err(nack) = dead::redrive(cx, until).await {
        findings.failed("state/dead", &nack);
    }
    match cx.bucket.sweep(SystemTime::now() - TOMBSTONES).await {
        Ok(swept) => tracing::debug!(swept, "old tombstones are gone"),
        Err(error) => findings.failed("state/tombstones", &error),
    }
}

/// From now on the bucket is that cluster's; false if it was before.
///
/// # Errors
/// If the bucket cannot be used.
pub async fn accept_cluster<S: Store>(cx: &Context<S>, uid: &str) -> Result<bool, Nack> {
    foreign_cluster::accept(cx, uid).await
}

/// Lets go what an event approves: the cluster of that uid, or the deletions which this function holds under that id; false
/// if it holds none.
///
/// # Errors
/// If cluster or bucket cannot be used.
pub(crate) async fn approved<S: Store>(
    cx: &Context<S>,
    who: Function,
    cluster: &Cluster,
    id: &str,
) -> Result<bool, Nack> {
    let uid = cluster.uid().await?;
    match id == uid {
        // Perhaps another function was faster, which takes this event, too.
        true => accept_cluster(cx, &uid).await.map(|_| true),
        false => approve_held(cx, who, id).await,
    }
}

/// Lets the deletions of this id go with the next run of a function; false if it holds none under it.
///
/// # Errors
/// If the bucket cannot be used.
pub async fn approve_held<S: Store>(cx: &Context<S>, who: Function, id: &str) -> Result<bool, Nack> {
    held::approve(cx, who, id).await
}

/// Tries every dead letter again, once, by the object as it is now.
///
/// # Errors
/// If cluster or bucket cannot be used, or this is another cluster than the one that filled the bucket.
pub async fn redrive<S: Store>(cx: &Context<S>, cluster: &Cluster, until: Instant) -> Result<dead::Redriven, Nack> {
    let uid = cluster.uid().await?;
    match foreign_cluster::is_ours(cx, &uid).await? {
        true => dead::redrive(cx, until).await,
        false => Err(Nack::Reject(format!("the bucket was filled by another cluster than this one, {uid}"))),
    }
}

/// The report of a run in another cluster than the one that filled the bucket.
pub(crate) async fn refused<S: Store>(
    cx: &Context<S>,
    who: Function,
    cluster: &Cluster,
    request: &ResyncRequest,
    mode: Mode,
) -> Result<Option<Report>, Nack> {
    let uid = cluster.uid().await?;
    let whose = match mode {
        Mode::Repair => foreign_cluster::whose(cx, who, &uid, request).await?,
        Mode::Look if foreign_cluster::is_ours(cx, &uid).await? => Whose::Ours,
        Mode::Look => Whose::Others,
    };
    let news = whose == Whose::OthersNow;
    let findings = Findings { held: vec![uid], news, is_refused: true, ..Findings::default() };
    Ok((whose != Whose::Ours).then_some(Report { findings, next: None }))
}

/// The keys of objects, with their kinds, and those of no object.
pub(crate) fn located<'a, S>(
    cx: &Context<S>,
    keys: impl Iterator<Item = &'a String>,
) -> (Vec<(Located, Named)>, Vec<&'a String>) {
    let (mut located, mut foreign) = (Vec::new(), Vec::new());
    for key in keys {
        match cx.settings.layout.read(key) {
            Some(it) => {
                let named = Named::new(&it.group, &it.kind);
                located.push((it, named));
            }
            None => foreign.push(key),
        }
    }
    (located, foreign)
}

/// How many objects of each kind are stored.
pub(crate) fn counted(located: &[(Located, Named)]) -> BTreeMap<Named, usize> {
    let mut stored: BTreeMap<Named, usize> = BTreeMap::new();
    for (_, named) in located {
        *stored.entry(named.clone()).or_default() += 1;
    }
    stored
}

/// What is stored, within the scope, and in no complete list of its kind.
pub(crate) fn orphans<S: Store>(
    walk: &Walk<'_, S>,
    located: Vec<(Located, Named)>,
    complete: &BTreeMap<Named, (Function, Option<String>)>,
) -> Vec<Orphan> {
    let scope = &walk.request.scope;
    let in_scope =
        |it: &Located| is_asked(scope, it.namespace.as_deref(), &it.name) && walk.cx.keeps(it.namespace.as_deref());
    let orphan = |(located, named): (Located, Named)| {
        let (function, listed) = complete.get(&named)?.clone();
        (in_scope(&located) && !walk.live.contains(&located.key.to_string())).then_some(Orphan {
            located,
            named,
            function,
            listed,
            bare: None,
        })
    };
    located.into_iter().filter_map(orphan).collect()
}
