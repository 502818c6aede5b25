//! The metrics of what the Broker could not deliver.

use opentelemetry::{
    KeyValue, global,
    metrics::{Counter, Gauge},
};

/// `callboard_dead_letters_total{cloudevents.event_type}` and `callboard_dead_letters_left`, by the function that keeps
/// dead letters.
#[derive(Debug, Clone)]
pub struct DeadLetters {
    came: Counter<u64>,
    left: Gauge<u64>,
}

impl DeadLetters {
    /// Made after [`telemetry::init`](crate::telemetry::init); one made before counts nothing.
    #[expect(clippy::new_without_default, reason = "it reaches for the global meter, which a default should not")]
    pub fn new() -> Self {
        let meter = global::meter("callboard");
        let came = meter.u64_counter("callboard_dead_letters_total");
        let left = meter.u64_gauge("callboard_dead_letters_left");
        Self {
            came: came.with_description("Events that the Broker could not deliver.").build(),
            left: left.with_description("Dead letters that failed again when they were last tried.").build(),
        }
    }

    /// One of this type came.
    pub fn came(&self, ty: &str) {
        self.came.add(1, &[KeyValue::new("type", events::known_type(ty))]);
    }

    /// So many failed again.
    pub fn left(&self, letters: usize) {
        self.left.record(letters as u64, &[]);
    }
}
