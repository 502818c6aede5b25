//! A resource request changed: its Component.

mod shadow;

use crate::{
    now::{Now, Observer},
    per_object::PerObject,
};
use events::{Change, Verdict};
use futures::future::BoxFuture;
use shadow::Shadow;

/// The Component of one resource request.
pub(crate) const PER_OBJECT: PerObject = PerObject { describe: catalog::kratix::request::describe, resolve: request };

/// Whether it only says that a request changed: a Kratix ResourceBinding or Work.
#[cfg(feature = "preview")]
pub(crate) fn is_shadow(object: &events::ObjectRef) -> bool {
    Shadow::of(object).is_some()
}

/// The request of the event, or that of its Kratix ResourceBinding or Work.
fn request(observer: Observer<'_>, change: Change, time: Option<i64>) -> BoxFuture<'_, Result<Now, Verdict>> {
    Box::pin(async move {
        match Shadow::of(change.object()) {
            Some(shadow) => shadow.request(observer, change).await,
            None => observer.now(change, time).await,
        }
    })
}
