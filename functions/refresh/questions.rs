//! What Backstage is asked about objects that it did not take.

use super::{refusals::objections, state::Refresh};
use backstage::{Known, Pending};
use catalog::Key;
use events::Refusal;
use std::time::Duration;
use tokio::time::Instant;

/// How long what is pending in Backstage is not asked for again.
const PENDING: Duration = Duration::from_secs(30);

/// About how many objects Backstage is asked in a round, what it has against them.
const MOST: usize = 8;

/// The questions of one round after another.
#[derive(Debug, Default)]
pub(super) struct Questions {
    /// What was pending in Backstage when it was last asked.
    pub(super) pending: Vec<Pending>,
    asked_at: Option<Instant>,
    /// About how many objects Backstage was asked in this round.
    asked: usize,
    /// Whether Backstage did not know an object that it must have listed.
    pub(super) is_unlisted: bool,
}

impl Questions {
    /// Another round begins.
    pub(super) fn begin(&mut self) {
        (self.asked, self.is_unlisted) = (0, false);
    }

    /// Whether Backstage was asked enough in this round.
    pub(super) fn is_enough(&self) -> bool {
        self.asked == MOST
    }

    /// Asks for what was never accepted, as far as Backstage says, at most once in a while: it is a long answer.
    pub(super) async fn ask_what_is_pending(&mut self, refresh: &Refresh) {
        if self.asked_at.is_some_and(|at| at.elapsed() < PENDING.min(refresh.looks.gaps[1])) {
            return;
        }
        self.asked_at = Some(Instant::now());
        self.pending = refresh.backstage.pending().await.ok().flatten().unwrap_or_default();
    }

    /// What Backstage says when it reads the object now; `None` if it says nothing.
    pub(super) async fn objections(&mut self, refresh: &Refresh, key: &Key) -> Option<Vec<Refusal>> {
        self.asked += 1;
        if !self.read_again(refresh, key).await {
            return None;
        }
        let location = refresh.backstage.location(&key.to_string());
        objections(&refresh.backstage, &location).await.unwrap_or_else(|error| {
            tracing::warn!(%error, "Backstage does not say what it has against an object");
            self.asked = MOST;
            None
        })
    }

    /// Lets Backstage read an object again: what is seen may be temporary, or about the bytes before. False if Backstage does
    /// not know the object.
    pub(super) async fn read_again(&mut self, refresh: &Refresh, key: &Key) -> bool {
        let location = refresh.backstage.location(&key.to_string());
        let is_unknown = refresh.backstage.refresh(&location.reference).await == Ok(Known::No);
        self.is_unlisted |= is_unknown;
        !is_unknown
    }
}
