//! The edge to HTTP and to telemetry: an event comes in, a function judges it, a status goes out. Its own events go to
//! `K_SINK`.
//!
//! Only this crate knows status codes. Whatever a function, an event or a client does, the Broker gets an answer
//! that it understands: 200 with an event, 204, or a status by which it retries or dead-letters.

mod args;
mod body;
mod change;
mod connections;
mod dead_letters;
mod drift_counter;
mod entity_counter;
mod incoming;
mod metrics;
mod outcome;
mod outgoing;
mod parent;
mod router;
mod serve;
mod sink;
pub mod telemetry;

pub use args::{Args, LogFormat};
pub use dead_letters::DeadLetters;
pub use drift_counter::DriftCounter;
pub use entity_counter::EntityCounter;
pub use router::router;
pub use serve::{listen, serve, terminated};
pub use sink::{Overrides, Sink, SinkArgs, SinkError};

use cloudevents::Event;
use events::Verdict;

/// One function, served at `POST /`.
pub trait Handler: Send + Sync + 'static {
    /// Its one name, in spans and metrics the attribute `function`.
    fn name(&self) -> &'static str;

    /// Handles one event. Events arrive concurrently, more than once and out of order. The future is dropped
    /// at any await point when its time is up or the client has left.
    fn handle(&self, event: Event) -> impl Future<Output = Verdict> + Send;

    /// Whether it can handle events now; if not, one line that says why. Asked by each readiness probe.
    ///
    /// # Errors
    /// If it is not ready yet.
    fn ready(&self) -> Result<(), String> {
        Ok(())
    }
}
