//! Waiting with a deadline for what must come.

use anyhow::{Context, Result};
use std::time::{Duration, Instant};

/// The pause between two looks.
const PAUSE: Duration = Duration::from_millis(100);

/// Looks until it is as it should be; the last look's error says what it was instead.
pub(crate) async fn eventually<T>(what: &str, seconds: u64, mut look: impl AsyncFnMut() -> Result<T>) -> Result<T> {
    let deadline = Instant::now() + Duration::from_secs(seconds);
    loop {
        let seen = look().await;
        if seen.is_ok() || Instant::now() > deadline {
            return seen.with_context(|| format!("expected within {seconds} s: {what}"));
        }
        tokio::time::sleep(PAUSE).await;
    }
}
