//! Showing some bucket objects to Backstage.

use super::state::Refresh;
use crate::context::Context;
use backstage::{Error, Known};
use bucket::{BucketObject, Store};
use catalog::Key;
use events::{Became, Cause};
use futures::{StreamExt, stream};
use std::{collections::BTreeMap, time::Duration};
use tokio::time::{Instant, timeout_at};

/// How many objects are looked up, or read, in parallel.
const AT_ONCE: usize = 8;

/// How long the looks into the bucket may take. What was not looked up is shown, but is not known to be confirmed.
const LOOK_UP: Duration = Duration::from_secs(1);

/// What became of an object, and the event that says so.
#[derive(Clone)]
pub(super) struct News {
    pub(super) became: Became,
    pub(super) cause: Cause,
}

/// Lets Backstage read and list these objects. What it has confirmed is remembered, also if others fail. Whether it took it is
/// asked later.
///
/// # Errors
/// If Backstage does not answer as it should.
pub(super) async fn flush<S: Store>(
    cx: &Context<S>,
    refresh: &Refresh,
    keys: &BTreeMap<Key, News>,
) -> Result<(), Error> {
    let began = Instant::now();
    let keys: Vec<_> = keys.iter().map(|(key, news)| (key.clone(), news.clone())).collect();
    let found =
        stream::iter(keys).map(|(key, news)| async move { (look_up(cx, &key, began + LOOK_UP).await, key, news) });
    let found: Vec<(Found, Key, News)> = found.buffer_unordered(AT_ONCE).collect().await;
    let (deleted, there): (Vec<_>, Vec<_>) = found.into_iter().partition(|(it, ..)| matches!(it, Found::Deleted));
    deleted.iter().for_each(|(_, key, _)| refresh.looks.forget(key, began));
    let is_listed = !deleted.is_empty() || there.iter().any(|(.., news)| news.became == Became::Other);
    let keys = there.iter().map(|(_, key, _)| key.to_string()).collect();
    let listing = async { if is_listed { refresh.listing.run(&refresh.backstage).await } else { Ok(()) } };
    // Neither waits for the other, so that Backstage reads changes even if a provider hangs.
    let (mut listed, known) = tokio::join!(listing, read(refresh, keys));
    if !is_listed && known.contains(&Ok(Known::No)) {
        listed = refresh.listing.run(&refresh.backstage).await;
    }
    let mut ended = listed.clone();
    for ((found, key, news), known) in there.into_iter().zip(known) {
        let is_shown = match known {
            Ok(Known::Yes) => listed.is_ok() || news.became == Became::Changed,
            Ok(Known::No) => listed.is_ok(),
            Err(error) => {
                ended = Err(error);
                false
            }
        };
        if let (true, Found::There(standing)) = (is_shown, found) {
            refresh.confirmed.confirm(&key.to_string(), &standing.etag);
            refresh.looks.add(&key, &news.cause, Some(standing), began);
        }
    }
    ended
}

/// What is stored at a key.
enum Found {
    There(BucketObject),
    Deleted,
    /// The bucket did not say.
    Unknown,
}

async fn look_up<S: Store>(cx: &Context<S>, key: &Key, until: Instant) -> Found {
    match timeout_at(until, cx.bucket.object(key)).await {
        Ok(Ok(Some(standing))) => Found::There(standing),
        Ok(Ok(None)) => Found::Deleted,
        Ok(Err(error)) => {
            tracing::debug!(%error, "an object is shown without a look at it");
            Found::Unknown
        }
        Err(_) => Found::Unknown,
    }
}

/// Lets Backstage read these objects again, and returns which of them it knows.
///
/// Not asked for first: an object that Backstage has never accepted is in no answer but that to a refresh.
pub(super) async fn read(refresh: &Refresh, keys: Vec<String>) -> Vec<Result<Known, Error>> {
    let read = stream::iter(keys).map(|key| async move {
        let reference = refresh.backstage.location(&key).reference;
        refresh.backstage.refresh(&reference).await
    });
    read.buffered(AT_ONCE).collect().await
}
