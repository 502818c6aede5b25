//! What a deletion leaves behind, so that a late update does not raise the dead.

use crate::{Body, Outcome};
use events::Version;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The most bytes of a tombstone that are read.
pub(crate) const MAX: usize = 16 * 1024;

/// The highest version of an object that is known to be deleted.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(crate) struct Tombstone {
    uid: String,
    resource_version: String,
    /// The hash of the event that led to it.
    pub(crate) cause: String,
    outcome: String,
}

impl Tombstone {
    pub(crate) fn new(version: &Version, cause: &str, outcome: &Outcome) -> Self {
        Self {
            uid: version.uid.clone(),
            resource_version: version.resource_version.clone(),
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

    /// Whether the deletion is not older than this version. What cannot be compared is not covered.
    pub(crate) fn covers(&self, version: &Version) -> bool {
        matches!((self.version().order(), version.order()), (Some(dead), Some(asked)) if asked <= dead)
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
