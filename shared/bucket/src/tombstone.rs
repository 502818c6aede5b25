//! What a deletion leaves behind, so that a late update does not raise the dead.

use crate::{Body, Outcome};
use events::Version;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The most bytes of a tombstone that are read.
pub(crate) const MAX: usize = 16 * 1024;

/// Up to which version of a source nothing shall stand in the bucket.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(crate) struct Tombstone {
    uid: String,
    resource_version: String,
    dead: Dead,
    /// The hash of the event that led to it.
    pub(crate) cause: String,
    outcome: String,
}

/// Whether the source itself is gone, or only its entities.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(crate) enum Dead {
    /// The source is gone: nothing of this version may stand any more.
    Yes,
    /// The source lives without entities: another configuration may give it some in the same version.
    No,
}

impl Tombstone {
    pub(crate) fn new(version: &Version, dead: Dead, cause: &str, outcome: &Outcome) -> Self {
        Self {
            uid: version.uid.clone(),
            resource_version: version.resource_version.clone(),
            dead,
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

    /// Whether nothing of this version may stand. What cannot be compared is not covered.
    pub(crate) fn covers(&self, version: &Version) -> bool {
        match (self.version().order(), version.order()) {
            (Some(ours), Some(asked)) => asked < ours || asked == ours && self.dead == Dead::Yes,
            _ => false,
        }
    }

    /// Whether the same event wrote it, of no older version, so that it tells what the other one would. Not if there was nothing
    /// to do then, and now there is.
    pub(crate) fn tells(&self, other: &Self) -> bool {
        self.cause == other.cause
            && (other.outcome.is_empty() || !self.outcome.is_empty())
            && other.version().order() <= self.version().order()
            && (self.dead == other.dead || self.dead == Dead::Yes)
    }

    /// Takes over what the same event did before, where nothing was left to do. Whether that was so.
    pub(crate) fn inherit(&mut self, before: &Self) -> bool {
        let is_heir = self.cause == before.cause && self.outcome.is_empty();
        if is_heir {
            self.outcome.clone_from(&before.outcome);
        }
        is_heir
    }

    /// Whether the other one, later written, may take its place: not if that is older, or cannot be compared. Of the same version
    /// it may where it says more.
    pub(crate) fn gives_way_to(&self, other: &Self) -> bool {
        match (self.version().order(), other.version().order()) {
            (Some(ours), Some(others)) if ours == others => {
                let tells_more = self.outcome.is_empty() && !other.outcome.is_empty();
                self.dead == Dead::No || other.dead == Dead::Yes && tells_more
            }
            (Some(ours), Some(others)) => others > ours,
            (Some(_), None) => false,
            (None, _) => true,
        }
    }

    /// A tombstone that does not parse counts as none: resync is the judge then.
    pub(crate) fn read(bytes: &[u8]) -> Option<Self> {
        serde_json::from_slice(bytes).ok()
    }

    pub(crate) fn body(&self) -> Body {
        let bytes = serde_json::to_vec(self).unwrap_or_default();
        Body { bytes, content_type: "application/json", metadata: BTreeMap::new() }
    }
}
