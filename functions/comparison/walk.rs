//! The walk over the kinds of one slice: what it knows, and how much time it has.

use super::{findings::Findings, orphans::Orphan};
use crate::{context::Context, kinds::KindName};
use catalog::{Described, Descriptor, EntityRef};
use cluster::Cluster;
use events::{Cursor, DriftReason, Function, ObjectRef, Omitted, ResyncRequest};
use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    time::Instant,
};

/// This many objects are written whatever the time, so that each slice goes on.
const IN_ANY_CASE: usize = 64;

/// Whether a run writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// It repairs the bucket.
    Repair,
    /// It only reports what it would do.
    Look,
}

/// One slice of a run.
#[derive(Clone, Copy)]
pub(crate) struct Run<'a> {
    /// Who compares.
    pub(crate) who: Function,
    pub(crate) cluster: &'a Cluster,
    pub(crate) request: &'a ResyncRequest,
    pub(crate) mode: Mode,
}

/// The walk over the kinds of one slice.
pub(crate) struct Walk<'a, S> {
    pub(crate) cx: &'a Context<S>,
    pub(crate) run: Run<'a>,
    until: Instant,
    /// The bucket, as it was before the cluster was listed.
    pub(crate) listing: &'a BTreeMap<String, String>,
    pub(crate) findings: Findings,
    /// The keys of all objects that exist.
    pub(crate) live: BTreeSet<String>,
    /// What is stored of objects that exist and have no entity any more.
    pub(crate) bare: Vec<Orphan>,
    /// Which key has which entity.
    taken: HashMap<String, String>,
    /// How many objects were dealt with.
    acted: usize,
}

impl<'a, S> Walk<'a, S> {
    pub(crate) fn new(cx: &'a Context<S>, run: Run<'a>, listing: &'a BTreeMap<String, String>, until: Instant) -> Self {
        let (findings, live, bare, taken) = (Findings::default(), BTreeSet::new(), Vec::new(), HashMap::new());
        Self { cx, run, until, listing, findings, live, bare, taken, acted: 0 }
    }

    /// Claims the refs of its entities for this key, and leaves out those that a key before it has.
    pub(crate) fn claimed(&mut self, kind: &KindName, key: &str, described: Described) -> Described {
        let described = self.without_taken(described);
        for Omitted { entity, .. } in &described.omitted {
            let Some(first) = self.taken.get(entity.as_str()).filter(|first| *first != key) else { continue };
            let detail = format!("{entity} belongs to {first} already, and is left out here");
            self.findings.drifted(DriftReason::Collision, &kind.display(), Some(key), detail);
        }
        for entity in described.descriptor.iter().flat_map(Descriptor::entities) {
            self.taken.entry(entity.to_string()).or_insert_with(|| key.to_owned());
        }
        described
    }

    /// Leaves out entities whose ref another key has.
    pub(crate) fn without_taken(&self, described: Described) -> Described {
        let key = described.key.to_string();
        let is_taken = |entity: &&EntityRef| self.taken.get(entity.as_str()).is_some_and(|first| *first != key);
        let entities = described.descriptor.iter().flat_map(Descriptor::entities);
        let taken: BTreeSet<_> = entities.filter(is_taken).cloned().collect();
        if taken.is_empty() { described } else { described.without(&taken) }
    }

    /// The System of the namespace of an object, if the listing shows it.
    pub(crate) fn listed_system(&self, object: &ObjectRef) -> Option<EntityRef> {
        let (key, system) = self.cx.settings.layout.system_of(object)?;
        self.listing.contains_key(&key.to_string()).then_some(system)
    }

    /// Leaves what the bucket has of an object that cannot be described, or that the store never takes.
    pub(crate) fn leave(&mut self, kind: &KindName, described: &Described) {
        let (key, why) = (described.key.to_string(), described.failure().unwrap_or_default());
        tracing::warn!(aws.s3.key = key, reason = why, "an object is left as it is in the bucket");
        self.findings.drifted(DriftReason::Omitted, &kind.display(), Some(&key), why);
        self.findings.omitted.extend(described.omitted.iter().cloned());
        self.live.insert(key);
    }

    /// Whether the listing shows what is wanted at a key.
    pub(crate) fn is_there(&self, key: &str, described: &Described) -> bool {
        match (self.listing.get(key), &described.descriptor) {
            (Some(etag), Some(descriptor)) => *etag == bucket::etag_of(descriptor),
            (None, None) => true,
            _ => false,
        }
    }

    /// Whether earlier slices did not come so far.
    pub(crate) fn is_ahead(&self, kind: &KindName, position: &str) -> bool {
        let reached = self.run.request.cursor.as_ref().map(|cursor| (cursor.kind.as_str(), cursor.after.as_str()));
        reached.is_none_or(|reached| (kind.path.as_str(), position) > reached)
    }

    /// Where the next slice goes on: in this kind, after this position.
    pub(crate) fn cursor(&self, kind: &str, after: Option<String>) -> Cursor {
        let last = self.run.request.cursor.as_ref();
        let slices = last.map(|cursor| cursor.slices).unwrap_or_default().saturating_add(1);
        let reached = last.filter(|cursor| cursor.kind == kind).map(|cursor| cursor.after.clone());
        Cursor { kind: kind.to_owned(), after: after.or(reached).unwrap_or_default(), slices }
    }

    /// Whether there is time for the nth of what is to be done next. There is for some in any case.
    pub(crate) fn has_time(&self, n: usize) -> bool {
        self.acted + n < IN_ANY_CASE || Instant::now() < self.until
    }

    /// One more object was dealt with.
    pub(crate) fn acted(&mut self) {
        self.acted += 1;
    }

    /// From here on there is time for some more, whatever was written before.
    pub(crate) fn allow_more(&mut self) {
        self.acted = 0;
    }
}
