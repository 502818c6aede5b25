//! The metric of what became of entities.

use events::Action;
use opentelemetry::{KeyValue, global, metrics::Counter};

/// `callboard_entities_total{action}`, counted by the functions.
#[derive(Debug, Clone)]
pub struct EntityCounter(Counter<u64>);

impl EntityCounter {
    /// Made after [`telemetry::init`](crate::telemetry::init); one made before counts nothing.
    #[expect(clippy::new_without_default, reason = "it reaches for the global meter, which a default should not")]
    pub fn new() -> Self {
        let meter = global::meter("callboard");
        Self(
            meter.u64_counter("callboard_entities_total").with_description("Entities, by what became of them.").build(),
        )
    }

    /// Counts entities that were created, updated or deleted.
    pub fn changed(&self, action: Action, entities: u64) {
        let action = match action {
            Action::Created => "created",
            Action::Updated => "updated",
            Action::Deleted => "deleted",
        };
        self.0.add(entities, &[KeyValue::new("action", action)]);
    }

    /// Counts entities that were left out.
    pub fn omitted(&self, entities: u64) {
        self.0.add(entities, &[KeyValue::new("action", "omitted")]);
    }
}
