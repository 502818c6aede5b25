//! A resync: compare cluster and bucket, repair, remove what is deleted, and report what had drifted. It runs every five minutes
//! and on request.
//!
//! ApiServerSource replays nothing at its start and loses what happens while it is down. This function makes a new install
//! complete, and repairs whatever was missed.

mod budget;
mod dead_letters;
mod kinds;
mod listing;
mod pace;
mod run;

pub use crate::comparison::{
    Findings, Mode, Report,
    approval::{accept_cluster, approve_held},
};
pub use dead_letters::Redriven;
pub use pace::Pace;
pub use run::{redrive, slice};

use crate::{
    comparison::{approval, held, reported},
    context::Context,
};
use bucket::Store;
use events::{
    Approval, Cursor, DeadLetter, Function, Nack, News, Nothing, Reply, ResyncRequest, Resynced, Scope, Verdict,
};
use std::time::Instant;

/// How many slices a run may take: a chain of replies ends after 255, by Knative's TTL.
const SLICES: u32 = 200;

/// Compares cluster and bucket as far as the time of one event allows. The reply asks for the rest, or reports what changed.
///
/// # Errors
/// If cluster or bucket cannot be used at all. What concerns one kind or one object is reported instead.
pub async fn compare<S: Store>(cx: &Context<S>, request: ResyncRequest) -> Verdict {
    let Some(cluster) = &cx.cluster else { return Ok(Reply::Nothing(Nothing::Unresolved)) };
    let Some((_alone, request)) = cx.pace.turn.take(request).await else { return Ok(Reply::Nothing(Nothing::Busy)) };
    let before = reported::before(cx, Function::Resync).await?;
    let until = Instant::now() + cx.pace.slice();
    let Report { mut findings, next } = slice(cx, cluster, &request, Mode::Repair, until).await?;
    let is_complete = next.is_none() && !findings.is_refused && request.scope == Scope::default();
    if is_complete {
        run::afterwards(cx, &mut findings, until).await;
    }
    reported::report(cx, Function::Resync, &request, &mut findings, before, is_complete).await?;
    let (cluster, root) = (cx.settings.layout.cluster(), cx.settings.layout.root());
    match next {
        Some(cursor) if cursor.slices < SLICES => {
            let next = ResyncRequest { cursor: Some(cursor), ..request };
            return events::resume(&next, cluster, &root).map(changed).map_err(Nack::Reject);
        }
        Some(Cursor { kind, after, .. }) => {
            tracing::error!(kind, after, "the run is given up after {SLICES} slices; the next resync begins again");
        }
        None if findings.is_quiet() => return Ok(Reply::Nothing(Nothing::Unchanged)),
        None => {}
    }
    resynced(&request, findings).event(cluster, &root).map(changed).map_err(Nack::Reject)
}

/// Approves what was held, and runs immediately.
///
/// # Errors
/// As [`compare`].
pub async fn approve<S: Store>(cx: &Context<S>, approval: Approval) -> Verdict {
    let Some(cluster) = &cx.cluster else { return Ok(Reply::Nothing(Nothing::Unresolved)) };
    match approval::approved(cx, Function::Resync, cluster, &approval.id).await? {
        true => compare(cx, ResyncRequest::new(approval.cause, Scope::default())).await,
        false => {
            tracing::warn!(id = approval.id, "nothing is held under this id, or no longer");
            Ok(Reply::Nothing(Nothing::Lapsed))
        }
    }
}

/// Counts an event of Callboard that no subscriber took in time. Knative does not mark a dead letter of a subscriber that did not
/// answer.
pub fn late<S>(cx: &Context<S>, news: &News) -> Verdict {
    cx.dead_letters.came(&news.cause.ty);
    Ok(Reply::Nothing(Nothing::Kept))
}

/// Keeps a dead letter for the next resync.
///
/// # Errors
/// If the bucket cannot be used.
pub async fn keep<S: Store>(cx: &Context<S>, dead: DeadLetter) -> Verdict {
    cx.dead_letters.came(&dead.cause.ty);
    // The next resync repairs what these would have done: that of the mesh its own objects, that of refresh what Backstage shows.
    let is_request = [events::PING, events::REQUESTED].contains(&dead.cause.ty.as_str());
    let is_news = events::is_news(&dead.cause.ty);
    let is_of_mesh = dead.function == Some(Function::Mesh) && dead.object.is_some();
    if !is_request && !is_news && !is_of_mesh {
        dead_letters::keep(cx, &dead).await?;
    }
    Ok(Reply::Nothing(Nothing::Kept))
}

pub(crate) fn changed(event: cloudevents::Event) -> Reply {
    Reply::Changed(Box::new(event))
}

fn resynced(request: &ResyncRequest, findings: Findings) -> Resynced {
    Resynced {
        cause: request.cause.clone(),
        run: request.run.clone(),
        compared: findings.compared,
        drift: findings.counts(),
        changes: findings.changes,
        omitted: findings.omitted,
        failed: findings.failed,
        degraded: findings.degraded,
        // Whoever may send a request gets the reply, and may not approve by it.
        held: findings.held.iter().map(|id| held::name_of(id).to_owned()).collect(),
        truncated: false,
    }
}
