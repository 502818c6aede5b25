//! Letting the provider list the bucket. One request serves all that wait: a run that begins now lists what all of them wrote.

use backstage::{Backstage, Error, Triggered};
use std::{
    sync::atomic::{AtomicU64, Ordering::SeqCst},
    time::Duration,
};
use tokio::{sync::Mutex, time::sleep};

/// Before the second try, and at most.
const WAIT: Duration = Duration::from_millis(25);
const MAX_WAIT: Duration = Duration::from_millis(250);

/// The way to the provider.
#[derive(Debug, Default)]
pub(super) struct Listing {
    asked: AtomicU64,
    /// Up to which a run has begun after it was asked for.
    served: Mutex<u64>,
}

impl Listing {
    /// Returns when a run has begun after this was called. Its caller has the time for that.
    pub(super) async fn run(&self, backstage: &Backstage) -> Result<(), Error> {
        let mine = self.asked.fetch_add(1, SeqCst) + 1;
        let mut served = self.served.lock().await;
        let mut wait = WAIT;
        while *served < mine {
            let so_far = self.asked.load(SeqCst);
            match backstage.trigger().await? {
                Triggered::Begins => *served = so_far,
                Triggered::Busy => {
                    sleep(wait).await;
                    wait = MAX_WAIT.min(wait * 2);
                }
            }
        }
        Ok(())
    }
}
