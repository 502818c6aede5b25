//! What a deletion leaves behind, so that a late event does not re-create the entities of a deleted object.

use super::Outcome;
use crate::Body;
use events::Version;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The most bytes of a tombstone that are read.
pub(crate) const MAX_TOMBSTONE: usize = 16 * 1024;

/// The version of a source up to which the bucket must hold nothing.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(crate) struct Tombstone {
    uid: String,
    resource_version: String,
    source: Source,
    /// The hash of the event that led to it.
    pub(crate) cause: String,
    outcome: String,
}

/// Whether the source itself was deleted, or only its entities.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(crate) enum Source {
    /// The source was deleted: the bucket must hold nothing of this version.
    Deleted,
    /// The source exists without entities. Another configuration may give it entities in the same version.
    Exists,
}

impl Tombstone {
    pub(crate) fn new(version: &Version, source: Source, cause: &str, outcome: &Outcome) -> Self {
        Self {
            uid: version.uid.clone(),
            resource_version: version.resource_version.clone(),
            source,
            cause: cause.to_owned(),
            outcome: outcome.encode(),
        }
    }

    pub(crate) fn version(&self) -> Version {
        Version { uid: self.uid.clone(), resource_version: self.resource_version.clone() }
    }

    pub(crate) fn outcome(&self) -> Outcome {
        Outcome::decode(&self.outcome)
    }

    /// Whether the bucket must hold nothing of this version. A version that cannot be compared is not covered.
    pub(crate) fn covers(&self, version: &Version) -> bool {
        match (self.version().order(), version.order()) {
            (Some(ours), Some(asked)) => asked < ours || asked == ours && self.source == Source::Deleted,
            _ => false,
        }
    }

    /// Whether the same event wrote it, for a version that is not older, so that it says what the other one would say. Not
    /// if the event had nothing to do then and has something to do now.
    pub(crate) fn repeats(&self, other: &Self) -> bool {
        self.cause == other.cause
            && (other.outcome.is_empty() || !self.outcome.is_empty())
            && other.version().order() <= self.version().order()
            && (self.source == other.source || self.source == Source::Deleted)
    }

    /// Takes over what the same event did before, if nothing was left to do. Returns whether that was so.
    pub(crate) fn take_over(&mut self, before: &Self) -> bool {
        let is_same = self.cause == before.cause && self.outcome.is_empty();
        if is_same {
            self.outcome.clone_from(&before.outcome);
        }
        is_same
    }

    /// Whether the other one, written later, may replace it: not if that is older or cannot be compared. One of the same
    /// version may replace it if it says more.
    pub(crate) fn yields_to(&self, other: &Self) -> bool {
        match (self.version().order(), other.version().order()) {
            (Some(ours), Some(others)) if ours == others => {
                let says_more = self.outcome.is_empty() && !other.outcome.is_empty();
                self.source == Source::Exists || other.source == Source::Deleted && says_more
            }
            (Some(ours), Some(others)) => others > ours,
            (Some(_), None) => false,
            (None, _) => true,
        }
    }

    /// A tombstone that does not parse counts as missing. `resync` then repairs the bucket.
    pub(crate) fn read(bytes: &[u8]) -> Option<Self> {
        serde_json::from_slice(bytes).ok()
    }

    pub(crate) fn body(&self) -> Body {
        let bytes = serde_json::to_vec(self).unwrap_or_default();
        Body { bytes, content_type: "application/json", metadata: BTreeMap::new() }
    }
}
