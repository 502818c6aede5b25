//! Our own events: Backstage is shown what changed, and asked whether it took it.
//!
//! Stock Backstage never notices changed content by its listing, and lists on a schedule. A changed object is read anew by its
//! Location, a new or removed one is found by a run of the provider that begins after the write.

mod confirmed;
mod flush;
mod flushes;
mod listing;
mod looks;
mod refusals;
mod tick;

pub(crate) use refusals::refused;
pub use tick::tick;

use crate::{context::Context, now::nothing};
use backstage::Backstage;
use bucket::Store;
use confirmed::Confirmed;
use events::{Nack, News, Nothing, Reply, Verdict};
use flushes::{Flushes, Request};
use listing::Listing;
use looks::Looks;
use std::{sync::Arc, time::Duration};
use tick::Ticks;
use tokio::time::timeout;

/// The most time that an event waits for its end, whatever time it has: it holds a place among those that are handled at once.
const LIMIT: Duration = Duration::from_secs(6);

/// How long an event waits for what an earlier process left, until that is known.
const LOAD: Duration = Duration::from_millis(300);

/// The most objects of an event that are shown by itself; a tick shows more.
const KEYS: usize = 200;

/// What `refresh` has, beside what all functions have.
pub struct Refresh {
    backstage: Backstage,
    /// How long an event waits for its end.
    limit: Duration,
    flushes: Flushes,
    listing: Listing,
    looks: Looks,
    confirmed: Confirmed,
    ticks: Ticks,
}

impl Refresh {
    /// For this Backstage; an event ends within the limit, and within six seconds.
    pub fn new(backstage: Backstage, limit: Duration) -> Self {
        let by = format!("{} {}", backstage.url(), backstage.location("").target);
        Self {
            backstage,
            limit: limit.min(LIMIT),
            flushes: Flushes::default(),
            listing: Listing::default(),
            looks: Looks::default(),
            confirmed: Confirmed::by(&by),
            ticks: Ticks::default(),
        }
    }

    /// The same, with these times between its looks at what Backstage took.
    pub fn looking_after(self, gaps: [Duration; 5]) -> Self {
        Self { looks: Looks::after(gaps), ..self }
    }
}

/// Works on what the events ask for, as long as the process lives.
pub(crate) fn start<S: Store + 'static>(cx: &Arc<Context<S>>, refresh: &Arc<Refresh>) {
    tokio::spawn(flushes::run(cx.clone(), refresh.clone()));
    tokio::spawn(looks::run(cx.clone(), refresh.clone()));
}

/// Shows Backstage what an event of ours tells, together with others that come at the same time.
///
/// # Errors
/// If Backstage does not take it.
pub async fn handle<S: Store + 'static>(cx: &Arc<Context<S>>, refresh: &Arc<Refresh>, news: News) -> Verdict {
    let keys = news.keys.into_iter().filter_map(|(key, became)| Some((cx.settings.layout.read(&key)?.key, became)));
    let keys: Vec<_> = keys.collect();
    // Where the bucket does not answer, the next tick shows it once more.
    let _ = timeout(LOAD, refresh.confirmed.load(&cx.bucket)).await;
    // Whatever becomes of this event, a tick sees that there was something to show.
    keys.iter().for_each(|(key, _)| refresh.confirmed.revoke(&key.to_string()));
    if news.truncated || keys.len() > KEYS {
        return tick(cx, refresh, news.cause).await;
    }
    if keys.is_empty() {
        return nothing(Nothing::NotOurs);
    }
    match refresh.flushes.ask(Request { keys, cause: news.cause }, refresh.limit).await {
        Ok(()) => Ok(Reply::Nothing(Nothing::Shown)),
        Err(why) => Err(unshown(&why)),
    }
}

/// The reason is in the log; what the Broker gets is empty.
fn unshown(why: &str) -> Nack {
    tracing::warn!(why, "Backstage was not shown what changed");
    Nack::Retry(String::new())
}
