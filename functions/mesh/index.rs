//! The index of the event mesh, as this process keeps it.

use super::{kinds, ledger::Ledger, owed::Owed};
use crate::{now::Now, resync::kinds::Named};
use catalog::{
    Described, Mesh, Settings,
    mesh::{Id, Made},
};
use cluster::Kind;
use events::{Object, ObjectRef, Version};
use lru::LruCache;
use std::{
    collections::{BTreeMap, BTreeSet},
    num::NonZeroUsize,
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

/// How many objects are remembered that were named and not found.
const MISSING: NonZeroUsize = NonZeroUsize::new(10_000).expect("10,000 is not zero");

/// How long they are not asked for again.
const ABSENT: Duration = Duration::from_secs(60);

/// The event mesh, as `mesh` keeps it.
#[derive(Debug)]
pub struct Index {
    inner: Mutex<Inner>,
    /// What is known of the bucket.
    pub(super) ledger: Ledger,
    /// There is one comparison at a time.
    pub(super) alone: tokio::sync::Mutex<()>,
}

#[derive(Debug)]
struct Inner {
    mesh: Mesh,
    phase: Phase,
    missing: LruCache<Id, Instant>,
    /// The kinds of which a list ever came to its end.
    read: BTreeSet<Named>,
}

/// How far this process is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    /// It keeps no mesh.
    Off,
    /// The lists of its start, at this time (milliseconds since the epoch), are not complete.
    Listing(i64),
    /// It knows the whole mesh, since a start at this time.
    Ready(i64),
}

impl Index {
    /// An empty one, which is not kept yet.
    pub(crate) fn new(settings: Settings) -> Self {
        let inner = Inner {
            mesh: Mesh::new(settings),
            phase: Phase::Off,
            missing: LruCache::new(MISSING),
            read: BTreeSet::new(),
        };
        Self { inner: Mutex::new(inner), ledger: Ledger::new(), alone: tokio::sync::Mutex::new(()) }
    }

    pub(super) fn phase(&self) -> Phase {
        self.inner().phase
    }

    /// From now on it is kept, and filled by lists.
    pub(crate) fn started(&self, now: i64) {
        self.inner().phase = Phase::Listing(now);
    }

    /// From now on it knows the whole mesh.
    pub(crate) fn opened(&self) {
        let mut inner = self.inner();
        let since = if let Phase::Listing(since) = inner.phase { since } else { i64::MIN };
        inner.phase = Phase::Ready(since);
    }

    /// Whether it is kept.
    pub(crate) fn is_kept(&self) -> bool {
        self.phase() != Phase::Off
    }

    /// Why events cannot be dealt with yet.
    pub(crate) fn ready(&self) -> Result<(), String> {
        match self.phase() {
            Phase::Off | Phase::Ready(_) => Ok(()),
            Phase::Listing(_) => Err("the event mesh is not listed yet".to_owned()),
        }
    }

    /// Whether a change of an object can matter.
    pub(super) fn concerns(&self, object: &ObjectRef) -> bool {
        self.inner().mesh.concerns(object)
    }

    /// Takes in how an object is; what must be written, with what could not be written before.
    pub(super) fn take_in(&self, now: &Now) -> Owed<'_> {
        let affected = match now {
            Now::Is(object) => self.inner().mesh.apply(object),
            Now::Gone(reference, version) => self.inner().mesh.delete(reference, version),
        };
        let mut owed = self.ledger.debts();
        owed.extend(affected);
        owed
    }

    /// Takes in what was found of what an object names; whose descriptors that affects.
    pub(super) fn found(&self, object: &Object) -> BTreeSet<Id> {
        self.inner().mesh.apply(object)
    }

    /// What a live object means; what else it affects is unwritten.
    pub(crate) fn told(&self, object: &Object) -> Described {
        let mut inner = self.inner();
        let affected = inner.mesh.apply(object);
        self.ledger.owe(affected);
        inner.mesh.made(&Id::of(object.reference())).described
    }

    /// Takes in that an object is gone; what that affects is unwritten.
    pub(crate) fn gone(&self, object: &ObjectRef, version: &Version) {
        let affected = self.inner().mesh.delete(object, version);
        self.ledger.owe(affected);
    }

    /// Takes in that an object was not there when it was looked at again.
    pub(super) fn vanished(&self, id: &Id, resource_version: String) {
        let mut inner = self.inner();
        let uid = inner.mesh.version(id).map(|known| known.uid.clone()).unwrap_or_default();
        inner.mesh.delete(id, &Version { uid, resource_version });
    }

    /// Begins a comparison with the cluster.
    pub(super) fn begin(&self) {
        self.inner().mesh.begin();
    }

    /// Takes in a page of a list.
    pub(super) fn listed(&self, objects: &[Object]) {
        let mut inner = self.inner();
        objects.iter().for_each(|object| drop(inner.mesh.listed(object)));
    }

    /// Ends the list of a kind as of this version.
    pub(super) fn complete(&self, kind: &Kind, namespace: Option<&str>, listed: &str) {
        self.ended(kind.group(), kind.kind(), namespace, listed);
    }

    /// The same for a kind by name.
    pub(super) fn ended(&self, group: &str, kind: &str, namespace: Option<&str>, listed: &str) {
        self.inner().mesh.complete(group, kind, namespace, listed);
    }

    /// Takes note of the kinds that are complete; whether of those that are not each was so once, or bears no relations.
    pub(super) fn read<'a>(&self, complete: impl Iterator<Item = &'a Named>, unread: &BTreeSet<Named>) -> bool {
        let mut inner = self.inner();
        inner.read.extend(complete.cloned());
        !unread.iter().any(|named| kinds::bears_relations(named) && !inner.read.contains(named))
    }

    /// All objects which live, as far as is known.
    pub(super) fn ids(&self) -> Vec<Id> {
        self.inner().mesh.ids().cloned().collect()
    }

    /// What an object means now.
    pub(super) fn made(&self, id: &Id) -> Made {
        self.inner().mesh.made(id)
    }

    /// Whose descriptors tell of an object, as it is now.
    pub(super) fn touched(&self, id: &Id) -> BTreeSet<Id> {
        self.inner().mesh.touched(id)
    }

    /// Whether something newer of an object is known.
    pub(super) fn is_late(&self, id: &Id, version: &Version) -> bool {
        self.inner().mesh.version(id).is_some_and(|known| version.is_before(known))
    }

    /// What these name, nobody knows of, and was not looked for in vain just now.
    pub(super) fn sought(&self, ids: &[Id]) -> Vec<ObjectRef> {
        let mut inner = self.inner();
        let named: Vec<_> = ids.iter().flat_map(|id| inner.mesh.sought(id)).collect();
        let mut sought: BTreeMap<Id, ObjectRef> = named.into_iter().map(|it| (Id::of(&it), it)).collect();
        sought.retain(|id, _| inner.missing.get(id).is_none_or(|since| since.elapsed() > ABSENT));
        sought.into_values().collect()
    }

    /// Remembers that an object is not there, or cannot be read.
    pub(super) fn missed(&self, object: &ObjectRef) {
        self.inner().missing.put(Id::of(object), Instant::now());
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
