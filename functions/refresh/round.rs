//! Whether Backstage took what it was shown: it reads later than it answers, so each object is looked at a while after, and again.

use super::{
    looks::{Last, Look, PART},
    questions::Questions,
    refusals::{AT_ONCE, Taken, Written, taken},
    report::report,
    state::Refresh,
};
use crate::context::Context;
use backstage::Error;
use bucket::{BucketObject, Store};
use catalog::Key;
use events::Refusal;
use futures::{StreamExt, stream};
use std::{sync::Arc, time::Duration};
use tokio::time::{Instant, sleep, sleep_until, timeout};

/// After so many looks that saw all of it, it is taken.
const ENOUGH: usize = 3;

/// From this turn on what is seen twice is a refusal, even if Backstage did not say it again when it was asked: it must have read
/// once more by then.
const SETTLED: usize = 3;

/// How long a round is after one that was full.
const BREATH: Duration = Duration::from_secs(1);

/// How long a round waits for a run of the provider, which lists what it missed.
const LISTING: Duration = Duration::from_secs(5);

/// Looks at what is due, as long as the process lives.
pub(super) async fn run<S: Store>(cx: Arc<Context<S>>, refresh: Arc<Refresh>) {
    let (cx, refresh) = (&*cx, &*refresh);
    let mut round = Round { cx, refresh, questions: Questions::default(), is_reported: false };
    loop {
        match refresh.looks.next() {
            None => refresh.looks.is_asked.notified().await,
            Some(at) if at > Instant::now() => tokio::select! {
                () = sleep_until(at) => {}
                () = refresh.looks.is_asked.notified() => {}
            },
            Some(_) => round.look().await,
        }
    }
}

/// One round of looks after the other.
struct Round<'a, S> {
    cx: &'a Context<S>,
    refresh: &'a Refresh,
    questions: Questions,
    /// Whether a refusal was reported.
    is_reported: bool,
}

impl<S: Store> Round<'_, S> {
    async fn look(&mut self) {
        let due = self.refresh.looks.due();
        let is_full = due.len() == PART;
        let this = &*self;
        let due = stream::iter(due).map(|(key, look)| async move { this.looked_up(key, look).await });
        let due: Vec<_> = due.buffered(AT_ONCE).filter_map(async |it| it).collect().await;
        self.questions.begin();
        if let Err(error) = self.judge(&due).await {
            tracing::warn!(%error, "it is not known whether Backstage took what it was shown; it is asked again");
            due.iter().for_each(|(key, look, _)| self.refresh.looks.later(key, look));
        }
        if self.questions.is_unlisted {
            // A run that failed is only in Backstage's log; the looks show whether this one found it.
            let _ = timeout(LISTING, self.refresh.listing.run(&self.refresh.backstage)).await;
        }
        if std::mem::take(&mut self.is_reported)
            && let Err(error) = self.refresh.confirmed.save(&self.cx.bucket).await
        {
            tracing::warn!(%error, "what was reported is not remembered");
        }
        if is_full {
            sleep(BREATH.min(self.refresh.looks.gaps[0])).await;
        }
    }

    /// With what is stored at the key. Otherwise it is looked at later, or not at all.
    async fn looked_up(&self, key: Key, look: Look) -> Option<(Key, Look, BucketObject)> {
        if let Some(standing) = look.standing.clone() {
            return Some((key, look, standing));
        }
        match self.cx.bucket.object(&key).await {
            Ok(Some(standing)) => {
                self.refresh.looks.change(&key, look.shown, |look| look.standing = Some(standing.clone()));
                Some((key, look, standing))
            }
            Ok(None) => {
                self.refresh.looks.end(&key, &look);
                None
            }
            Err(error) => {
                tracing::debug!(%error, "an object is looked at later");
                self.refresh.looks.later(&key, &look);
                None
            }
        }
    }

    async fn judge(&mut self, due: &[(Key, Look, BucketObject)]) -> Result<(), Error> {
        let written: Vec<Written> =
            due.iter().map(|(key, _, standing)| (key.to_string(), standing.entities.clone())).collect();
        if due.iter().any(|(_, look, _)| look.last != Last::All) {
            self.questions.ask_what_is_pending(self.refresh).await;
        }
        let taken = taken(&self.refresh.backstage, &written, &self.questions.pending).await?;
        for ((key, look, standing), saw) in due.iter().zip(taken) {
            match saw {
                Taken::All if look.turn + 1 >= ENOUGH => self.refresh.looks.end(key, look),
                Taken::All => self.look_again(key, look, Last::All),
                // The first time: Backstage may not have come to it.
                Taken::NotYet(_) if look.last == Last::All => self.look_again(key, look, Last::NotYet),
                Taken::Refused(_) if look.last == Last::All => {
                    self.questions.read_again(self.refresh, key).await;
                    self.look_again(key, look, Last::Refused);
                }
                Taken::NotYet(_) | Taken::Refused(_) if self.questions.is_enough() => {
                    self.refresh.looks.later(key, look)
                }
                Taken::NotYet(lacking) => {
                    let is_last = look.turn + 1 == self.refresh.looks.gaps.len();
                    let refused = self.questions.objections(self.refresh, key).await.or(is_last.then_some(lacking));
                    self.decide(key, look, standing, refused, Last::NotYet).await;
                }
                Taken::Refused(refused) => {
                    let is_settled = look.last == Last::Refused && look.turn >= SETTLED;
                    let refused = self.questions.objections(self.refresh, key).await.or(is_settled.then_some(refused));
                    self.decide(key, look, standing, refused, Last::Refused).await;
                }
            }
        }
        Ok(())
    }

    /// The next look. After the last one the next resync begins again.
    fn look_again(&mut self, key: &Key, look: &Look, saw: Last) {
        if !self.refresh.looks.again(key, look, saw) {
            self.refresh.looks.end(key, look);
            if saw != Last::All {
                self.refresh.confirmed.revoke(&key.to_string());
            }
        }
    }

    /// A refusal of what is still stored there, or another look.
    async fn decide(
        &mut self,
        key: &Key,
        look: &Look,
        standing: &BucketObject,
        refused: Option<Vec<Refusal>>,
        saw: Last,
    ) {
        let Some(refused) = refused else { return self.look_again(key, look, saw) };
        match self.cx.bucket.object(key).await {
            Ok(Some(now)) if now.etag == standing.etag => {
                self.refresh.looks.end(key, look);
                let it = (key, standing.etag.as_str());
                self.is_reported |= report(self.cx, self.refresh, it, &look.cause, refused).await;
            }
            // It has a look of its own, or a resync gives it one.
            Ok(_) => self.refresh.looks.end(key, look),
            Err(_) => self.refresh.looks.later(key, look),
        }
    }
}
