//! One slice of a run.

use super::{
    budget::Budget,
    dead_letters, kinds,
    listing::{Listing, listed},
    pace::SLICES_OF_A_KIND,
};
use crate::{
    comparison::{Findings, Mode, Report, Run, Stopped, Walk, located, orphans, other_cluster},
    context::Context,
    kinds::Patience,
};
use bucket::Store;
use cluster::{Cluster, Error};
use events::{DriftReason, Function, Nack, ResyncRequest};
use std::{
    collections::{BTreeMap, BTreeSet},
    time::{Duration, Instant, SystemTime},
};

/// Tombstones are kept so long: no event is retried longer.
const TOMBSTONES: Duration = Duration::from_secs(24 * 60 * 60);

/// Compares cluster and bucket until `until`, and a little longer: what has begun is finished.
///
/// The bucket is listed before the cluster, so that what is in the one and not in the other is deleted, and not new.
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
    let run = Run { who: Function::Resync, cluster, request, mode };
    if let Some(refused) = other_cluster::refused(cx, &run).await? {
        return Ok(refused);
    }
    cx.progress.now(format_args!("listing the bucket"));
    let listing = cx.bucket.entities().await?;
    // Only what is asked from now on may be newer than the listing.
    cx.systems.forget();
    let (located, unmanaged) = located(cx, listing.keys());
    let known: BTreeSet<_> = located.iter().map(|(_, kind)| kind.clone()).collect();
    let mut walk = Walk::new(cx, run, &listing, until);
    for key in unmanaged {
        walk.findings.drifted(DriftReason::Unmanaged, "", Some(key), "no object of Kubernetes has this key");
    }
    let kinds = kinds::compared((cluster, &cx.hanging), &known, &request.scope, &mut walk.findings).await;
    let mut budget = Budget::of(cluster, &cx.hanging, &kinds).await;
    let patience = Patience::until(until.into());
    let mut complete = BTreeMap::new();
    for (n, kind) in kinds.iter().enumerate() {
        let began = tokio::time::Instant::now();
        let ended = match budget.allowance(kind) {
            Ok(allowance) => listed(&mut walk, kind, patience, allowance).await,
            Err(paused) => Err(Stopped::List(paused)),
        };
        let version = match ended {
            Ok(Listing::Complete(version)) => version,
            Ok(Listing::Late(cursor)) if cx.pace.is_given_up(&request.run, &cursor.kind) => {
                cx.hanging.list_hung(&kind.name);
                let why = format!("its objects were not all written within {SLICES_OF_A_KIND} slices");
                walk.findings.degraded(&kind.name.display(), &why);
                continue;
            }
            Ok(Listing::Late(cursor)) => return Ok(Report { findings: walk.findings, next: Some(cursor) }),
            Err(Stopped::Store(nack)) => return Err(nack),
            Err(Stopped::List(error)) => {
                if matches!(error, Error::Late { .. }) && cx.hanging.paused(&kind.name).is_none() {
                    budget.hung(kind, began, &kinds[n + 1..]).await;
                }
                walk.findings.unreadable(&kind.name.display(), &error);
                continue;
            }
            Err(Stopped::Unreadable(why)) => {
                walk.findings.degraded(&kind.name.display(), &why);
                continue;
            }
        };
        cx.hanging.ended(&kind.name);
        complete.insert(kind.name.clone(), (kind.function, version));
    }
    let mut orphans = orphans(&walk, located, &complete);
    orphans.append(&mut walk.bare);
    let next = walk.remove_or_report(orphans, &known).await;
    Ok(Report { findings: walk.findings, next })
}

/// Does what follows a complete run: dead letters, and old tombstones. If it fails, the run is not repeated.
pub(super) async fn afterwards<S: Store>(cx: &Context<S>, findings: &mut Findings, until: Instant) {
    if let Err(nack) = dead_letters::redrive(cx, until).await {
        findings.failed("state/dead", &nack);
    }
    match cx.bucket.sweep(SystemTime::now() - TOMBSTONES).await {
        Ok(swept) => tracing::debug!(swept, "old tombstones are deleted"),
        Err(error) => findings.failed("state/tombstones", &error),
    }
}

/// Tries every dead letter again, once, by the object as it is now.
///
/// # Errors
/// If cluster or bucket cannot be used, or another cluster filled the bucket.
pub async fn redrive<S: Store>(
    cx: &Context<S>,
    cluster: &Cluster,
    until: Instant,
) -> Result<dead_letters::Redriven, Nack> {
    let uid = cluster.uid().await?;
    match other_cluster::is_ours(cx, &uid).await? {
        true => dead_letters::redrive(cx, until).await,
        false => Err(Nack::Reject(format!("the bucket was filled by another cluster than this one, {uid}"))),
    }
}
