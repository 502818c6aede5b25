//! The metrics of events.

use opentelemetry::metrics::{Counter, Histogram};
use opentelemetry::{KeyValue, global};
use std::time::Duration;

/// `callboard_events_total{function,type,verdict}` and `callboard_event_duration_seconds{function}`.
pub(crate) struct Metrics {
    events: Counter<u64>,
    duration: Histogram<f64>,
}

impl Metrics {
    /// The default bounds of OpenTelemetry are made for milliseconds.
    const BOUNDS: [f64; 12] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 20.0];

    pub(crate) fn new() -> Self {
        let meter = global::meter("callboard");
        let events = meter.u64_counter("callboard_events_total").with_description("Events, by how they ended.");
        let duration = meter
            .f64_histogram("callboard_event_duration_seconds")
            .with_description("Time from a request's head to its answer.")
            .with_unit("s")
            .with_boundaries(Self::BOUNDS.to_vec());
        Self { events: events.build(), duration: duration.build() }
    }

    pub(crate) fn record(&self, function: &'static str, ty: &'static str, verdict: &'static str, took: Duration) {
        let function = KeyValue::new("function", function);
        self.duration.record(took.as_secs_f64(), std::slice::from_ref(&function));
        self.events.add(1, &[function, KeyValue::new("type", ty), KeyValue::new("verdict", verdict)]);
    }
}
