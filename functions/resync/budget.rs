//! What kinds that hang may cost a run: what they take is no time of the other kinds.

use super::kinds::Compared;
use crate::kinds::{Allowance, Hanging, PAGE, silent};
use cluster::{Cluster, Error};
use std::time::Duration;
use tokio::time::Instant;

/// How long the kinds that hang may keep a run in all. Then the others have less time for a page.
const RUN: Duration = Duration::from_secs(20);

const SHORT_PAGE: Duration = Duration::from_secs(1);

/// How long the kinds that are left have to answer after one of them hung.
const PROBE: Duration = Duration::from_secs(5);

/// The time of a run.
pub(super) struct Budget<'a> {
    cluster: &'a Cluster,
    hanging: &'a Hanging,
    left: Duration,
    /// Whether the kinds that come later were asked whether they answer.
    is_asked: bool,
}

impl<'a> Budget<'a> {
    /// That of a run over these kinds. What hung before has to answer first.
    pub(super) async fn of(cluster: &'a Cluster, hanging: &'a Hanging, kinds: &[Compared]) -> Self {
        hanging.ask_again(cluster, kinds.iter().map(Compared::wanted).collect()).await;
        Self { cluster, hanging, left: RUN, is_asked: false }
    }

    /// What the list of a kind may take.
    ///
    /// # Errors
    /// If the kind hangs, so that it is not listed now.
    pub(super) fn allowance<'k>(&self, kind: &'k Compared) -> Result<Allowance<'k>, Error> {
        match self.hanging.paused(&kind.name) {
            Some(paused) => Err(paused),
            None => Ok(Allowance::of(&kind.name, if self.left.is_zero() { SHORT_PAGE } else { PAGE })),
        }
    }

    /// A kind did not end, since that time. Those that come later and hang as well are found together.
    pub(super) async fn hung(&mut self, kind: &Compared, since: Instant, later: &[Compared]) {
        self.left = self.left.saturating_sub(since.elapsed());
        self.hanging.list_hung(&kind.name);
        if !std::mem::replace(&mut self.is_asked, true) {
            for silent in silent(self.cluster, later.iter().map(Compared::wanted).collect(), PROBE).await {
                self.hanging.hung(&silent);
            }
        }
    }
}
