//! The state of an object.

/// The state of an object: the value of the label `callboard.dev/state`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    /// What was requested is there.
    Reconciled,
    /// The work goes on, or has not begun.
    Pending,
    /// The work ended without a result.
    Failing,
    /// A person paused it.
    Paused,
    /// A workflow suspended itself.
    Suspended,
    /// It is being deleted.
    Deleting,
    /// The object does not say.
    Unknown,
}

impl State {
    /// The label's value.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Reconciled => "reconciled",
            Self::Pending => "pending",
            Self::Failing => "failing",
            Self::Paused => "paused",
            Self::Suspended => "suspended",
            Self::Deleting => "deleting",
            Self::Unknown => "unknown",
        }
    }
}
