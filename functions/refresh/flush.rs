//! Telling Backstage of some bucket objects.

use super::Refresh;
use crate::context::Context;
use backstage::{Backstage, Error, Known, Triggered};
use bucket::{Standing, Store};
use catalog::Key;
use events::{Became, Cause};
use futures::{StreamExt, TryStreamExt, stream};
use std::{collections::BTreeMap, time::Duration};
use tokio::time::{sleep, timeout};

/// How many objects are looked up, or refreshed, at once.
const AT_ONCE: usize = 8;

/// How long a look into the bucket may take. Without it Backstage is told all the same; only nobody knows what it confirmed.
const HEAD: Duration = Duration::from_secs(1);

/// Before the second try to make the provider list, and at most.
const WAIT: Duration = Duration::from_millis(25);
const MAX_WAIT: Duration = Duration::from_millis(250);

/// What became of an object, and the event that says so.
#[derive(Clone)]
pub(super) struct Told {
    pub(super) became: Became,
    pub(super) cause: Cause,
}

/// Tells Backstage of these objects. It has confirmed them then, and is asked later whether it took them.
///
/// # Errors
/// If Backstage does not answer as it should.
pub(super) async fn flush<S: Store>(
    cx: &Context<S>,
    refresh: &Refresh,
    keys: &BTreeMap<Key, Told>,
) -> Result<(), Error> {
    let keys: Vec<_> = keys.iter().map(|(key, told)| (key.clone(), told.clone())).collect();
    let found = stream::iter(keys).map(|(key, told)| async move { (stands(cx, &key).await, key, told) });
    let found: Vec<(Found, Key, Told)> = found.buffer_unordered(AT_ONCE).collect().await;
    let (mut changed, mut others, mut is_listed) = (Vec::new(), Vec::new(), false);
    for (found, key, told) in &found {
        match (found, told.became) {
            (Found::Gone, _) => is_listed = true,
            (_, Became::Changed) => changed.push(key.to_string()),
            (_, Became::Other) => others.push(key.to_string()),
        }
    }
    let backstage = &refresh.backstage;
    if is_listed || !others.is_empty() {
        let others = async { read(backstage, known(backstage, others).await?).await };
        tokio::try_join!(list(backstage), read(backstage, changed), others)?;
    } else if read(backstage, changed).await? {
        list(backstage).await?;
    }
    for (found, key, told) in found {
        match found {
            Found::There(standing) => {
                refresh.confirmed.confirm(&key.to_string(), &standing.etag);
                refresh.looks.add(&key, &told.cause, Some(standing));
            }
            Found::Gone => refresh.looks.forget(&key),
            Found::Unknown => {}
        }
    }
    Ok(())
}

/// What stands at a key.
enum Found {
    There(Standing),
    Gone,
    /// The bucket did not say.
    Unknown,
}

async fn stands<S: Store>(cx: &Context<S>, key: &Key) -> Found {
    match timeout(HEAD, cx.bucket.standing(key)).await {
        Ok(Ok(Some(standing))) => Found::There(standing),
        Ok(Ok(None)) => Found::Gone,
        Ok(Err(error)) => {
            tracing::debug!(%error, "Backstage is told of an object without a look at it");
            Found::Unknown
        }
        Err(_) => Found::Unknown,
    }
}

/// Those of these objects that Backstage knows; by one call, where most are new.
pub(super) async fn known(backstage: &Backstage, mut keys: Vec<String>) -> Result<Vec<String>, Error> {
    let references: Vec<_> = keys.iter().map(|key| backstage.location(key).reference).collect();
    let mut seen = backstage.by_refs(&references).await?.into_iter();
    keys.retain(|_| seen.next().flatten().is_some());
    Ok(keys)
}

/// Lets Backstage read these objects anew; whether it does not know all of them.
pub(super) async fn read(backstage: &Backstage, keys: Vec<String>) -> Result<bool, Error> {
    let read = stream::iter(keys).map(|key| async move {
        let reference = backstage.location(&key).reference;
        backstage.refresh(&reference).await
    });
    read.buffer_unordered(AT_ONCE).try_fold(false, async |any, known| Ok(any || known == Known::No)).await
}

/// Lets the provider list the bucket, by a run that begins now. Its caller has the time for that.
pub(super) async fn list(backstage: &Backstage) -> Result<(), Error> {
    let mut wait = WAIT;
    while backstage.trigger().await? == Triggered::Busy {
        sleep(wait).await;
        wait = MAX_WAIT.min(wait * 2);
    }
    Ok(())
}
