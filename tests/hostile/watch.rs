//! What a process does while it is attacked.

use crate::binary::Served;
use std::{
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    sync::atomic::{AtomicBool, Ordering::Relaxed},
    thread::{scope, sleep},
    time::{Duration, Instant},
};

/// The most memory that a process may ever take: a pod has 256 MiB.
const KIBIBYTES: u64 = 200 * 1024;

/// The longest time until it says that it lives. Kubernetes waits one second.
const LIVENESS: Duration = Duration::from_secs(1);

/// Runs an attack while the process is asked whether it lives, and prints what that took.
pub(crate) fn withstood(served: &Served, what: &str, attack: impl FnOnce()) {
    let (began, over) = (Instant::now(), AtomicBool::new(false));
    let (ended, slowest) = scope(|scope| {
        let watch = scope.spawn(|| slowest_answer(served, &over));
        let ended = catch_unwind(AssertUnwindSafe(attack));
        over.store(true, Relaxed);
        (ended, watch.join())
    });
    let took = began.elapsed().as_secs_f64();
    ended.unwrap_or_else(|panic| resume_unwind(panic));
    let slowest = slowest.unwrap_or_else(|panic| resume_unwind(panic));
    let peak = served.kibibytes("VmHWM");
    println!("{what}: {took:.1} s, at most {} MiB, alive within {} ms", peak / 1024, slowest.as_millis());
    assert!(peak < KIBIBYTES, "{what}: the process took {peak} KiB");
    assert!(slowest < LIVENESS, "{what}: the process said after {slowest:?} that it lives");
}

/// Asks whether the process lives until the attack is over; the longest time until it said so.
fn slowest_answer(served: &Served, over: &AtomicBool) -> Duration {
    let mut slowest = Duration::ZERO;
    loop {
        let asked = Instant::now();
        let answer = served.ask("GET", "/health/liveness");
        assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
        slowest = slowest.max(asked.elapsed());
        if over.load(Relaxed) {
            return slowest;
        }
        sleep(Duration::from_millis(20));
    }
}
