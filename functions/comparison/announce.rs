//! Events that are not replies.

use crate::context::Context;
use cloudevents::{AttributesReader, Event};

impl<S> Context<S> {
    /// Posts an event to the sink; whether it arrived there. Without a sink only the log has it.
    pub(crate) async fn announce(&self, event: Result<Event, String>) -> bool {
        let event = match event {
            Ok(event) => event,
            Err(error) => {
                tracing::error!(error, "an event cannot be built");
                return false;
            }
        };
        let (ty, id) = (event.ty().to_owned(), event.id().to_owned());
        let Some(sink) = &self.sink else {
            tracing::warn!(
                cloudevents.event_type = ty,
                cloudevents.event_id = id,
                "there is no K_SINK to send an event to"
            );
            return false;
        };
        match sink.send(event).await {
            Ok(()) => true,
            Err(error) => {
                tracing::error!(%error, "an event was not taken by K_SINK");
                false
            }
        }
    }
}
