//! The event that caused a change.

use cloudevents::{AttributesReader, Event};
use serde::Serialize;
use sha2::{Digest, Sha256};

/// Identity of a causing event: CloudEvents promises that source and id together are unique.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Cause {
    /// The CloudEvents `source`.
    pub source: String,
    /// The CloudEvents `id`.
    pub id: String,
    /// The CloudEvents `type`.
    #[serde(rename = "type")]
    pub ty: String,
    /// Hex SHA-256 of source, NUL, id: what the bucket keeps, since ids may be long or not ASCII.
    pub sha256: String,
}

impl Cause {
    /// The cause which this event is.
    pub fn of(event: &Event) -> Self {
        Self::new(event.source().as_str(), event.id(), event.ty())
    }

    /// A cause from its parts.
    pub fn new(source: &str, id: &str, ty: &str) -> Self {
        let sha256 = hex(Sha256::new().chain_update(source).chain_update([0]).chain_update(id));
        Self { source: source.to_owned(), id: id.to_owned(), ty: ty.to_owned(), sha256 }
    }

    /// Leaves the hash alone to tell the event; whether there was more.
    pub(crate) fn shorten(&mut self) -> bool {
        let longer = !self.id.is_empty() || !self.source.is_empty();
        self.id.clear();
        self.source.clear();
        longer
    }

    /// The id of the event which this cause leads to for one bucket object: the same on redelivery.
    pub fn reply_id(&self, key: &str) -> String {
        hex(Sha256::new().chain_update(&self.sha256).chain_update([0]).chain_update(key))
    }
}

fn hex(digest: Sha256) -> String {
    hex::encode(digest.finalize())
}
