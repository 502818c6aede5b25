//! What of the cluster could not be read: that something is missing there says nothing.

use crate::kinds::KindName;
use catalog::mesh::Id;
use events::ObjectRef;
use lru::LruCache;
use std::{
    collections::{BTreeMap, BTreeSet},
    num::NonZeroUsize,
    sync::{Mutex, MutexGuard, PoisonError},
};

/// How many single objects are remembered.
const OBJECTS: NonZeroUsize = NonZeroUsize::new(10_000).expect("10,000 is not zero");

/// Kinds and single objects.
#[derive(Debug)]
pub(super) struct Unread(Mutex<Known>);

#[derive(Debug)]
struct Known {
    /// The kinds of which a list ever ended: events kept them since.
    read: BTreeSet<KindName>,
    /// The others.
    kinds: BTreeMap<KindName, Why>,
    /// Kinds of which so much is stored and in no list that it is held there, and nothing else is known of it.
    held: BTreeSet<KindName>,
    objects: LruCache<Id, ()>,
}

/// Why a kind is unread.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Why {
    /// It failed, and may succeed when it is tried again.
    Failed,
    /// It is forbidden, or its definition is not served: a user has to do something.
    Decided,
}

impl Unread {
    pub(super) fn new() -> Self {
        let (read, kinds, held) = (BTreeSet::new(), BTreeMap::new(), BTreeSet::new());
        Self(Mutex::new(Known { read, kinds, held, objects: LruCache::new(OBJECTS) }))
    }

    /// Takes note of kinds of which the lists ended, and of those that did not.
    pub(super) fn listed<'a>(&self, complete: impl Iterator<Item = &'a KindName>, unread: &BTreeMap<KindName, Why>) {
        let mut known = self.known();
        for named in complete {
            known.kinds.remove(named);
            known.read.insert(named.clone());
        }
        for (named, why) in unread {
            if !known.read.contains(named) {
                known.kinds.insert(named.clone(), *why);
            }
        }
    }

    /// Of these kinds much is held that the index does not know.
    pub(super) fn hold(&self, held: BTreeSet<KindName>) {
        self.known().held = held;
    }

    /// The kinds that may be read when that is tried again.
    pub(super) fn failed_kinds(&self) -> BTreeSet<KindName> {
        let known = self.known();
        known.kinds.iter().filter(|(_, why)| **why == Why::Failed).map(|(named, _)| named.clone()).collect()
    }

    /// Whether a kind was never read, and nothing forbids it.
    pub(super) fn is_due(&self, named: &KindName) -> bool {
        let known = self.known();
        !known.read.contains(named) && known.kinds.get(named) != Some(&Why::Decided)
    }

    /// This object could not be read, for another reason than that it is not there or forbidden.
    pub(super) fn failed(&self, object: &ObjectRef) {
        self.known().objects.put(Id::of(object), ());
    }

    /// This one was, or it is not there.
    pub(super) fn answered(&self, object: &ObjectRef) {
        self.known().objects.pop(&Id::of(object));
    }

    /// The kinds of the single objects.
    pub(super) fn kinds_of_objects(&self) -> BTreeSet<KindName> {
        self.known().objects.iter().map(|(id, ())| KindName::new(id.group(), id.kind())).collect()
    }

    /// Of the single objects only these matter.
    pub(super) fn keep(&self, named: &BTreeSet<Id>) {
        let mut known = self.known();
        let others: Vec<Id> =
            known.objects.iter().map(|(id, ())| id).filter(|id| !named.contains(id)).cloned().collect();
        for id in &others {
            known.objects.pop(id);
        }
    }

    /// Whether this object is unread, alone or with its kind.
    pub(super) fn has(&self, object: &ObjectRef) -> bool {
        self.is(object, |_| true) || self.known().held.contains(&KindName::new(object.group(), object.kind()))
    }

    /// Whether anything at all is unread.
    pub(super) fn has_any(&self) -> bool {
        let known = self.known();
        !known.kinds.is_empty() || !known.held.is_empty() || !known.objects.is_empty()
    }

    /// Whether it is, and may be read when that is tried again.
    pub(super) fn awaits(&self, object: &ObjectRef) -> bool {
        self.is(object, |why| why == Why::Failed)
    }

    /// Whether anything at all may be read when that is tried again.
    pub(super) fn awaits_any(&self) -> bool {
        self.awaited() > 0
    }

    /// How much may be.
    pub(super) fn awaited(&self) -> usize {
        let known = self.known();
        known.objects.len() + known.kinds.values().filter(|why| **why == Why::Failed).count()
    }

    fn is(&self, object: &ObjectRef, counts: impl Fn(Why) -> bool) -> bool {
        let known = self.known();
        let named = KindName::new(object.group(), object.kind());
        known.kinds.get(&named).is_some_and(|why| counts(*why)) || known.objects.contains(&Id::of(object))
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
