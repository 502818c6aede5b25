//! Why a list came to no end.

use cluster::Skipped;
use events::Nack;

/// Why a list came to no end.
pub(crate) enum Stopped {
    /// It concerns the kind alone.
    List(cluster::Error),
    /// So does this: the list has something of which no key can be made, so that what is not in the list may still exist.
    Unreadable(String),
    /// The store is down.
    Store(Nack),
}

impl Stopped {
    pub(crate) fn unreadable(Skipped { name, reason }: &Skipped) -> Self {
        Self::Unreadable(format!("{name} is not a valid object: {reason}"))
    }
}

impl From<cluster::Error> for Stopped {
    fn from(error: cluster::Error) -> Self {
        Self::List(error)
    }
}
