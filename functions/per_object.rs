//! How a function keeps objects one by one: each source object has a bucket object of its own.

use crate::now::{Now, Observer};
use catalog::{Described, EntityRef, Settings};
use events::{Change, Object, Verdict};
use futures::future::BoxFuture;

/// How a function makes entities of an object, and of the System of its namespace, if that has one.
pub type Describe = fn(&Object, Option<&EntityRef>, &Settings) -> Described;

/// How a function learns which object an event concerns, and how that object is now; or how the event ends.
pub type Resolve = for<'a> fn(Observer<'a>, Change, Option<i64>) -> BoxFuture<'a, Result<Now, Verdict>>;

/// What there is to know of a function that keeps objects one by one.
#[derive(Debug, Clone, Copy)]
pub struct PerObject {
    /// What an object means.
    pub describe: Describe,
    /// Which object an event concerns.
    pub resolve: Resolve,
}

/// The object of the event itself.
pub(crate) fn itself(observer: Observer<'_>, change: Change, time: Option<i64>) -> BoxFuture<'_, Result<Now, Verdict>> {
    Box::pin(observer.now(change, time))
}
