//! The repair of many objects, and what becomes of the slice by that.

use super::{
    findings::UNMANAGED,
    repair::{Differing, Repaired},
    walk::{Mode, Walk},
};
use crate::kinds::KindName;
use bucket::{Outcome, Store};
use events::{Cursor, DriftReason, Function, Nack};
use futures::{StreamExt, stream};

/// How many objects are written in parallel.
pub(crate) const AT_ONCE: usize = 64;

/// How the repair of one object ended.
pub(crate) enum Ended {
    Repaired(DriftReason, Outcome),
    AsItWas,
    /// The store never takes it.
    Refused(String),
    Failed(String),
    /// The slice's time was up before.
    Late,
}

impl From<Result<Repaired, Nack>> for Ended {
    fn from(repaired: Result<Repaired, Nack>) -> Self {
        match repaired {
            Ok(Some((reason, outcome))) => Self::Repaired(reason, outcome),
            Ok(None) => Self::AsItWas,
            Err(Nack::Refused(why)) => Self::Refused(why),
            Err(nack) => Self::Failed(nack.to_string()),
        }
    }
}

impl<S: Store> Walk<'_, S> {
    /// Repairs as many as there is time for.
    pub(crate) async fn repaired(&self, function: Function, differing: Vec<Differing>) -> Vec<(Differing, Ended)> {
        let repairs = differing.into_iter().enumerate().map(|(n, it)| async move {
            let ended = if self.has_time(n) { self.repair(function, &it).await.into() } else { Ended::Late };
            (it, ended)
        });
        stream::iter(repairs).buffered(AT_ONCE).collect().await
    }

    /// Takes note of how repairs ended; the position before the first one for which there was no time.
    pub(crate) fn take(&mut self, kind: &KindName, repaired: Vec<(Differing, Ended)>) -> Result<Option<Cursor>, Nack> {
        let mut after = None;
        for (Differing { reference, described, position, .. }, ended) in repaired {
            let key = described.key.to_string();
            match ended {
                Ended::Late => return Ok(Some(self.cursor(&kind.path, after))),
                Ended::Repaired(DriftReason::Unmanaged, _) => {
                    self.findings.drifted(DriftReason::Unmanaged, "", Some(&key), UNMANAGED);
                }
                Ended::Repaired(reason, outcome) => {
                    self.findings.drifted(reason, &kind.display(), Some(&key), reference.to_string());
                    if self.run.mode == Mode::Repair {
                        self.cx.count(&outcome, &described);
                        self.findings.changed(&key, outcome);
                        self.findings.omitted.extend(described.omitted);
                    }
                }
                Ended::AsItWas => {}
                Ended::Refused(why) => {
                    let refused = described.refused(&reference, &self.cx.settings, &why);
                    self.leave(kind, &refused);
                }
                Ended::Failed(why) => self.findings.failed(&key, &why),
            }
            self.acted();
            after = Some(position);
            // The mesh comes to its end: what fails is a pending write.
            if self.run.who == Function::Resync && self.findings.is_failing() {
                return self.given_up(kind, after).map(Some);
            }
        }
        Ok(None)
    }

    /// So much fails that it is better to come back: to the start if nothing was changed, since the store is down.
    fn given_up(&self, kind: &KindName, after: Option<String>) -> Result<Cursor, Nack> {
        match self.findings.failed.last() {
            Some(failed) if self.findings.changes.is_empty() => Err(Nack::Retry(failed.reason.clone())),
            _ => Ok(self.cursor(&kind.path, after)),
        }
    }
}
