//! Kinds for which the API server does not answer in time: a conversion webhook that is down costs 30 s for each call. What is
//! remembered of them, so that they cost a run its time once.

use super::name::KindName;
use cluster::{Cluster, Error};
use futures::{StreamExt, stream};
use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::time::{Instant, timeout};

/// How many kinds are remembered.
const KINDS: usize = 1_000;

/// After which time a kind is asked for again. If a list of it does not end although the kind answers, that time doubles.
const PAUSE: Duration = Duration::from_secs(60);
const MAX_PAUSE: Duration = Duration::from_secs(60 * 60);

/// How long a kind has to answer before it is listed again.
const PROBE: Duration = Duration::from_secs(2);

/// How many kinds are asked in parallel, for one object each.
const AT_ONCE: usize = 64;

/// The kinds that hang, as far as this process knows.
#[derive(Debug, Default)]
pub(crate) struct Hanging(Mutex<BTreeMap<KindName, Pause>>);

#[derive(Debug, Clone, Copy)]
struct Pause {
    /// How often a list did not end.
    lists: u32,
    until: Instant,
}

impl Hanging {
    /// A list of the kind did not end in time.
    pub(crate) fn list_hung(&self, kind: &KindName) {
        let lists = self.known().get(kind).map_or(0, |pause| pause.lists);
        self.pause(kind, lists.saturating_add(1));
    }

    /// A question for a few of its objects, or for one, was not answered in time.
    pub(crate) fn hung(&self, kind: &KindName) {
        let lists = self.known().get(kind).map_or(1, |pause| pause.lists);
        self.pause(kind, lists);
    }

    /// The kind was read to its end.
    pub(crate) fn ended(&self, kind: &KindName) {
        self.known().remove(kind);
    }

    /// Why the kind is not asked for now; `None` if it may be.
    pub(crate) fn paused(&self, kind: &KindName) -> Option<Error> {
        let left = self.known().get(kind)?.until.checked_duration_since(Instant::now())?;
        let why = format!("the API server did not answer for it in time; it is asked again in {} s", left.as_secs());
        (!left.is_zero()).then(|| late(kind, why))
    }

    /// Asks those of these kinds that hung before whether they answer now, all together. Those that do not are paused again.
    pub(crate) async fn ask_again(&self, cluster: &Cluster, mut kinds: Vec<Wanted<'_>>) {
        kinds.retain(|(kind, _)| self.is_due(kind));
        for kind in silent(cluster, kinds, PROBE).await {
            self.hung(&kind);
        }
    }

    fn is_due(&self, kind: &KindName) -> bool {
        self.known().get(kind).is_some_and(|pause| pause.until <= Instant::now())
    }

    fn pause(&self, kind: &KindName, lists: u32) {
        let mut known = self.known();
        if known.len() < KINDS || known.contains_key(kind) {
            let pause = PAUSE.saturating_mul(2_u32.saturating_pow(lists.saturating_sub(1))).min(MAX_PAUSE);
            known.insert(kind.clone(), Pause { lists, until: Instant::now() + pause });
        }
    }

    fn known(&self) -> MutexGuard<'_, BTreeMap<KindName, Pause>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A kind, with the version to ask for it in, if not any.
pub(crate) type Wanted<'a> = (&'a KindName, Option<&'a str>);

/// Those of these kinds for which the API server does not answer so soon. They are asked for one object, many in parallel.
pub(crate) async fn silent(cluster: &Cluster, kinds: Vec<Wanted<'_>>, within: Duration) -> Vec<KindName> {
    let mut asked = Vec::new();
    for kind in kinds {
        asked.push(is_silent(cluster, kind, within));
    }
    let silent: Vec<Option<KindName>> = stream::iter(asked).buffered(AT_ONCE).collect().await;
    silent.into_iter().flatten().collect()
}

async fn is_silent(cluster: &Cluster, wanted: Wanted<'_>, within: Duration) -> Option<KindName> {
    let answered = timeout(within, first(cluster, wanted)).await;
    matches!(answered, Err(_) | Ok(Err(Error::Late { .. }))).then(|| wanted.0.clone())
}

async fn first(cluster: &Cluster, (kind, version): Wanted<'_>) -> Result<(), Error> {
    let Some(served) = cluster.kind(&kind.group, &kind.kind).await? else { return Ok(()) };
    let served = match version {
        Some(version) => served.in_version(version),
        None => served,
    };
    cluster.first(&served).await.map(drop)
}

/// The error of a kind that is not listed.
pub(crate) fn late(kind: &KindName, why: impl Into<String>) -> Error {
    Error::Late { what: format!("list {}", kind.display()), why: why.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_kind_that_hangs_is_asked_for_later_and_less_often() {
        let (hanging, kind) = (Hanging::default(), KindName::new("example.org", "Gadget"));
        assert!(hanging.paused(&kind).is_none());
        for minutes in [1, 2, 4, 8, 16, 32, 60, 60] {
            hanging.list_hung(&kind);
            tokio::time::advance(Duration::from_secs(minutes * 60 - 1)).await;
            assert!(hanging.paused(&kind).is_some(), "{minutes}");
            tokio::time::advance(Duration::from_secs(2)).await;
            assert!(hanging.paused(&kind).is_none(), "{minutes}");
        }
        // That it still does not answer makes it no rarer.
        hanging.ended(&kind);
        for _ in 0..3 {
            hanging.hung(&kind);
            tokio::time::advance(PAUSE + Duration::from_secs(1)).await;
            assert!(hanging.paused(&kind).is_none());
        }
    }
}
