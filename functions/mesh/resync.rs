//! A resync: cluster, index and bucket compared, and the bucket repaired.

use super::{
    compare::{Compared, compare},
    lists::{Asked, Lists},
    load::{load, seek},
    write,
};
use crate::{
    comparison::{Findings, Mode, Report, Run, approval, guard::Guard, other_cluster, reported},
    context::Context,
};
use bucket::Store;
use cluster::Cluster;
use events::{Approval, Cataloged, Function, Nack, Nothing, Reply, ResyncRequest, Scope, Verdict};
use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

/// How long a comparison may take.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pace {
    /// How long the list of one kind may.
    pub(crate) lists: Duration,
    /// How long it writes then.
    pub(crate) writes: Duration,
}

/// How long the list of one kind may take in a resync.
const LISTS: Duration = Duration::from_secs(10);

/// Compares the mesh. The reply reports what changed.
///
/// # Errors
/// If cluster or bucket cannot be used at all. What concerns one kind or one object is reported instead.
pub async fn resync<S: Store>(cx: &Context<S>, request: ResyncRequest) -> Verdict {
    let Some(cluster) = &cx.cluster else { return Ok(Reply::Nothing(Nothing::Unresolved)) };
    // If it is not listed yet, the comparison of the start comes.
    if cx.mesh.ready().is_err() {
        return Ok(Reply::Nothing(Nothing::Busy));
    }
    let Some((_alone, request)) = cx.mesh.turn.take(request).await else { return Ok(Reply::Nothing(Nothing::Busy)) };
    let pace = Pace { lists: LISTS, writes: cx.pace.slice() };
    let findings = run(cx, cluster, &request, pace, None).await?.findings;
    reply(cx, &request, findings)
}

/// Approves deletions that the mesh holds, and compares immediately.
///
/// # Errors
/// As [`resync`].
pub async fn approve<S: Store>(cx: &Context<S>, approval: Approval) -> Verdict {
    let Some(cluster) = &cx.cluster else { return Ok(Reply::Nothing(Nothing::Unresolved)) };
    match approval::approved(cx, Function::Mesh, cluster, &approval.id).await? {
        true => resync(cx, ResyncRequest::new(approval.cause, Scope::default())).await,
        false => Ok(Reply::Nothing(Nothing::Lapsed)),
    }
}

/// Compares and reports what had drifted. If lists were just read, those are used.
///
/// # Errors
/// If cluster or bucket cannot be used at all, or much fails and nothing succeeds.
pub(super) async fn run<S: Store>(
    cx: &Context<S>,
    cluster: &Cluster,
    request: &ResyncRequest,
    pace: Pace,
    lists: Option<Lists>,
) -> Result<Report, Nack> {
    let before = reported::before(cx, Function::Mesh).await?;
    let mut report = compared(cx, cluster, request, Mode::Repair, pace, lists).await?;
    let is_complete = report.next.is_none() && !report.findings.is_refused && request.scope == Scope::default();
    reported::report(cx, Function::Mesh, request, &mut report.findings, before, is_complete).await?;
    match report.findings.failed.last() {
        Some(failed) if report.findings.is_failing() && report.findings.changes.is_empty() => {
            Err(Nack::Retry(failed.reason.clone()))
        }
        _ => Ok(report),
    }
}

/// Compares the index, filled again, with the bucket.
///
/// # Errors
/// If cluster or bucket cannot be used at all.
pub(crate) async fn compared<S: Store>(
    cx: &Context<S>,
    cluster: &Cluster,
    request: &ResyncRequest,
    mode: Mode,
    pace: Pace,
    lists: Option<Lists>,
) -> Result<Report, Nack> {
    let run = Run { who: Function::Mesh, cluster, request, mode };
    let refused = other_cluster::refused(cx, &run).await?;
    cx.mesh.set_ours(refused.is_none());
    if let Some(refused) = refused {
        return Ok(refused);
    }
    let listing = cx.bucket.entities().await?;
    let guard = Guard::read(cx, Function::Mesh).await?;
    let asked = Asked { listing: &listing, guard: &guard, within: pace.lists };
    let mut lists = match lists {
        Some(lists) => lists,
        None => load(cx, cluster, &asked).await,
    };
    seek(cx, cluster, &mut lists).await;
    let until = Instant::now() + pace.writes;
    let mut report = compare(cx, &Compared { run, until, asked }, &mut lists).await;
    if mode == Mode::Repair && !report.findings.is_failing() {
        settle(cx, request, until, &mut report.findings).await;
    }
    Ok(report)
}

/// Fills the index from the cluster, without a look at the bucket.
pub(crate) async fn learn<S: Store>(cx: &Context<S>, cluster: &Cluster) {
    let asked = Asked { listing: &BTreeMap::new(), guard: &Guard::default(), within: LISTS };
    let mut lists = load(cx, cluster, &asked).await;
    seek(cx, cluster, &mut lists).await;
}

/// Writes what was left to be written, and what the comparison itself affects.
async fn settle<S: Store>(cx: &Context<S>, request: &ResyncRequest, until: Instant, findings: &mut Findings) {
    let written = write::all(cx, cx.mesh.ready_writes(), &request.cause.sha256, until).await;
    findings.failed.retain(|failed| !written.changes.contains_key(&failed.key));
    findings.changes.retain(|change| !written.changes.contains_key(&change.key));
    findings.changes.extend(written.changes.into_values());
}

/// The event that reports what changed. The first change names it.
pub(super) fn reply<S>(cx: &Context<S>, request: &ResyncRequest, findings: Findings) -> Verdict {
    let Findings { mut changes, omitted, .. } = findings;
    changes.sort_by(|a, b| a.key.cmp(&b.key));
    let Some((subject, key)) = changes.first().and_then(|change| cx.object_at(&change.key)) else {
        return Ok(Reply::Nothing(Nothing::Unchanged));
    };
    let cause = request.cause.clone();
    let cataloged = Cataloged { cause, changes, omitted, invalid_overrides: Vec::new(), truncated: false };
    cataloged
        .event(Function::Mesh, &subject, &key.to_string())
        .map(|event| Reply::Changed(Box::new(event)))
        .map_err(Nack::Reject)
}
