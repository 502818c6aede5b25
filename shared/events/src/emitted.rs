//! What all events that we emit have in common.

use crate::Function;
use cloudevents::{Event, EventBuilder, EventBuilderV10};
use serde::Serialize;

/// The extension by which Kafka orders events: the bucket key, or where a run writes.
pub const PARTITION_KEY: &str = "partitionkey";

/// The most bytes of data that an emitted event has; beyond it lists are cut and `truncated` is set.
pub const MAX_DATA: usize = 256 * 1024;

/// The absolute URL of the JSON Schema of an event type of Callboard; the file of that name lies in `deploy/schemas`.
pub fn schema_url(ty: &str) -> String {
    format!("https://callboard.dev/schemas/{ty}.json")
}

/// The attributes of an event of Callboard. None has a time or a random id, so that a redelivered cause leads to the very
/// same event.
pub(crate) struct Shape<'a> {
    pub(crate) function: Function,
    pub(crate) ty: &'static str,
    pub(crate) id: String,
    pub(crate) subject: String,
    pub(crate) key: &'a str,
}

/// Data that can be made shorter.
pub(crate) trait Cut: Serialize {
    /// Cuts about half of what can be cut and says so in the data; false where nothing is left to cut.
    fn cut(&mut self) -> bool;
}

/// Builds the event, its lists cut until it fits.
pub(crate) fn event(shape: Shape<'_>, mut data: impl Cut) -> Result<Event, String> {
    let value = loop {
        let value = serde_json::to_value(&data).map_err(|error| error.to_string())?;
        if value.to_string().len() <= MAX_DATA || !data.cut() {
            break value;
        }
    };
    EventBuilderV10::new()
        .id(shape.id)
        .source(format!("/callboard/{}", shape.function))
        .ty(shape.ty)
        .subject(shape.subject)
        .extension(PARTITION_KEY, shape.key)
        .data_with_schema("application/json", schema_url(shape.ty), value)
        .build()
        .map_err(|error| error.to_string())
}

/// Leaves half of a list; whether there was something to cut.
pub(crate) fn halve<T>(list: &mut Vec<T>) -> bool {
    let before = list.len();
    list.truncate(before / 2);
    before > 0
}
