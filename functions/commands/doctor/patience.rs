//! How long Backstage is waited for.

use std::time::Duration;

/// How long is waited for Backstage.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// For a run of the provider to end.
    pub run: Duration,
    /// For what it listed to be in the catalog.
    pub shown: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self { run: Duration::from_secs(20), shown: Duration::from_secs(5) }
    }
}
