//! Our own events: Backstage is told what changed, and asked whether it took it.
//!
//! Stock Backstage never notices changed content by its listing, and lists on a schedule. A changed object is refreshed by its
//! Location, a new or removed one by a run of the provider that begins after the write.

mod confirmed;
mod flush;
mod flushes;
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
use looks::Looks;
use std::{sync::Arc, time::Duration};
use tokio::sync::Mutex;

/// What `refresh` has, beside what all functions have.
pub struct Refresh {
    /// The Backstage that reads the bucket.
    pub backstage: Backstage,
    /// How long an event waits for its end.
    limit: Duration,
    flushes: Flushes,
    looks: Looks,
    confirmed: Confirmed,
    /// One whole look at a time.
    alone: Arc<Mutex<()>>,
}

impl Refresh {
    /// For this Backstage; an event ends within the limit.
    pub fn new(backstage: Backstage, limit: Duration) -> Self {
        Self {
            backstage,
            limit,
            flushes: Flushes::default(),
            looks: Looks::default(),
            confirmed: Confirmed::default(),
            alone: Arc::default(),
        }
    }

    /// The same, that asks so long after what Backstage took.
    pub fn looking_after(self, after: [Duration; 3]) -> Self {
        Self { looks: Looks::after(after), ..self }
    }
}

/// Works on what the events ask for, as long as the process lives.
pub(crate) fn start<S: Store + 'static>(cx: &Arc<Context<S>>, refresh: &Arc<Refresh>) {
    tokio::spawn(flushes::run(cx.clone(), refresh.clone()));
    tokio::spawn(looks::run(cx.clone(), refresh.clone()));
}

/// Tells Backstage what an event of ours tells, together with others that come at the same time.
///
/// # Errors
/// If Backstage does not take it.
pub async fn handle<S: Store + 'static>(cx: &Arc<Context<S>>, refresh: &Arc<Refresh>, news: News) -> Verdict {
    if news.truncated {
        return tick(cx, refresh, news.cause).await;
    }
    let keys = news.keys.into_iter().filter_map(|(key, became)| Some((cx.settings.layout.read(&key)?.key, became)));
    let keys: Vec<_> = keys.collect();
    if keys.is_empty() {
        return nothing(Nothing::NotOurs);
    }
    match refresh.flushes.ask(Request { keys, cause: news.cause }, refresh.limit).await {
        Ok(()) => Ok(Reply::Nothing(Nothing::Shown)),
        Err(why) => Err(untold(&why)),
    }
}

/// The reason is in the log; what the Broker gets is empty.
fn untold(why: &str) -> Nack {
    tracing::warn!(why, "Backstage was not told");
    Nack::Retry(String::new())
}
