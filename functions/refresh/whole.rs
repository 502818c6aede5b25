//! The whole bucket: what Backstage was not shown, since an event was lost, or Backstage or this function was down.

use super::{
    flush,
    state::{Refresh, unshown},
};
use crate::context::Context;
use backstage::Known;
use bucket::Store;
use catalog::Key;
use events::{Cause, Nothing, Reply, Verdict};
use std::{
    collections::BTreeMap,
    sync::{Arc, atomic::Ordering::SeqCst},
    time::Duration,
};
use tokio::{
    sync::oneshot,
    time::{Instant, sleep, timeout},
};
use tracing::Instrument;

/// The most time of a look at the whole bucket, and of its wait for a run of the provider. The next resync goes on where it ended.
const WHOLE: Duration = Duration::from_secs(10 * 60);
const LISTING: Duration = Duration::from_secs(60);

/// How many objects are shown before Backstage gets a pause to read them.
const PART: usize = 100;
const PAUSE: Duration = Duration::from_secs(2);

/// Shows Backstage all that it was not shown. What takes longer than an event may goes on after its answer. What is asked for
/// meanwhile follows it.
///
/// # Errors
/// If bucket or Backstage do not answer.
pub async fn show_all<S: Store + 'static>(cx: &Arc<Context<S>>, refresh: &Arc<Refresh>, cause: Cause) -> Verdict {
    let Ok(alone) = refresh.whole.alone.clone().try_lock_owned() else {
        refresh.whole.again.store(true, SeqCst);
        return Ok(Reply::Nothing(Nothing::Busy));
    };
    let (sender, answer) = oneshot::channel();
    let (task_cx, task_refresh) = (cx.clone(), refresh.clone());
    let task = async move {
        let ended = bounded(&task_cx, &task_refresh, &cause).await;
        drop(alone);
        // No event waits any more for what takes long.
        let _ = sender.send(ended.map(|()| Reply::Nothing(Nothing::Shown)).map_err(|why| unshown(&why)));
        follow(&task_cx, &task_refresh, &cause).await;
    };
    tokio::spawn(task.in_current_span());
    match timeout(refresh.limit, answer).await {
        Ok(Ok(verdict)) => verdict,
        Ok(Err(_)) => Err(unshown("the process is about to end")),
        Err(_) => {
            tracing::info!("Backstage is still being shown what is in the bucket");
            Ok(Reply::Nothing(Nothing::Shown))
        }
    }
}

/// What was asked for meanwhile, unless another one does it.
async fn follow<S: Store>(cx: &Context<S>, refresh: &Refresh, cause: &Cause) {
    while refresh.whole.again.load(SeqCst) {
        let Ok(_alone) = refresh.whole.alone.try_lock() else { return };
        refresh.whole.again.store(false, SeqCst);
        if let Err(why) = bounded(cx, refresh, cause).await {
            tracing::warn!(why, "Backstage was not shown all; the next resync goes on");
        }
    }
}

async fn bounded<S: Store>(cx: &Context<S>, refresh: &Refresh, cause: &Cause) -> Result<(), String> {
    let looked = timeout(WHOLE, whole(cx, refresh, cause)).await;
    looked.unwrap_or_else(|_| Err(format!("not all was shown within {WHOLE:?}")))
}

async fn whole<S: Store>(cx: &Context<S>, refresh: &Refresh, cause: &Cause) -> Result<(), String> {
    refresh.confirmed.load(&cx.bucket).await.map_err(|error| error.to_string())?;
    let listing = cx.bucket.entities().await.map_err(|error| error.to_string())?;
    refresh.confirmed.retain(&listing);
    let due = listing.iter().filter(|(key, etag)| !refresh.confirmed.is_confirmed(key, etag));
    let due: Vec<_> = due.filter_map(|(key, etag)| Some((cx.settings.layout.read(key)?.key, etag.as_str()))).collect();
    // Neither waits for the other, so that Backstage reads changes even if a provider hangs.
    let (listed, shown) = tokio::join!(listed(refresh), show(refresh, &due, cause));
    let (unknown, shown) = shown;
    if listed.is_ok() {
        unknown.into_iter().for_each(|(key, etag)| confirm(refresh, key, etag, cause));
    }
    refresh.confirmed.save(&cx.bucket).await.map_err(|error| error.to_string())?;
    listed.and(shown)
}

async fn listed(refresh: &Refresh) -> Result<(), String> {
    let listed = timeout(LISTING, refresh.listing.run(&refresh.backstage)).await;
    listed
        .map_err(|_| format!("the provider's run does not end within {LISTING:?}"))?
        .map_err(|error| error.to_string())
}

/// Lets Backstage read what is due. What it does not know is left to its listing.
async fn show<'a>(
    refresh: &Refresh,
    due: &'a [(Key, &'a str)],
    cause: &Cause,
) -> (BTreeMap<&'a Key, &'a str>, Result<(), String>) {
    let (mut unknown, mut ended) = (BTreeMap::new(), Ok(()));
    for part in due.chunks(PART) {
        let known = flush::read(refresh, part.iter().map(|(key, _)| key.to_string()).collect()).await;
        let is_going = known.iter().any(Result::is_ok);
        let is_read = known.contains(&Ok(Known::Yes));
        for ((key, etag), known) in part.iter().zip(known) {
            match known {
                Ok(Known::Yes) => confirm(refresh, key, etag, cause),
                Ok(Known::No) => drop(unknown.insert(key, *etag)),
                Err(error) => ended = Err(error.to_string()),
            }
        }
        if !is_going {
            return (unknown, ended);
        }
        if part.len() == PART && is_read {
            sleep(PAUSE).await;
        }
    }
    if !due.is_empty() {
        tracing::info!(objects = due.len(), "Backstage was shown what it had not been shown");
    }
    (unknown, ended)
}

fn confirm(refresh: &Refresh, key: &Key, etag: &str, cause: &Cause) {
    refresh.confirmed.confirm(&key.to_string(), etag);
    refresh.looks.add(key, cause, None, Instant::now());
}
