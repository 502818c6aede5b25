//! What may be done with the bucket, found out by doing it.

use crate::{Bucket, Condition, Fault, Store, probe};
use std::time::{Duration, SystemTime};

/// The most bytes that are read of an object.
const ENTITY: usize = 4096;

/// A call that Callboard makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Right {
    /// A listing.
    List,
    /// Writing an object.
    Put,
    /// Looking at an object, and at one that is not there.
    Head,
    /// Reading an object.
    Get,
    /// Deleting an object.
    Delete,
}

/// What came of trying each call once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tried {
    /// The calls that were made, in order; an object that could not be written is not read.
    pub calls: Vec<(Right, Result<(), Fault>)>,
    /// The key of the entity file that was read, if there is one.
    pub read: Option<String>,
    /// How far our clock and the store's are apart, to a second or so; `None` if the listing does not say.
    pub skew: Option<Duration>,
}

impl<S: Store> Bucket<S> {
    /// Tries each call that Callboard makes, unless the first one shows that the store or the bucket is not there: with a file in the folder of Callboard's own state that is deleted again afterwards; and
    /// reads the first of the entities.
    pub async fn tried(&self) -> Tried {
        let (scratch, store) = (probe::scratch(&self.layout), &self.store);
        let listed = store.list(&self.layout.entities(), None).await;
        let read = listed.as_ref().ok().and_then(|page| Some(page.objects.first()?.key.clone()));
        let mut calls = vec![(Right::List, listed.map(drop))];
        // Some stores create a bucket that does not exist by the first PUT.
        if !matches!(calls[0].1, Ok(()) | Err(Fault::Denied { .. })) {
            return Tried { calls, read, skew: None };
        }
        // Without the right to list, AWS refuses this, too.
        let absent = if calls[0].1.is_ok() { store.head(&scratch).await.map(drop) } else { Ok(()) };
        let put = store.put(&scratch, probe::text("probe"), Condition::Always).await.map(drop);
        let is_written = put.is_ok();
        calls.push((Right::Put, put));
        let mut skew = None;
        if is_written {
            calls.push((Right::Head, absent.and(store.head(&scratch).await.map(drop))));
            calls.push((Right::Get, store.get(&scratch, ENTITY).await.map(drop)));
            skew = self.skew(&scratch).await;
        }
        if let Some(key) = &read {
            calls.push((Right::Head, store.head(key).await.map(drop)));
            calls.push((Right::Get, self.reads(key).await));
        }
        // Also where the PUT failed: it may have been done without an answer.
        calls.push((Right::Delete, store.delete(&scratch, Condition::Always).await.map(drop)));
        Tried { calls, read, skew }
    }

    /// Who may be told that it is too long may read it.
    async fn reads(&self, key: &str) -> Result<(), Fault> {
        match self.store.get(key, ENTITY).await {
            Ok(_) | Err(Fault::TooLong { .. }) => Ok(()),
            Err(fault) => Err(fault),
        }
    }

    /// The conditions that the store ignores, such as `If-Match on PUT`; tried now, whatever was found before.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn ignored_conditions(&self) -> Result<Vec<&'static str>, crate::Error> {
        probe::tried(&self.store, &self.layout).await
    }

    async fn skew(&self, written_now: &str) -> Option<Duration> {
        let page = self.store.list(written_now, None).await.ok()?;
        let modified = page.objects.first()?.modified;
        let now = SystemTime::now();
        now.duration_since(modified).or_else(|_| modified.duration_since(now)).ok()
    }
}
