//! Whether Backstage took what it was shown: it reads later than it answers, so it is looked at a while after, and again.

use super::{
    Refresh,
    refusals::{Taken, Written, said_of, taken},
};
use crate::context::Context;
use backstage::{Error, Pending};
use bucket::{Standing, Store};
use catalog::Key;
use events::{Cause, EntityRefused, Refusal};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::{
    sync::Notify,
    time::{Instant, sleep_until},
};

/// The times between looks. The first one may see what was there before; the last one comes when a backlog must be over.
const GAPS: [Duration; 5] = [
    Duration::from_secs(3),
    Duration::from_secs(7),
    Duration::from_secs(20),
    Duration::from_secs(90),
    Duration::from_secs(180),
];

/// After so many looks that saw all of it, it is taken.
const ENOUGH: usize = 3;

/// How long what could not be looked at is left alone, and what is pending in Backstage is not asked for again.
const PAUSE: Duration = Duration::from_secs(10);
const PENDING: Duration = Duration::from_secs(30);

/// How many objects are looked at together, and of how many of them Backstage is asked to say what it has against them.
const PART: usize = 100;
const ASKED: usize = 8;

/// The most objects that wait for a look; what comes then is not looked at.
const MAX: usize = 20_000;

/// The objects that wait for a look.
#[derive(Debug)]
pub(super) struct Looks {
    gaps: [Duration; 5],
    all: Mutex<BTreeMap<Key, Look>>,
    is_asked: Notify,
}

#[derive(Debug, Clone)]
struct Look {
    cause: Cause,
    /// When Backstage was shown it: what was shown again since is another look.
    shown: Instant,
    next: Instant,
    turn: usize,
    /// What stands there, once it is known.
    standing: Option<Standing>,
    /// What the last look saw.
    last: Taken,
}

impl Default for Looks {
    fn default() -> Self {
        Self::after(GAPS)
    }
}

impl Looks {
    /// With these times between looks.
    pub(super) fn after(gaps: [Duration; 5]) -> Self {
        Self { gaps, all: Mutex::default(), is_asked: Notify::default() }
    }

    /// Looks at this object from now on, and at nothing older of it.
    pub(super) fn add(&self, key: &Key, cause: &Cause, standing: Option<Standing>) {
        let (shown, mut all) = (Instant::now(), self.lock());
        if all.len() >= MAX && !all.contains_key(key) {
            tracing::warn!(s3.key = %key, "too many objects wait: nobody looks whether Backstage takes this one");
            return;
        }
        let next = shown + self.gaps[0];
        let look = Look { cause: cause.clone(), shown, next, turn: 0, standing, last: Taken::All };
        all.insert(key.clone(), look);
        self.is_asked.notify_one();
    }

    /// It is gone.
    pub(super) fn forget(&self, key: &Key) {
        self.lock().remove(key);
    }

    fn next(&self) -> Option<Instant> {
        self.lock().values().map(|look| look.next).min()
    }

    /// What is due, the longest due first.
    fn due(&self) -> Vec<(Key, Look)> {
        let (all, now) = (self.lock(), Instant::now());
        let mut due: Vec<_> = all.iter().filter(|(_, look)| look.next <= now).collect();
        due.sort_by_key(|(_, look)| look.next);
        due.into_iter().take(PART).map(|(key, look)| (key.clone(), look.clone())).collect()
    }

    /// Changes what is known of an object, unless it was shown anew meanwhile.
    fn change(&self, key: &Key, shown: Instant, change: impl FnOnce(&mut Look)) {
        let mut all = self.lock();
        if let Some(look) = all.get_mut(key).filter(|look| look.shown == shown) {
            change(look);
        }
    }

    /// The next turn, after what this one saw; false where there is none.
    fn turn(&self, key: &Key, look: &Look, saw: Taken) -> bool {
        let next = look.turn + 1;
        if next < self.gaps.len() {
            let at = Instant::now() + self.gaps[next];
            self.change(key, look.shown, |look| (look.turn, look.next, look.last) = (next, at, saw));
        }
        next < self.gaps.len()
    }

    fn end(&self, key: &Key, look: &Look) {
        let mut all = self.lock();
        if all.get(key).is_some_and(|now| now.shown == look.shown) {
            all.remove(key);
        }
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<Key, Look>> {
        self.all.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Looks at what is due, as long as the process lives.
pub(super) async fn run<S: Store>(cx: Arc<Context<S>>, refresh: Arc<Refresh>) {
    let mut round = Round { cx: &cx, refresh: &refresh, pending: Vec::new(), asked_at: None, told: false };
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
    /// What was pending in Backstage when it was last asked.
    pending: Vec<Pending>,
    asked_at: Option<Instant>,
    /// Whether a refusal was told.
    told: bool,
}

impl<S: Store> Round<'_, S> {
    async fn look(&mut self) {
        let mut due = self.refresh.looks.due();
        for (key, look) in &mut due {
            if look.standing.is_none() {
                self.look_up(key, look).await;
            }
        }
        due.retain(|(_, look)| look.standing.is_some());
        if let Err(error) = self.judge(&due).await {
            tracing::warn!(%error, "it is not known whether Backstage took what it was shown; it is asked again");
            due.iter().for_each(|(key, look)| self.later(key, look));
        }
        if std::mem::take(&mut self.told)
            && let Err(error) = self.refresh.confirmed.save(&self.cx.bucket).await
        {
            tracing::warn!(%error, "what was told is not remembered");
        }
    }

    /// What stands at the key; else it is looked at later, or not at all.
    async fn look_up(&self, key: &Key, look: &mut Look) {
        match self.cx.bucket.standing(key).await {
            Ok(Some(standing)) => {
                self.refresh.looks.change(key, look.shown, |look| look.standing = Some(standing.clone()));
                look.standing = Some(standing);
            }
            Ok(None) => self.refresh.looks.end(key, look),
            Err(error) => {
                tracing::debug!(%error, "an object is looked at later");
                self.later(key, look);
            }
        }
    }

    fn later(&self, key: &Key, look: &Look) {
        let at = Instant::now() + PAUSE.min(self.refresh.looks.gaps[1]);
        self.refresh.looks.change(key, look.shown, |look| look.next = at);
    }

    async fn judge(&mut self, due: &[(Key, Look)]) -> Result<(), Error> {
        let entities = |look: &Look| look.standing.iter().flat_map(|it| it.entities.clone()).collect();
        let written: Vec<Written> = due.iter().map(|(key, look)| (key.to_string(), entities(look))).collect();
        if due.iter().any(|(_, look)| matches!(look.last, Taken::NotYet(_))) {
            self.ask_what_is_pending().await;
        }
        let mut asked = 0;
        for ((key, look), saw) in due.iter().zip(taken(&self.refresh.backstage, &written, &self.pending).await?) {
            match (saw, &look.last) {
                (Taken::All, _) if look.turn + 1 >= ENOUGH => self.refresh.looks.end(key, look),
                (Taken::Refused(refused), Taken::Refused(_)) => self.tell(key, look, &refused).await,
                (Taken::NotYet(_), Taken::NotYet(_)) if asked == ASKED => self.later(key, look),
                (Taken::NotYet(lacking), Taken::NotYet(_)) => {
                    asked += 1;
                    self.ask(key, look, lacking).await?;
                }
                (saw, _) => self.turn(key, look, saw).await?,
            }
        }
        Ok(())
    }

    /// What was never accepted, as far as that is told, at most once in a while: it is a long answer.
    async fn ask_what_is_pending(&mut self) {
        if self.asked_at.is_some_and(|at| at.elapsed() < PENDING.min(self.refresh.looks.gaps[1])) {
            return;
        }
        self.asked_at = Some(Instant::now());
        match self.refresh.backstage.pending().await {
            Ok(pending) => self.pending = pending.unwrap_or_default(),
            Err(error) => tracing::warn!(%error, "why Backstage lacks entities is not known"),
        }
    }

    /// Asks Backstage what it has against an object that it lacks. At the last turn that it lacks it is all there is to say.
    async fn ask(&mut self, key: &Key, look: &Look, lacking: Vec<Refusal>) -> Result<(), Error> {
        let location = self.refresh.backstage.location(&key.to_string());
        match said_of(&self.refresh.backstage, &location).await? {
            Some(refused) => self.tell(key, look, &refused).await,
            None if !self.refresh.looks.turn(key, look, Taken::NotYet(lacking.clone())) => {
                self.tell(key, look, &lacking).await;
            }
            None => {}
        }
        Ok(())
    }

    /// The next look; before it Backstage reads anew what it found wrong, which may have been a moment's fault. After the last
    /// one the next tick begins anew.
    async fn turn(&self, key: &Key, look: &Look, saw: Taken) -> Result<(), Error> {
        let name = key.to_string();
        let is_well = saw == Taken::All;
        if !is_well {
            self.refresh.backstage.refresh(&self.refresh.backstage.location(&name).reference).await?;
        }
        if !self.refresh.looks.turn(key, look, saw) {
            self.refresh.looks.end(key, look);
            if !is_well {
                self.refresh.confirmed.revoke(&name);
            }
        }
        Ok(())
    }

    /// Tells the Broker of a refusal, once for the same bytes. The next tick shows the object again, since who heard of it may
    /// have mended Backstage.
    async fn tell(&mut self, key: &Key, look: &Look, refused: &[Refusal]) {
        self.refresh.looks.end(key, look);
        let (name, confirmed) = (key.to_string(), &self.refresh.confirmed);
        confirmed.revoke(&name);
        let etag = look.standing.as_ref().map(|it| it.etag.clone()).unwrap_or_default();
        let Some((subject, _)) = self.cx.object_at(&name) else { return };
        if let Err(error) = confirmed.load(&self.cx.bucket).await {
            tracing::warn!(%error, "what was told before is not known");
        }
        if confirmed.is_told(&name, &etag) {
            return;
        }
        for Refusal { entity, reason, advice } in refused {
            tracing::warn!(k8s.object = %subject, entity, reason, advice, "Backstage refused it");
        }
        let event = EntityRefused {
            cause: look.cause.clone(),
            location: self.refresh.backstage.location(&name).reference,
            key: name.clone(),
            etag: etag.clone(),
            refused: refused.to_vec(),
            truncated: false,
        };
        if self.cx.announce(event.event(&subject)).await || self.cx.sink.is_none() {
            confirmed.tell(&name, &etag);
            self.told = true;
        }
    }
}
