//! How bucket and cluster differ, and the event that reports it.

use crate::{
    Cause, Function,
    emitted::{self, Cut, Shape},
    run,
};
use cloudevents::Event;
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, fmt};

/// The type of [`Drifted`].
pub const DRIFTED: &str = "dev.callboard.catalog.drifted";

/// How bucket and cluster differed, or why Callboard could not compare them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DriftReason {
    /// The object exists, and the bucket did not have its entities.
    Missing,
    /// The bucket had an older state of the object.
    Outdated,
    /// The bucket had the entities of an object that was deleted.
    Orphan,
    /// A file under the prefix that Callboard did not write; it is left alone.
    Unmanaged,
    /// Two objects claim one entity ref; the first key keeps it.
    Collision,
    /// The bucket was ahead of the cluster, which was restored or rebuilt.
    Rewound,
    /// A kind that no source reports, or that Callboard may not read.
    Uncovered,
    /// An object that Callboard cannot describe, or that the store never takes; the bucket stays as it is.
    Omitted,
}

impl DriftReason {
    /// Its name in events, metrics and tables.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Outdated => "outdated",
            Self::Orphan => "orphan",
            Self::Unmanaged => "unmanaged",
            Self::Collision => "collision",
            Self::Rewound => "rewound",
            Self::Uncovered => "uncovered",
            Self::Omitted => "omitted",
        }
    }
}

impl fmt::Display for DriftReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One difference.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Drift {
    /// How it differed.
    pub reason: DriftReason,
    /// The kind: `<kind>.<group>`, in lower case; empty for an unmanaged file.
    pub kind: String,
    /// The key in the bucket, if it is about one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// What it is, or what to do, in one sentence.
    pub detail: String,
}

/// The content of `dev.callboard.catalog.drifted`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Drifted {
    /// The event that led to the run.
    pub cause: Cause,
    /// The run.
    pub run: String,
    /// What differed.
    pub drift: Vec<Drift>,
    /// How many there were, by reason, whatever the list says.
    pub counts: BTreeMap<DriftReason, u64>,
    /// Set if the list was cut.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub truncated: bool,
}

impl Drifted {
    /// The event of the function that compared, as in [`crate::Resynced`].
    ///
    /// # Errors
    /// If an attribute cannot stand in an event.
    pub fn event(self, function: Function, cluster: &str, root: &str) -> Result<Event, String> {
        let id = run::id(&self.cause, DRIFTED, &(root, &self.drift));
        emitted::event(Shape { function, ..run::shape(DRIFTED, id, cluster, root) }, self)
    }
}

impl Cut for Drifted {
    fn cut(&mut self) -> bool {
        self.truncated = true;
        emitted::halve(&mut self.drift) || self.cause.shorten()
    }
}
