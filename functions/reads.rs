//! How many events about one kind may wait for the API server. If that hangs, the events about all other kinds have room.

use crate::kinds::KindName;
use cluster::Error;
use events::ObjectRef;
use lru::LruCache;
use std::{
    num::NonZeroUsize,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::timeout,
};

/// How many events about one kind are answered by the API server in parallel. A process handles 256 in parallel.
const PLACES: usize = 32;

/// How long an event waits for a place.
const PATIENCE: Duration = Duration::from_secs(1);

/// How many kinds have places of their own.
const KINDS: NonZeroUsize = NonZeroUsize::new(1_000).expect("1,000 is not zero");

/// The places of each kind.
#[derive(Debug)]
pub(crate) struct Reads(Mutex<LruCache<KindName, Arc<Semaphore>>>);

impl Default for Reads {
    fn default() -> Self {
        Self(Mutex::new(LruCache::new(KINDS)))
    }
}

impl Reads {
    /// A place to read this object.
    ///
    /// # Errors
    /// [`Error::Late`] if others of its kind keep all of them.
    pub(crate) async fn place(&self, object: &ObjectRef) -> Result<OwnedSemaphorePermit, Error> {
        let kind = KindName::new(object.group(), object.kind());
        let places = {
            let mut kinds = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            kinds.get_or_insert(kind, || Arc::new(Semaphore::new(PLACES))).clone()
        };
        match timeout(PATIENCE, places.acquire_owned()).await {
            Ok(Ok(place)) => Ok(place),
            Ok(Err(_)) | Err(_) => Err(Error::Late {
                what: format!("read {object}"),
                why: format!("{PLACES} other events about its kind wait for the API server"),
            }),
        }
    }
}
