//! How a source object is now: as its event says, or as the cluster says if the event does not carry the object, is old, or
//! does not say how old it is.
//!
//! The cluster is asked for the apiVersion that the event names, so that the object has the same bytes as in the event.
//! If the API server no longer serves that version, it is another one. A ResourceBinding or a Work names no apiVersion.
//! Then it is the one that the Promise's API stores.

use crate::{clock::Clock, kinds::kind_name, reads::Reads};
use cluster::{Cluster, Error, Named};
use events::{Change, DriftReason, Nack, Nothing, Object, ObjectRef, Reply, Verdict, Version};
use runtime::DriftCounter;

/// How far, in milliseconds, the time of an event may be from now. Beyond that it only hints that something happened.
const FRESH: u64 = 10_000;

/// How a source object is, as far as is known.
#[derive(Debug, Clone, PartialEq)]
pub enum Now {
    /// It exists, and is so.
    Is(Object),
    /// It is deleted, as of this version of its kind.
    Deleted(ObjectRef, Version),
}

impl Now {
    /// The object.
    pub fn object(&self) -> &ObjectRef {
        match self {
            Self::Is(object) => object.reference(),
            Self::Deleted(reference, _) => reference,
        }
    }

    /// The version as of which this is known.
    pub fn version(&self) -> Version {
        match self {
            Self::Is(object) => object.version(),
            Self::Deleted(_, version) => version.clone(),
        }
    }

    /// As the event says; `None` if it does not carry the object.
    fn carried(change: Change) -> Option<Self> {
        match change {
            Change::Applied(object) => Some(Self::Is(object)),
            Change::Deleted(object) => Some(Self::Deleted(object.reference().clone(), object.version())),
            Change::AppliedRef(_) | Change::DeletedRef(_) => None,
        }
    }

    /// As the cluster says; `None` if the object is not there, and no event says that it was deleted.
    async fn live(cluster: &Cluster, change: &Change) -> Result<Option<Self>, Error> {
        match change {
            Change::Applied(_) | Change::AppliedRef(_) => Ok(cluster.get(change.object()).await?.map(Self::Is)),
            Change::Deleted(_) | Change::DeletedRef(_) => Ok(Some(match cluster.named(change.object()).await? {
                Named::There(object) => Self::Is(object),
                Named::Absent { resource_version } => {
                    Self::Deleted(change.object().clone(), deletion(change, resource_version))
                }
            })),
        }
    }
}

/// The version of a deletion: at least that of the event.
fn deletion(change: &Change, resource_version: String) -> Version {
    let listed = Version { uid: String::new(), resource_version };
    match change {
        Change::Deleted(object) if object.version().order() >= listed.order() => object.version(),
        _ => listed,
    }
}

/// What it takes to learn how an object is now.
#[derive(Clone, Copy)]
pub struct Observer<'a> {
    /// The cluster, if there is one to ask.
    pub(crate) cluster: Option<&'a Cluster>,
    pub(crate) clock: &'a Clock,
    /// Who may ask it.
    pub(crate) reads: &'a Reads,
    /// Counts the objects that may not be read.
    pub(crate) drift: &'a DriftCounter,
}

impl Observer<'_> {
    /// How the object of a change is, after an event of this `time`. If that cannot be known, how the event ends.
    ///
    /// # Errors
    /// The verdict on the event.
    pub async fn now(self, change: Change, time: Option<i64>) -> Result<Now, Verdict> {
        let is_hint = matches!(change, Change::AppliedRef(_) | Change::DeletedRef(_)) || !self.is_fresh(time);
        let Some(cluster) = self.cluster.filter(|_| is_hint) else {
            return Now::carried(change).ok_or(nothing(Nothing::Unresolved));
        };
        let live = match self.reads.place(change.object()).await {
            Ok(_place) => Now::live(cluster, &change).await,
            Err(error) => Err(error),
        };
        match live {
            Ok(now) => now.ok_or(nothing(Nothing::Absent)),
            Err(error) => {
                // A deletion is one at its own version, whatever became of its kind.
                let counts = match &error {
                    Error::Forbidden { .. } => true,
                    Error::Unserved { .. } => matches!(change, Change::Deleted(_)),
                    Error::Expired { .. } | Error::Late { .. } | Error::Failed { .. } => false,
                };
                let end = self.unanswered(change.object(), error);
                Now::carried(change).filter(|_| counts).ok_or(end)
            }
        }
    }

    /// How an event ends if the cluster did not answer about this object.
    pub(crate) fn unanswered(self, object: &ObjectRef, error: Error) -> Verdict {
        match error {
            Error::Forbidden { .. } => {
                self.drift.found(&kind_name(object.kind(), object.group()), DriftReason::Uncovered, 1);
                tracing::warn!(k8s.object = %object, %error, "an object may not be read");
                nothing(Nothing::Uncovered)
            }
            Error::Unserved { .. } => nothing(Nothing::Unresolved),
            Error::Expired { .. } | Error::Late { .. } | Error::Failed { .. } => Err(Nack::from(error)),
        }
    }

    /// Whether an event tells how its object is now. One without a time, or from the future, may be of any age.
    fn is_fresh(self, time: Option<i64>) -> bool {
        time.is_some_and(|time| self.clock.now().abs_diff(time) <= FRESH)
    }
}

pub(crate) fn nothing(why: Nothing) -> Verdict {
    Ok(Reply::Nothing(why))
}
