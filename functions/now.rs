//! How a source object is now: as its event says, or as the cluster does where the event does not carry the object or
//! is old.
//!
//! The cluster is asked for the apiVersion that the event names, so that the object has the same bytes as in the event;
//! only where that is served no more it is another one. A ResourceBinding or a Work names no apiVersion: then it is the
//! one that the Promise's API stores.

use crate::{
    context::{Context, Describe},
    kinds::kind_name,
};
use bucket::Store;
use catalog::{Described, Settings};
use cluster::{Cluster, Error, Named};
use events::{Change, DriftReason, Nack, Nothing, Object, ObjectRef, Reply, Verdict, Version};

/// From which age on, in milliseconds, an event is a hint that something happened and no news of what.
const OLD: i64 = 10_000;

/// How a source object is, as far as is known.
#[derive(Debug, Clone, PartialEq)]
pub enum Now {
    /// It lives, and is so.
    Is(Object),
    /// It is gone, as of this version of its kind.
    Gone(ObjectRef, Version),
}

impl Now {
    /// Which object that is.
    pub fn object(&self) -> &ObjectRef {
        match self {
            Self::Is(object) => object.reference(),
            Self::Gone(reference, _) => reference,
        }
    }

    /// As of which version this is known.
    pub fn version(&self) -> Version {
        match self {
            Self::Is(object) => object.version(),
            Self::Gone(_, version) => version.clone(),
        }
    }

    /// What it means for the bucket.
    pub fn described(&self, describe: Describe, settings: &Settings) -> Described {
        match self {
            Self::Is(object) => describe(object, settings),
            Self::Gone(reference, _) => Described::empty(settings.layout.key(reference)),
        }
    }

    /// As the event tells it; `None` where it does not carry the object.
    fn told(change: Change) -> Option<Self> {
        match change {
            Change::Applied(object) => Some(Self::Is(object)),
            Change::Deleted(object) => Some(Self::Gone(object.reference().clone(), object.version())),
            Change::Touched(_) | Change::Gone(_) => None,
        }
    }

    /// As the cluster tells it; `None` where the object is not there, and nobody said that it was deleted.
    async fn asked(cluster: &Cluster, change: &Change) -> Result<Option<Self>, Error> {
        match change {
            Change::Applied(_) | Change::Touched(_) => Ok(cluster.get(change.object()).await?.map(Self::Is)),
            Change::Deleted(_) | Change::Gone(_) => Ok(Some(match cluster.named(change.object()).await? {
                Named::There(object) => Self::Is(object),
                Named::Gone { resource_version } => {
                    Self::Gone(change.object().clone(), ended(change, resource_version))
                }
            })),
        }
    }
}

/// The version of a deletion: at least the one that the event itself tells.
fn ended(change: &Change, resource_version: String) -> Version {
    let listed = Version { uid: String::new(), resource_version };
    match change {
        Change::Deleted(object) if object.version().order() >= listed.order() => object.version(),
        _ => listed,
    }
}

impl<S: Store> Context<S> {
    /// How the object of a change is, which an event of this `time` told; or how that event ends, since nobody knows.
    pub async fn now(&self, change: Change, time: Option<i64>) -> Result<Now, Verdict> {
        let is_hint = matches!(change, Change::Touched(_) | Change::Gone(_)) || self.is_old(time);
        let Some(cluster) = self.cluster.as_ref().filter(|_| is_hint) else {
            return Now::told(change).ok_or(nothing(Nothing::Unresolved));
        };
        match Now::asked(cluster, &change).await {
            Ok(now) => now.ok_or(nothing(Nothing::Absent)),
            Err(error) => {
                // A deletion is one at its own version, whatever became of its kind.
                let is_told = match &error {
                    Error::Forbidden { .. } => true,
                    Error::Unserved { .. } => matches!(change, Change::Deleted(_)),
                    Error::Expired { .. } | Error::Failed { .. } => false,
                };
                let end = self.unanswered(change.object(), error);
                Now::told(change).filter(|_| is_told).ok_or(end)
            }
        }
    }

    /// How an event ends for which the cluster did not tell about this object.
    pub(crate) fn unanswered(&self, object: &ObjectRef, error: Error) -> Verdict {
        match error {
            Error::Forbidden { .. } => {
                self.drift.found(&kind_name(object.kind(), object.group()), DriftReason::Uncovered, 1);
                tracing::warn!(k8s.object = %object, %error, "an object may not be read");
                nothing(Nothing::Uncovered)
            }
            Error::Unserved { .. } => nothing(Nothing::Unresolved),
            Error::Expired { .. } | Error::Failed { .. } => Err(Nack::from(error)),
        }
    }

    fn is_old(&self, time: Option<i64>) -> bool {
        time.is_some_and(|time| self.clock.now().saturating_sub(time) > OLD)
    }
}

pub(crate) fn nothing(why: Nothing) -> Verdict {
    Ok(Reply::Nothing(why))
}
