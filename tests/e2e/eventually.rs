//! Waiting with a deadline for what must come.

#![expect(clippy::print_stdout, reason = "what it prints is what it is for")]

use anyhow::{Context, Result};
use std::time::{Duration, Instant};

/// The pause between two looks.
const PAUSE: Duration = Duration::from_millis(100);

/// How many times longer a busy machine may take than an idle one. Waiting for what comes costs nothing.
const PATIENCE: u32 = 3;

/// What takes longer is printed, so that a log says where the time of a scenario goes.
const LONG: Duration = Duration::from_secs(5);

/// Looks until it is as it should be, for as many seconds as an idle machine needs at most, or three times as long on a busy
/// one. The last look's error says what it was instead.
pub(crate) async fn eventually<T>(what: &str, seconds: u64, mut look: impl AsyncFnMut() -> Result<T>) -> Result<T> {
    let began = Instant::now();
    let deadline = began + Duration::from_secs(seconds) * PATIENCE;
    loop {
        let seen = look().await;
        if seen.is_ok() || Instant::now() > deadline {
            took(began, what);
            return seen.with_context(|| format!("expected within {} s: {what}", u64::from(PATIENCE) * seconds));
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// Prints what took long.
pub(crate) fn took(began: Instant, what: &str) {
    let elapsed = began.elapsed();
    if elapsed > LONG {
        println!("  {:5.1} s  {what}", elapsed.as_secs_f64());
    }
}
