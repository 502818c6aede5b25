//! The metric of what differed between cluster and bucket.

use events::DriftReason;
use opentelemetry::{
    KeyValue, global,
    metrics::{Counter, Gauge},
};
use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, PoisonError},
};

/// How many kinds are counted separately; the others are `other`, so that no stranger makes time series.
const KINDS: usize = 256;

/// `callboard_drift_total{kind,reason}`, `callboard_degraded_total{kind}` and `callboard_truth_lag_seconds`, counted by the functions.
#[derive(Debug, Clone)]
pub struct DriftCounter {
    counter: Counter<u64>,
    degraded: Counter<u64>,
    lag: Gauge<u64>,
    kinds: Arc<Mutex<BTreeSet<String>>>,
}

impl DriftCounter {
    /// Made after [`telemetry::init`](crate::telemetry::init); one made before counts nothing.
    #[expect(clippy::new_without_default, reason = "it reaches for the global meter, which a default should not")]
    pub fn new() -> Self {
        let meter = global::meter("callboard");
        let counter = meter.u64_counter("callboard_drift_total");
        let counter = counter.with_description("Differences between cluster and bucket, by how they differ.").build();
        let degraded = meter.u64_counter("callboard_degraded_total");
        let degraded = degraded.with_description("Kinds that a comparison could not compare.").build();
        let lag = meter.u64_gauge("callboard_truth_lag_seconds").with_unit("s");
        let lag = lag.with_description("How long nobody had looked whether the catalog is true.").build();
        Self { counter, degraded, lag, kinds: Arc::default() }
    }

    /// So many seconds lie between the last two complete comparisons.
    pub fn lag(&self, seconds: u64) {
        self.lag.record(seconds, &[]);
    }

    /// Counts differences of a kind, `<kind>.<group>` in lower case.
    pub fn found(&self, kind: &str, reason: DriftReason, differences: u64) {
        let kind = self.counted_as(kind);
        self.counter.add(differences, &[KeyValue::new("kind", kind), KeyValue::new("reason", reason.as_str())]);
    }

    /// Counts that a kind, `<kind>.<group>` in lower case, could not be compared.
    pub fn degraded(&self, kind: &str) {
        self.degraded.add(1, &[KeyValue::new("kind", self.counted_as(kind))]);
    }

    /// The kind, or `other` if too many are counted already.
    fn counted_as(&self, kind: &str) -> String {
        let mut kinds = self.kinds.lock().unwrap_or_else(PoisonError::into_inner);
        if kinds.len() < KINDS {
            kinds.insert(kind.to_owned());
        }
        if kinds.contains(kind) { kind } else { "other" }.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_so_many_kinds_make_time_series() {
        let drift = DriftCounter::new();
        for n in 0..KINDS {
            assert_eq!(drift.counted_as(&format!("kind-{n}")), format!("kind-{n}"));
        }
        assert_eq!((drift.counted_as("stranger"), drift.counted_as("kind-0")), ("other".into(), "kind-0".into()));
    }
}
