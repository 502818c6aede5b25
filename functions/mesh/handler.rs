//! An object of the event mesh changed: the entities which that affects.
//!
//! The mesh is an index ([`Index`]). Lists of each kind fill it at the start, events keep it, and each resync compares it with
//! cluster and bucket.

mod compare;
mod index;
mod ledger;
mod listing;
mod lists;
mod load;
mod lookup;
mod missing;
mod pending;
mod resync;
mod start;
mod unread;
mod write;

pub use index::Index;
pub(crate) use resync::{Pace, compared, learn};
pub use resync::{approve, resync};
pub(crate) use start::start;

use crate::{
    comparison::other_cluster,
    context::Context,
    now::{Now, nothing},
};
use bucket::Store;
use catalog::mesh::Id;
use events::{Arrival, Cataloged, Cause, Function, Nack, Nothing, ObjectChange, Reply, Verdict};
use index::Phase;
use pending::FoundBy;
use std::{collections::BTreeMap, time::Instant};
use write::Written;

/// Keeps the entities which the change of one object affects, and tries what could not be written before.
///
/// # Errors
/// If the mesh is not listed yet, something cannot be written, or the cluster does not answer.
pub async fn handle<S: Store>(cx: &Context<S>, arrival: Arrival) -> Verdict {
    cx.mesh.ready().map_err(Nack::Retry)?;
    let until = Instant::now() + cx.pace.slice();
    let Arrival { cause, change, time, .. } = arrival;
    // Without a cluster it cannot be looked up later, when another object names it.
    if cx.cluster.is_some() && !cx.mesh.concerns(change.object()) {
        return nothing(Nothing::NotOurs);
    }
    let now = match cx.now(change, time).await {
        Ok(now) => now,
        Err(end) => return end,
    };
    let is_ours = is_ours(cx).await?;
    let (id, by) = (Id::of(now.object()), FoundBy::Event(&cause.sha256));
    cx.mesh.take_in(&now, by);
    if !is_ours {
        return nothing(Nothing::OtherCluster);
    }
    if let Some(cluster) = &cx.cluster {
        lookup::look_up(cx, cluster, std::slice::from_ref(&id), by).await;
    }
    let mut written = write::of_event(cx, &cause.sha256, until).await?;
    add_lost_reply(cx, &id, &cause, time, &mut written).await?;
    reply(cx, &id, cause, &now, written)
}

/// Whether the bucket is this cluster's, as the latest comparison found. Before the first one the bucket is asked.
async fn is_ours<S: Store>(cx: &Context<S>) -> Result<bool, Nack> {
    match (cx.mesh.is_ours(), &cx.cluster) {
        (Some(is_ours), _) => Ok(is_ours),
        (None, None) => Ok(true),
        (None, Some(cluster)) => {
            let is_ours = other_cluster::is_ours(cx, &cluster.uid().await?).await?;
            cx.mesh.set_ours(is_ours);
            Ok(is_ours)
        }
    }
}

/// Adds what an event did before, if its reply may not have arrived, since that process ended.
async fn add_lost_reply<S: Store>(
    cx: &Context<S>,
    id: &Id,
    cause: &Cause,
    time: Option<i64>,
    written: &mut Written,
) -> Result<(), Nack> {
    let Phase::Ready(started) = cx.mesh.phase() else { return Ok(()) };
    if time.is_none_or(|time| time > started) {
        return Ok(());
    }
    let touched = cx.mesh.touched(id).into_iter().filter(|it| it != id).take(ledger::CHANGES);
    for it in [id.clone()].into_iter().chain(touched) {
        let key = cx.settings.layout.key(&it);
        let done = match cx.bucket.done_by(&key, &cause.sha256).await.map_err(Nack::from) {
            // It was written by nobody.
            Err(Nack::Refused(_)) => None,
            done => done?,
        };
        match done {
            Some(outcome) => {
                let key = key.to_string();
                written.truncated |= outcome.truncated;
                written.changes.insert(key.clone(), ObjectChange { key, entities: outcome.entities });
            }
            // It did not come so far, or another event was there since.
            None if it == *id => break,
            None => {}
        }
    }
    Ok(())
}

/// The reply names the object of the cause first, then the others. It also names those of an earlier delivery, unless something
/// newer came since.
fn reply<S>(cx: &Context<S>, id: &Id, cause: Cause, now: &Now, written: Written) -> Verdict {
    let Written { changes, omitted, invalid_overrides, truncated, is_left } = written;
    let is_late = cx.mesh.is_late(id, &now.version());
    let earlier = if is_late { Vec::new() } else { cx.mesh.ledger.changes_of(&cause.sha256) };
    let mut all: BTreeMap<_, _> = earlier.into_iter().map(|change| (change.key.clone(), change)).collect();
    all.extend(changes);
    if all.is_empty() && omitted.is_empty() {
        return nothing(match is_late {
            true => Nothing::Late,
            // It is known, for what it means to other objects.
            false if !cx.keeps_object(id) => Nothing::NotOurs,
            false => Nothing::Unchanged,
        });
    }
    let (key, is_quiet) = (cx.settings.layout.key(id).to_string(), all.is_empty());
    let own = all.remove(&key);
    let changes = own.into_iter().chain(all.into_values()).collect();
    let cataloged = Cataloged { cause, changes, omitted, invalid_overrides, truncated };
    let event = cataloged.event(Function::Mesh, now.object(), &key);
    let reply = if is_left && is_quiet { Reply::Omitted } else { Reply::Changed };
    event.map(|event| reply(Box::new(event))).map_err(Nack::Reject)
}
