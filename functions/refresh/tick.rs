//! The whole bucket: what Backstage was not told of, since an event was lost, Backstage was down, or nobody listened yet.

use super::{Refresh, flush, untold};
use crate::context::Context;
use bucket::Store;
use catalog::Key;
use events::{Cause, Nothing, Reply, Verdict};
use std::{collections::BTreeMap, sync::Arc, time::Duration};
use tokio::{sync::oneshot, time::timeout};
use tracing::Instrument;

/// The most time of a whole look; the next tick goes on where it ended.
const WHOLE: Duration = Duration::from_secs(10 * 60);

/// How many objects Backstage is asked for at once.
const PART: usize = 200;

/// Lets Backstage see all that it was not told of. What takes longer than an event may goes on after its answer.
///
/// # Errors
/// If bucket or Backstage do not answer.
pub async fn tick<S: Store + 'static>(cx: &Arc<Context<S>>, refresh: &Arc<Refresh>, cause: Cause) -> Verdict {
    let Ok(alone) = refresh.alone.clone().try_lock_owned() else { return Ok(Reply::Nothing(Nothing::Busy)) };
    let (tells, told) = oneshot::channel();
    let task = {
        let (cx, refresh) = (cx.clone(), refresh.clone());
        async move {
            let looked = timeout(WHOLE, whole(&cx, &refresh, &cause)).await;
            drop(alone);
            let looked = looked.unwrap_or_else(|_| Err(format!("it was not told all within {WHOLE:?}")));
            let verdict = looked.map(|()| Reply::Nothing(Nothing::Shown)).map_err(|why| untold(&why));
            // Nobody waits any more for what takes long.
            let _ = tells.send(verdict);
        }
    };
    tokio::spawn(task.in_current_span());
    match timeout(refresh.limit, told).await {
        Ok(Ok(verdict)) => verdict,
        Ok(Err(_)) => Err(untold("the process is about to end")),
        Err(_) => {
            tracing::info!("Backstage is still being told what is in the bucket");
            Ok(Reply::Nothing(Nothing::Shown))
        }
    }
}

async fn whole<S: Store>(cx: &Context<S>, refresh: &Refresh, cause: &Cause) -> Result<(), String> {
    refresh.confirmed.load(&cx.bucket).await.map_err(said)?;
    let listing = cx.bucket.entities().await.map_err(said)?;
    // From here on each key that is listed is listed by Backstage, too.
    flush::list(&refresh.backstage).await.map_err(said)?;
    refresh.confirmed.retain(&listing);
    let shown = show(cx, refresh, &listing, cause).await;
    refresh.confirmed.save(&cx.bucket).await.map_err(said)?;
    shown.map_err(said)
}

/// Lets Backstage read what it knows and was not told of.
async fn show<S: Store>(
    cx: &Context<S>,
    refresh: &Refresh,
    listing: &BTreeMap<String, String>,
    cause: &Cause,
) -> Result<(), backstage::Error> {
    let due = listing.iter().filter(|(key, etag)| !refresh.confirmed.is_confirmed(key, etag));
    let due: Vec<(Key, &String)> =
        due.filter_map(|(key, etag)| Some((cx.settings.layout.read(key)?.key, etag))).collect();
    for part in due.chunks(PART) {
        let keys = part.iter().map(|(key, _)| key.to_string()).collect();
        flush::read(&refresh.backstage, flush::known(&refresh.backstage, keys).await?).await?;
        for (key, etag) in part {
            refresh.confirmed.confirm(&key.to_string(), etag);
            refresh.looks.add(key, cause, None);
        }
    }
    if !due.is_empty() {
        tracing::info!(objects = due.len(), "Backstage was told what it had not been told of");
    }
    Ok(())
}

fn said(error: impl ToString) -> String {
    error.to_string()
}
