//! The index of the event mesh, as this process keeps it.

use super::{ledger::Ledger, pending::FoundBy, unread::Unread};
use crate::{comparison::Turn, kinds::KindName, now::Now};
use catalog::{
    Described, EntityRef, Mesh, Settings,
    mesh::{Id, Outside, Rendered},
};
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
    /// What of the cluster could not be read.
    pub(super) unread: Unread,
    /// There is one comparison at a time.
    pub(super) turn: Turn,
}

#[derive(Debug)]
struct Inner {
    mesh: Mesh,
    phase: Phase,
    /// Whether the bucket is this cluster's, as far as is known.
    is_ours: Option<bool>,
    missing: LruCache<Id, Instant>,
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
        let inner =
            Inner { mesh: Mesh::new(settings), phase: Phase::Off, is_ours: None, missing: LruCache::new(MISSING) };
        Self { inner: Mutex::new(inner), ledger: Ledger::new(), unread: Unread::new(), turn: Turn::default() }
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

    /// The System of the namespace of an object, if it has one; `None` if this process does not know the whole mesh.
    pub(crate) fn system_of(&self, object: &ObjectRef) -> Option<Option<EntityRef>> {
        let inner = self.inner();
        matches!(inner.phase, Phase::Ready(_)).then(|| inner.mesh.system_of(object))
    }

    /// Whether a change of an object can matter.
    pub(super) fn concerns(&self, object: &ObjectRef) -> bool {
        self.inner().mesh.concerns(object)
    }

    /// Whether the bucket is this cluster's; `None` if that is not known yet.
    pub(super) fn is_ours(&self) -> Option<bool> {
        self.inner().is_ours
    }

    /// Takes note of whether the bucket is this cluster's. Nothing is to be written to that of another one.
    pub(super) fn set_ours(&self, is_ours: bool) {
        self.inner().is_ours = Some(is_ours);
        if !is_ours {
            self.ledger.clear_pending();
        }
    }

    /// All that is to be written, and can be.
    pub(super) fn ready_writes(&self) -> Vec<Id> {
        self.unblocked().ready()
    }

    /// What this event has to write, and what of other events it tries to.
    pub(super) fn ready_for(&self, cause: &str) -> (Vec<Id>, Vec<Id>) {
        self.unblocked().ready_for(cause)
    }

    /// Nothing is blocked once all is read that can be.
    fn unblocked(&self) -> &Ledger {
        if !self.unread.awaits_any() {
            self.ledger.unblock();
        }
        &self.ledger
    }

    /// Takes in how an object is. What that affects is to be written, and what is pending of the object itself.
    pub(super) fn take_in(&self, now: &Now, by: FoundBy<'_>) {
        let mut inner = self.inner();
        let mut affected = match now {
            Now::Is(object) => inner.mesh.apply(object),
            Now::Deleted(reference, version) => inner.mesh.delete(reference, version),
        };
        affected.extend(Some(Id::of(now.object())).filter(|id| self.ledger.pending(id).is_some()));
        self.add_pending(&inner, affected, by);
    }

    /// Takes in an object that another one names. What that affects is to be written.
    pub(super) fn found(&self, object: &Object, by: FoundBy<'_>) {
        let mut inner = self.inner();
        let affected = inner.mesh.apply(object);
        self.add_pending(&inner, affected, by);
    }

    /// Describes an object that exists. What else it affects is to be written.
    pub(crate) fn described(&self, object: &Object) -> Described {
        let mut inner = self.inner();
        let affected = inner.mesh.apply(object);
        self.ledger.add_pending(affected, FoundBy::Comparison);
        inner.mesh.render(&Id::of(object.reference())).described
    }

    /// Takes in that an object is deleted. What that affects is to be written.
    pub(crate) fn delete(&self, object: &ObjectRef, version: &Version) {
        let affected = self.inner().mesh.delete(object, version);
        self.ledger.add_pending(affected, FoundBy::Comparison);
    }

    /// Takes in that an object was not there when it was looked at again. What that affects is to be written.
    pub(super) fn not_found(&self, id: &Id, resource_version: String) {
        let mut inner = self.inner();
        let uid = inner.mesh.version(id).map(|known| known.uid.clone()).unwrap_or_default();
        let affected = inner.mesh.delete(id, &Version { uid, resource_version });
        self.add_pending(&inner, affected, FoundBy::Comparison);
    }

    /// Begins a comparison with the cluster. What was not found before is looked for again.
    pub(super) fn begin(&self) {
        let mut inner = self.inner();
        inner.mesh.begin_comparison();
        inner.missing.clear();
        self.ledger.forget_compared();
    }

    /// What was not found before is looked for again.
    pub(super) fn seek_again(&self) {
        self.inner().missing.clear();
    }

    /// What objects name and nobody knows is not read yet.
    pub(super) fn put_off_named(&self) {
        let inner = self.inner();
        let named: Vec<_> = inner.mesh.ids().flat_map(|id| inner.mesh.unknown_references(id)).collect();
        named.iter().for_each(|object| self.unread.failed(object));
    }

    /// Takes in an object of a list.
    pub(super) fn listed(&self, object: &Object) {
        let mut inner = self.inner();
        let affected = inner.mesh.listed(object);
        self.add_pending(&inner, affected, FoundBy::Comparison);
    }

    /// All objects that exist, as far as is known.
    pub(super) fn ids(&self) -> Vec<Id> {
        self.inner().mesh.ids().cloned().collect()
    }

    /// What an object means now.
    pub(crate) fn made(&self, id: &Id) -> Rendered {
        self.inner().mesh.render(id)
    }

    /// Whose descriptors describe an object, as it is now.
    pub(super) fn touched(&self, id: &Id) -> BTreeSet<Id> {
        self.inner().mesh.affected_by(id)
    }

    /// Whether something newer of an object is known.
    pub(super) fn is_late(&self, id: &Id, version: &Version) -> bool {
        self.inner().mesh.version(id).is_some_and(|known| version.is_before(known))
    }

    /// What these name, is not known, and was not looked for a moment ago.
    pub(super) fn to_look_up(&self, ids: &[Id]) -> Vec<ObjectRef> {
        let mut inner = self.inner();
        let named: Vec<_> = ids.iter().flat_map(|id| inner.mesh.unknown_references(id)).collect();
        let mut unknown: BTreeMap<Id, ObjectRef> = named.into_iter().map(|it| (Id::of(&it), it)).collect();
        unknown.retain(|id, _| inner.missing.get(id).is_none_or(|since| since.elapsed() > ABSENT));
        unknown.into_values().collect()
    }

    /// Forgets what could not be read and is not named any more.
    pub(super) fn forget_unnamed(&self) {
        let inner = self.inner();
        let named: BTreeSet<Id> =
            inner.mesh.ids().flat_map(|id| inner.mesh.unknown_references(id)).map(|it| Id::of(&it)).collect();
        self.unread.keep(&named);
    }

    /// Remembers that an object is not there, or cannot be read.
    pub(super) fn remember_missing(&self, object: &ObjectRef) {
        self.inner().missing.put(Id::of(object), Instant::now());
    }

    /// Whether its descriptor is incomplete, since something could not be read.
    pub(super) fn lacks(&self, id: &Id) -> bool {
        self.unread.has_any() && self.inner().mesh.depends_on_unread(id, |object| self.unread.has(object))
    }

    /// Whether it may become complete when that is tried again.
    pub(super) fn awaits(&self, id: &Id) -> bool {
        self.unread.awaits_any() && self.inner().mesh.depends_on_unread(id, |object| self.unread.awaits(object))
    }

    /// Immediately, so that no error, timeout or end of an event loses it. The comparison of a start covers all objects.
    fn add_pending(&self, inner: &Inner, ids: BTreeSet<Id>, by: FoundBy<'_>) {
        if matches!(inner.phase, Phase::Ready(_)) && inner.is_ours != Some(false) {
            self.ledger.add_pending(ids, by);
        }
    }

    /// What of a kind, in its real case, neither a list nor an event has shown since the comparison began.
    pub(super) fn missing(&self, group: &str, kind: &str) -> Vec<Id> {
        self.inner().mesh.missing(group, kind)
    }

    /// Takes in that these are deleted, as of this version, unless an event reported them. What that affects is to be written.
    pub(super) fn delete_missing(&self, missing: &[Id], listed: &str) {
        let mut inner = self.inner();
        let affected = inner.mesh.remove_missing(missing, listed);
        self.add_pending(&inner, affected, FoundBy::Comparison);
    }

    /// The Components that entities of the mesh name and the mesh does not write.
    pub(crate) fn outside(&self) -> Vec<Outside> {
        self.inner().mesh.outside()
    }

    /// The kind that a definition makes a source or a channel of.
    pub(super) fn defines(&self, definition: &Id) -> Option<KindName> {
        self.inner().mesh.defines(definition).map(|(group, kind)| KindName::new(group, kind))
    }

    /// Whether anything is known of an object, or another object names it.
    pub(super) fn cares_for(&self, object: &ObjectRef) -> bool {
        let inner = self.inner();
        inner.mesh.version(&Id::of(object)).is_some() || inner.mesh.concerns(object)
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
