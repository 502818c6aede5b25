//! How a function ended with an event, by whose fault. Only `runtime` turns it into a status code.

use cloudevents::Event;

/// The end of one event.
pub type Verdict = Result<Reply, Nack>;

/// An event that was handled.
#[derive(Debug, Clone, PartialEq)]
pub enum Reply {
    /// Something changed; the Broker forwards this event.
    Changed(Box<Event>),
    /// The object is left as it is in the bucket, whatever comes again: Callboard could not describe it, or the store never takes
    /// it. The Broker forwards this event, which says so.
    Omitted(Box<Event>),
    /// Nothing to report to the Broker.
    Nothing(Nothing),
}

/// Why an event that was handled leads to no reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Nothing {
    /// The bucket already says what the object says.
    Unchanged,
    /// The event is older than what is known: the bucket has a newer state of the object, or its deletion.
    Late,
    /// The event is of no concern to this function.
    NotOurs,
    /// The event names an object without carrying it, and Callboard could not read it: there is no cluster to ask, or
    /// the cluster does not serve that kind.
    Unresolved,
    /// The event names an object that no longer exists. Its deletion event, or `resync`, deletes the entities.
    Absent,
    /// The function may not read the object: an RBAC rule is missing.
    Uncovered,
    /// A run is already going, and finds what this event is about.
    Busy,
    /// What the event approves is not held, or no longer.
    Lapsed,
    /// A dead letter was kept.
    Kept,
    /// Backstage was notified.
    Shown,
    /// The bucket was filled by another cluster: nothing is written to it.
    OtherCluster,
}

impl Nothing {
    /// The value of the metric attribute `verdict`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unchanged => "unchanged",
            Self::Late => "late",
            Self::NotOurs => "not_ours",
            Self::Unresolved => "unresolved",
            Self::Absent => "absent",
            Self::Uncovered => "uncovered",
            Self::Busy => "busy",
            Self::Lapsed => "lapsed",
            Self::Kept => "kept",
            Self::Shown => "shown",
            Self::OtherCluster => "other_cluster",
        }
    }
}

/// An event that was not handled, by whose fault it was not.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Nack {
    /// The event is at fault: it is for Callboard, but it does not decode. A retry would not help.
    #[error("{0}")]
    Reject(String),
    /// The object is at fault: the store never takes it and takes others. A retry would not help.
    #[error("{0}")]
    Refused(String),
    /// The environment is at fault: the bucket or the cluster. A retry may help.
    #[error("{0}")]
    Retry(String),
}
