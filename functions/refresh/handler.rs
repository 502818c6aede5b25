//! Callboard's own events: Backstage is shown what changed, and asked whether it took it.
//!
//! Stock Backstage never notices changed content by its listing, and lists on a schedule. A changed object is read again by its
//! Location. A new or removed one is found by a run of the provider that begins after the write.

mod confirmed;
mod flush;
mod flushes;
mod listing;
mod looks;
mod questions;
mod refusals;
mod report;
mod requests;
mod round;
mod state;
mod whole;

pub(crate) use refusals::refused;
pub use state::Refresh;
pub use whole::show_all;

use crate::{context::Context, now::nothing};
use bucket::Store;
use events::{News, Nothing, Reply, Verdict};
use requests::Request;
use state::unshown;
use std::{sync::Arc, time::Duration};
use tokio::time::timeout;

/// How long an event waits until what an earlier process left is known.
const LOAD: Duration = Duration::from_millis(300);

/// The most objects of an event that are shown by itself. For more the whole bucket is looked at.
const KEYS: usize = 200;

/// Works on what the events ask for, as long as the process lives.
pub(crate) fn start<S: Store + 'static>(cx: &Arc<Context<S>>, refresh: &Arc<Refresh>) {
    tokio::spawn(flushes::run(cx.clone(), refresh.clone()));
    tokio::spawn(round::run(cx.clone(), refresh.clone()));
}

/// Shows Backstage what an event of Callboard reports, together with others that come at the same time.
///
/// # Errors
/// If Backstage does not take it.
pub async fn handle<S: Store + 'static>(cx: &Arc<Context<S>>, refresh: &Arc<Refresh>, news: News) -> Verdict {
    let keys = news.keys.into_iter().filter_map(|(key, became)| Some((cx.settings.layout.read(&key)?.key, became)));
    let keys: Vec<_> = keys.collect();
    // If the bucket does not answer, the next resync shows it once more.
    let _ = timeout(LOAD, refresh.confirmed.load(&cx.bucket)).await;
    // Whatever becomes of this event, a resync sees that there was something to show.
    keys.iter().for_each(|(key, _)| refresh.confirmed.revoke(&key.to_string()));
    if news.truncated || keys.len() > KEYS {
        return show_all(cx, refresh, news.cause).await;
    }
    if keys.is_empty() {
        return nothing(Nothing::NotOurs);
    }
    match refresh.requests.ask(Request { keys, cause: news.cause }, refresh.limit).await {
        Ok(()) => Ok(Reply::Nothing(Nothing::Shown)),
        Err(why) => Err(unshown(&why)),
    }
}
