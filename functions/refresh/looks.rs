//! Whether Backstage took what it was told of: it reads later than it answers, so it is asked a while after.

use super::{
    Refresh,
    refusals::{Written, refusals},
};
use crate::context::Context;
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
    time::{Instant, sleep, sleep_until},
};

/// How long after it was told. A refusal is one that is seen twice: before, it may be of the bytes before.
const AFTER: [Duration; 3] = [Duration::from_secs(3), Duration::from_secs(10), Duration::from_secs(30)];

/// How long it is left alone when it does not answer.
const PAUSE: Duration = Duration::from_secs(10);

/// How many objects are looked at together.
const PART: usize = 100;

/// The most objects that wait for a look; what comes then is not looked at.
const MAX: usize = 20_000;

/// The objects that wait for a look.
#[derive(Debug)]
pub(super) struct Looks {
    after: [Duration; 3],
    all: Mutex<BTreeMap<Key, Look>>,
    is_asked: Notify,
}

impl Default for Looks {
    fn default() -> Self {
        Self::after(AFTER)
    }
}

#[derive(Debug, Clone)]
struct Look {
    cause: Cause,
    told: Instant,
    turn: usize,
    /// What stands there, once it is known.
    standing: Option<Standing>,
    /// What was refused at the last look.
    refused: Vec<Refusal>,
}

impl Looks {
    /// With looks so long after Backstage was told.
    pub(super) fn after(after: [Duration; 3]) -> Self {
        Self { after, all: Mutex::default(), is_asked: Notify::default() }
    }

    fn at(&self, look: &Look) -> Instant {
        look.told + self.after[look.turn.min(self.after.len() - 1)]
    }

    /// Looks at this object from now on, and at nothing older of it.
    pub(super) fn add(&self, key: &Key, cause: &Cause, standing: Option<Standing>) {
        let look = Look { cause: cause.clone(), told: Instant::now(), turn: 0, standing, refused: Vec::new() };
        let mut all = self.lock();
        if all.len() >= MAX && !all.contains_key(key) {
            tracing::warn!(s3.key = %key, "too many objects wait: nobody looks whether Backstage takes this one");
            return;
        }
        all.insert(key.clone(), look);
        self.is_asked.notify_one();
    }

    /// It is gone.
    pub(super) fn forget(&self, key: &Key) {
        self.lock().remove(key);
    }

    /// When the next one is due.
    fn next(&self) -> Option<Instant> {
        self.lock().values().map(|look| self.at(look)).min()
    }

    fn due(&self) -> Vec<(Key, Look)> {
        let (all, now) = (self.lock(), Instant::now());
        let due = all.iter().filter(|(_, look)| self.at(look) <= now).take(PART);
        due.map(|(key, look)| (key.clone(), look.clone())).collect()
    }

    /// Puts back what was looked at, unless it was told anew meanwhile; the last look is the end.
    fn looked(&self, key: &Key, look: Look) {
        let mut all = self.lock();
        if all.get(key).is_none_or(|now| now.told != look.told) {
            return;
        }
        match look.turn + 1 < self.after.len() {
            true => all.insert(key.clone(), Look { turn: look.turn + 1, ..look }),
            false => all.remove(key),
        };
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<Key, Look>> {
        self.all.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Looks at what is due, as long as the process lives.
pub(super) async fn run<S: Store>(cx: Arc<Context<S>>, refresh: Arc<Refresh>) {
    loop {
        match refresh.looks.next() {
            None => refresh.looks.is_asked.notified().await,
            Some(at) => {
                sleep_until(at).await;
                if let Err(error) = look(&cx, &refresh).await {
                    tracing::warn!(
                        error,
                        "it is not known whether Backstage took what it was told of; it is asked again"
                    );
                    sleep(PAUSE).await;
                }
            }
        }
    }
}

async fn look<S: Store>(cx: &Context<S>, refresh: &Refresh) -> Result<(), String> {
    let mut due = Vec::new();
    for (key, mut look) in refresh.looks.due() {
        if look.standing.is_none() {
            look.standing = cx.bucket.standing(&key).await.map_err(|error| error.to_string())?;
        }
        match look.standing.clone() {
            Some(standing) => due.push((key, look, standing)),
            None => refresh.looks.forget(&key),
        }
    }
    let written: Vec<Written> =
        due.iter().map(|(key, _, standing)| (key.to_string(), standing.entities.clone())).collect();
    let mut refused = refusals(&refresh.backstage, &written).await.map_err(|error| error.to_string())?;
    for (key, look, standing) in due {
        let refused = refused.remove(&key.to_string()).unwrap_or_default();
        if !refused.is_empty() && refused == look.refused {
            tell(cx, refresh, &key, &look.cause, &standing, &refused).await;
        }
        refresh.looks.looked(&key, Look { refused, standing: Some(standing), ..look });
    }
    Ok(())
}

/// Tells of a refusal, once for the same bytes.
async fn tell<S: Store>(
    cx: &Context<S>,
    refresh: &Refresh,
    key: &Key,
    cause: &Cause,
    standing: &Standing,
    refused: &[Refusal],
) {
    let (name, etag) = (key.to_string(), standing.etag.clone());
    let words = serde_json::to_string(refused).unwrap_or_default();
    if let Err(error) = refresh.confirmed.load(&cx.bucket).await {
        tracing::warn!(%error, "what was told before is not known");
    }
    if refresh.confirmed.is_told(&name, &etag, &words) {
        return;
    }
    let Some((subject, _)) = cx.object_at(&name) else { return };
    for Refusal { entity, reason, advice } in refused {
        tracing::warn!(k8s.object = %subject, entity, reason, advice, "Backstage refused it");
    }
    let location = refresh.backstage.location(&name).reference;
    let event = EntityRefused {
        cause: cause.clone(),
        key: name.clone(),
        etag: etag.clone(),
        location,
        refused: refused.to_vec(),
        truncated: false,
    };
    if cx.announce(event.event(&subject)).await || cx.sink.is_none() {
        refresh.confirmed.tell(&name, &etag, &words);
        if let Err(error) = refresh.confirmed.save(&cx.bucket).await {
            tracing::warn!(%error, "what was told is not remembered");
        }
    }
}
