//! What `refresh` knows, and what it has to do.

use super::{confirmed::Confirmed, listing::Listing, looks::Looks, requests::Requests};
use backstage::Backstage;
use events::Nack;
use std::{
    sync::{Arc, atomic::AtomicBool},
    time::Duration,
};
use tokio::sync::Mutex;

/// The most time that an event waits for its end, whatever time it has: it holds a place among those that are handled in parallel.
const LIMIT: Duration = Duration::from_secs(6);

/// What `refresh` has, in addition to what all functions have.
pub struct Refresh {
    pub(super) backstage: Backstage,
    /// How long an event waits for its end.
    pub(super) limit: Duration,
    pub(super) requests: Requests,
    pub(super) listing: Listing,
    pub(super) looks: Looks,
    pub(super) confirmed: Confirmed,
    pub(super) whole: Whole,
}

impl Refresh {
    /// For this Backstage; an event ends within the limit, and within six seconds.
    pub fn new(backstage: Backstage, limit: Duration) -> Self {
        let by = format!("{} {}", backstage.url(), backstage.location("").target);
        Self {
            backstage,
            limit: limit.min(LIMIT),
            requests: Requests::default(),
            listing: Listing::default(),
            looks: Looks::default(),
            confirmed: Confirmed::by(&by),
            whole: Whole::default(),
        }
    }

    /// The same, with these times between its looks at what Backstage took.
    pub fn looking_after(self, gaps: [Duration; 5]) -> Self {
        Self { looks: Looks::after(gaps), ..self }
    }
}

/// There is one look at the whole bucket at a time.
#[derive(Debug, Default)]
pub(super) struct Whole {
    pub(super) alone: Arc<Mutex<()>>,
    /// Whether another one was asked for while one was going.
    pub(super) again: AtomicBool,
}

/// The end of an event that Backstage was not shown. The reason is in the log; what the Broker gets is empty.
pub(super) fn unshown(why: &str) -> Nack {
    tracing::warn!(why, "Backstage was not shown what changed");
    Nack::Retry(String::new())
}
