//! Writing what a change affects: each object as it is in the index at that moment, never as it was before.

use super::pending::PendingWrite;
use crate::{
    context::{self, Context},
    table,
};
use bucket::{Outcome, Store, Synced, Wanted};
use catalog::{
    Absence, Described,
    mesh::{Id, Presence, Rendered},
};
use events::{Function, InvalidOverride, Nack, ObjectChange, Omitted};
use futures::{StreamExt, stream};
use std::{
    collections::BTreeMap,
    pin::pin,
    time::{Duration, Instant},
};

/// How many objects are written in parallel.
const AT_ONCE: usize = 64;

/// How long an event waits for what it writes of other events.
const OF_OTHERS: Duration = Duration::from_secs(2);

/// What was written, and what of it is reported.
#[derive(Debug, Default)]
pub(super) struct Written {
    /// By key.
    pub(super) changes: BTreeMap<String, ObjectChange>,
    pub(super) omitted: Vec<Omitted>,
    pub(super) invalid_overrides: Vec<InvalidOverride>,
    pub(super) truncated: bool,
    /// Whether something is left as it is in the bucket.
    pub(super) is_left: bool,
}

/// How the write of one object ended.
enum Ended {
    Changed(Described, Outcome),
    /// It has no entity, since Backstage would refuse it.
    Omitted(Described),
    /// It stays as it is: it cannot be described, or the store never takes it.
    Left(Described),
    AsItWas,
    Failed(String),
}

/// Writes these as long as there is time. What could not be written stays pending.
pub(super) async fn all<S: Store>(cx: &Context<S>, ids: Vec<Id>, cause: &str, until: Instant) -> Written {
    let mut written = Written::default();
    if let Err(nack) = these(cx, ids, cause, until, &mut written).await {
        tracing::warn!(%nack, "something is left to be written");
    }
    written
}

/// Writes what this event has to write, and tries once what other events have to: they fail if that fails.
///
/// # Errors
/// If something of its own could not be written. It stays pending.
pub(super) async fn of_event<S: Store>(cx: &Context<S>, cause: &str, until: Instant) -> Result<Written, Nack> {
    let (own, others) = cx.mesh.ready_for(cause);
    let mut written = Written::default();
    these(cx, own, cause, until, &mut written).await?;
    let of_others = these(cx, others, cause, until, &mut written);
    if let Ok(Err(nack)) = tokio::time::timeout(OF_OTHERS, of_others).await {
        tracing::debug!(%nack, "what other events have to write is left");
    }
    Ok(written)
}

async fn these<S: Store>(
    cx: &Context<S>,
    ids: Vec<Id>,
    cause: &str,
    until: Instant,
    written: &mut Written,
) -> Result<(), Nack> {
    let (mut failed, mut why) = (0_usize, String::new());
    let writes = ids.into_iter().map(|id| async move { (one(cx, &id, cause, until).await, id) });
    let mut writes = pin!(stream::iter(writes).buffer_unordered(AT_ONCE));
    while let Some((ended, id)) = writes.next().await {
        match ended {
            Ended::Failed(error) => (failed, why) = (failed + 1, error),
            Ended::Changed(described, outcome) => written.take(&id, described, Some(outcome)),
            Ended::Omitted(described) => written.take(&id, described, None),
            Ended::Left(described) => {
                written.is_left = true;
                cx.count(&Outcome::default(), &described);
                written.take(&id, described, None);
            }
            Ended::AsItWas => {}
        }
    }
    match failed {
        0 => Ok(()),
        _ => Err(Nack::Retry(format!("{failed} objects of the mesh are left to be written: {why}"))),
    }
}

/// Writes an object, if that is pending.
async fn one<S: Store>(cx: &Context<S>, id: &Id, cause: &str, until: Instant) -> Ended {
    if Instant::now() >= until {
        return Ended::Failed("there is no more time".to_owned());
    }
    let ledger = &cx.mesh.ledger;
    let _lock = ledger.lock(id).await;
    let Some(pending) = ledger.pending(id) else { return Ended::AsItWas };
    let made = cx.mesh.made(id);
    if ledger.is_written(id, &made) || !cx.keeps_object(id) || is_of_others(cx, id, &made) {
        ledger.done(id, &pending);
        return Ended::AsItWas;
    }
    if made.described.failure().is_some() {
        ledger.done(id, &pending);
        return Ended::Left(made.described);
    }
    match stays(cx, id, &pending, &made).await {
        Ok(false) => {}
        Ok(true) => {
            ledger.block(id, &pending);
            return Ended::AsItWas;
        }
        Err(error) => {
            let ended = Ended::of(cx, id, made.described, error);
            if matches!(ended, Ended::Left(_)) {
                ledger.done(id, &pending);
            }
            return ended;
        }
    }
    let ended = synced(cx, id, made, cause).await;
    if !matches!(ended, Ended::Failed(_)) {
        ledger.done(id, &pending);
    }
    ended
}

/// Whether another function keeps its bucket object: a Trigger may name an object of any kind. What this process wrote was
/// the mesh's, by a definition that made it a source or a channel.
fn is_of_others<S: Store>(cx: &Context<S>, id: &Id, made: &Rendered) -> bool {
    let may_be_kept = Function::taking(id).is_some_and(|function| table::row(function).per_object.is_some());
    let is_none_of_mesh = match made.presence {
        Presence::Exists => made.described.absence == Some(Absence::Kind),
        // With a cluster, the mesh gets the deletions of its own kinds only.
        Presence::Deleted => cx.cluster.is_none(),
    };
    may_be_kept && is_none_of_mesh && !cx.mesh.ledger.has(id)
}

/// Whether the bucket keeps what it has. What a comparison found to be deleted is removed by its guard. If something could not be
/// read, the descriptor would be incomplete: a comparison then waits even for a right, an event only for what may succeed when it
/// is tried again.
async fn stays<S: Store>(
    cx: &Context<S>,
    id: &Id,
    pending: &PendingWrite,
    made: &Rendered,
) -> Result<bool, bucket::Error> {
    if !pending.is_of_event() && !matches!(wanted(made), Wanted::Is(_)) {
        return Ok(true);
    }
    let lacks = if pending.is_of_event() { cx.mesh.awaits(id) } else { cx.mesh.lacks(id) };
    Ok(made.presence == Presence::Exists
        && lacks
        && (cx.mesh.ledger.has(id) || cx.bucket.object(&made.described.key).await?.is_some()))
}

async fn synced<S: Store>(cx: &Context<S>, id: &Id, made: Rendered, cause: &str) -> Ended {
    cx.mesh.ledger.forget(id);
    let key = &made.described.key;
    match cx.bucket.sync(key, wanted(&made), &made.version, cause).await {
        Ok(Synced::Changed(outcome) | Synced::Repeated(outcome)) => {
            cx.mesh.ledger.wrote(id, &made);
            cx.mesh.ledger.remember_change(cause, &key.to_string(), &outcome);
            cx.count(&outcome, &made.described);
            Ended::Changed(made.described, outcome)
        }
        Ok(Synced::Unchanged) => {
            cx.mesh.ledger.wrote(id, &made);
            let is_omitted = made.described.descriptor.is_none() && !made.described.omitted.is_empty();
            if is_omitted { Ended::Omitted(made.described) } else { Ended::AsItWas }
        }
        // Another process was faster: the next resync decides.
        Ok(Synced::Late) => Ended::AsItWas,
        Err(error) => Ended::of(cx, id, made.described, error),
    }
}

impl Ended {
    /// What the store never takes is left as it is.
    fn of<S>(cx: &Context<S>, id: &Id, described: Described, error: bucket::Error) -> Self {
        match Nack::from(error) {
            Nack::Refused(why) => Self::Left(described.refused(id, &cx.settings, &why)),
            nack => Self::Failed(nack.to_string()),
        }
    }
}

/// What the bucket is to have of an object.
pub(super) fn wanted(made: &Rendered) -> Wanted<'_> {
    match (made.presence, &made.described.descriptor) {
        (Presence::Deleted, _) => Wanted::Deleted,
        (Presence::Exists, Some(descriptor)) => Wanted::Is(descriptor),
        (Presence::Exists, None) => Wanted::Nothing,
    }
}

impl Written {
    fn take(&mut self, id: &Id, described: Described, outcome: Option<Outcome>) {
        context::warn(id, &described);
        if let Some(Outcome { entities, truncated }) = outcome {
            let key = described.key.to_string();
            self.truncated |= truncated;
            self.changes.insert(key.clone(), ObjectChange { key, entities });
        }
        self.omitted.extend(described.omitted);
        self.invalid_overrides.extend(described.invalid_overrides);
    }
}
