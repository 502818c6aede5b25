//! How `resync` paces its runs.

use std::time::Duration;
use tokio::sync::{Mutex, MutexGuard};

/// How long a slice of a run writes, and that there is one run at a time in a process.
#[derive(Debug)]
pub struct Pace {
    slice: Duration,
    alone: Mutex<()>,
}

impl Default for Pace {
    fn default() -> Self {
        Self::new(Duration::from_secs(10))
    }
}

impl Pace {
    /// A pace with this much time for a slice. What has begun by then is finished.
    pub fn new(slice: Duration) -> Self {
        Self { slice, alone: Mutex::new(()) }
    }

    /// How long a slice writes.
    pub fn slice(&self) -> Duration {
        self.slice
    }

    /// The right to run; `None` while another run has it.
    pub(super) fn alone(&self) -> Option<MutexGuard<'_, ()>> {
        self.alone.try_lock().ok()
    }
}
