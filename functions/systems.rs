//! The System of a namespace. `mesh` writes it, and the entities of other functions belong to it as well.

use crate::context::Context;
use bucket::{Error, Store};
use catalog::{EntityRef, Key};
use events::ObjectRef;
use lru::LruCache;
use std::{
    num::NonZeroUsize,
    sync::{Mutex, MutexGuard, PoisonError},
};

/// How many namespaces are remembered.
const NAMESPACES: NonZeroUsize = NonZeroUsize::new(10_000).expect("10,000 is not zero");

/// How long an answer of the bucket counts, in milliseconds.
const FRESH: i64 = 30_000;

/// At which keys the bucket has a System, and when that was asked.
#[derive(Debug)]
pub(crate) struct Systems(Mutex<LruCache<Key, (bool, i64)>>);

impl Default for Systems {
    fn default() -> Self {
        Self(Mutex::new(LruCache::new(NAMESPACES)))
    }
}

impl Systems {
    /// Whatever is known is asked again.
    pub(crate) fn forget(&self) {
        self.all().clear();
    }

    fn known(&self, key: &Key, now: i64) -> Option<bool> {
        let known = self.all().get(key).copied();
        known.filter(|(_, asked)| now.saturating_sub(*asked) < FRESH).map(|(is_there, _)| is_there)
    }

    fn remember(&self, key: Key, is_there: bool, now: i64) {
        self.all().put(key, (is_there, now));
    }

    fn all(&self) -> MutexGuard<'_, LruCache<Key, (bool, i64)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<S: Store> Context<S> {
    /// The System of the namespace of an object, if it has one: by the mesh of this process, otherwise by the bucket.
    ///
    /// # Errors
    /// If the store fails.
    pub(crate) async fn system_of(&self, object: &ObjectRef) -> Result<Option<EntityRef>, Error> {
        let Some((key, system)) = self.settings.layout.system_of(object) else { return Ok(None) };
        if let Some(known) = self.mesh.system_of(object) {
            return Ok(known);
        }
        let now = self.clock.now();
        let is_there = match self.systems.known(&key, now) {
            Some(is_there) => is_there,
            None => {
                let is_there = self.bucket.object(&key).await?.is_some();
                self.systems.remember(key, is_there, now);
                is_there
            }
        };
        Ok(is_there.then_some(system))
    }
}
