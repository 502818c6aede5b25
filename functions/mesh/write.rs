//! Writing what a change affects: each object as it is in the index at that moment, never as it was before.

use super::owed::Owed;
use crate::context::{self, Context};
use bucket::{Outcome, Store, Synced, Wanted};
use catalog::{
    Described,
    mesh::{Id, Life, Made},
};
use events::{Ignored, Nack, ObjectChange, Refused};
use futures::{StreamExt, stream};
use std::{collections::BTreeMap, pin::pin, time::Instant};

/// How many objects are written at once.
const AT_ONCE: usize = 64;

/// What was written, and what of it is told.
#[derive(Debug, Default)]
pub(super) struct Written {
    /// By key.
    pub(super) changes: BTreeMap<String, ObjectChange>,
    pub(super) refused: Vec<Refused>,
    pub(super) ignored: Vec<Ignored>,
    pub(super) truncated: bool,
}

/// How the write of one object ended.
enum Ended {
    Changed(Described, Outcome),
    /// It has no entity, since Backstage would refuse it.
    Refused(Described),
    AsItWas,
    Failed(String),
}

/// Writes what is owed as long as there is time.
///
/// # Errors
/// If something could not be written; it stays owed.
pub(super) async fn all<S: Store>(
    cx: &Context<S>,
    mut owed: Owed<'_>,
    cause: &str,
    until: Instant,
) -> Result<Written, Nack> {
    let (mut written, mut failed) = (Written::default(), None);
    let ids: Vec<_> = owed.ids().iter().cloned().collect();
    let writes = ids.into_iter().map(|id| async move { (one(cx, &id, cause, until).await, id) });
    let mut writes = pin!(stream::iter(writes).buffer_unordered(AT_ONCE));
    while let Some((ended, id)) = writes.next().await {
        match ended {
            Ended::Failed(why) => {
                failed.get_or_insert(why);
                continue;
            }
            Ended::Changed(described, outcome) => written.take(&id, described, Some(outcome)),
            Ended::Refused(described) => written.take(&id, described, None),
            Ended::AsItWas => {}
        }
        owed.paid(&id);
    }
    match failed {
        Some(why) => {
            Err(Nack::Retry(format!("{} objects of the mesh are left to be written: {why}", owed.ids().len())))
        }
        None => Ok(written),
    }
}

async fn one<S: Store>(cx: &Context<S>, id: &Id, cause: &str, until: Instant) -> Ended {
    if Instant::now() >= until {
        return Ended::Failed("there is no more time".to_owned());
    }
    let _lock = cx.mesh.ledger.lock(id).await;
    let made = cx.mesh.made(id);
    if cx.mesh.ledger.is_written(id, &made) || !cx.keeps(id.namespace()) {
        return Ended::AsItWas;
    }
    cx.mesh.ledger.forget(id);
    let key = &made.described.key;
    match cx.bucket.sync(key, wanted(&made), &made.version, cause).await {
        Ok(Synced::Changed(outcome) | Synced::Repeated(outcome)) => {
            cx.mesh.ledger.wrote(id, &made);
            cx.mesh.ledger.tell(cause, &key.to_string(), &outcome);
            cx.count(&outcome, &made.described);
            Ended::Changed(made.described, outcome)
        }
        Ok(Synced::Unchanged) => {
            cx.mesh.ledger.wrote(id, &made);
            let is_refused = made.described.descriptor.is_none() && !made.described.refused.is_empty();
            if is_refused { Ended::Refused(made.described) } else { Ended::AsItWas }
        }
        // Another process was faster: the tick decides.
        Ok(Synced::Stale) => Ended::AsItWas,
        Err(error) => Ended::Failed(error.to_string()),
    }
}

/// What shall become of the bucket object.
pub(super) fn wanted(made: &Made) -> Wanted<'_> {
    match (made.life, &made.described.descriptor) {
        (Life::Gone, _) => Wanted::Gone,
        (Life::Lives, Some(descriptor)) => Wanted::Is(descriptor),
        (Life::Lives, None) => Wanted::Nothing,
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
        self.refused.extend(described.refused);
        self.ignored.extend(described.ignored);
    }
}
