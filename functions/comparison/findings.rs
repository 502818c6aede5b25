//! What a slice of a run found and did.

use bucket::Outcome;
use cluster::Error;
use events::{Cursor, Degraded, Drift, DriftReason, Failed, ObjectChange, Omitted};
use std::{collections::BTreeMap, fmt::Display};

/// How many may fail in a slice.
const FAILURES: usize = 100;

/// Why an unmanaged file is left alone.
pub(crate) const UNMANAGED: &str = "Callboard did not write it";

/// How a slice ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// What it found and did.
    pub findings: Findings,
    /// Where the next one begins; `None` if the run is complete.
    pub next: Option<Cursor>,
}

/// What a slice found and did. Lists are in the order in which things were found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Findings {
    /// How many objects of the cluster were compared.
    pub compared: u64,
    /// What was written and deleted.
    pub changes: Vec<ObjectChange>,
    /// What differed: repaired, or lasting.
    pub drift: Vec<Drift>,
    /// What was left out of what was written, since Backstage would not take it.
    pub omitted: Vec<Omitted>,
    /// Whether it is another cluster than the one that filled the bucket, so that nothing was done.
    pub is_refused: bool,
    /// What could not be repaired.
    pub failed: Vec<Failed>,
    /// Kinds that could not be compared.
    pub degraded: Vec<Degraded>,
    /// The ids of what is held.
    pub held: Vec<String>,
    /// Whether something of this lasts and was not reported before.
    pub news: bool,
}

impl Findings {
    /// Whether there is nothing to report: nothing was changed, and what lasts was reported before.
    pub fn is_quiet(&self) -> bool {
        self.changes.is_empty() && self.failed.is_empty() && !self.news
    }

    /// Whether nothing was compared, changed or found.
    pub fn is_empty(&self) -> bool {
        let Self { compared, changes, drift, omitted, is_refused, failed, degraded, held, news: _ } = self;
        let is_quiet = changes.is_empty() && drift.is_empty() && omitted.is_empty() && failed.is_empty();
        *compared == 0 && is_quiet && degraded.is_empty() && held.is_empty() && !is_refused
    }

    /// Whether so much failed that the store may be down.
    pub(crate) fn is_failing(&self) -> bool {
        self.failed.len() >= FAILURES
    }

    /// What differed, except what lasts and was reported before.
    pub fn unreported(&self) -> impl Iterator<Item = &Drift> {
        self.drift.iter().filter(|drift| self.news || !lasts(drift))
    }

    /// How many of [`Self::unreported`] there are, by reason.
    pub fn counts(&self) -> BTreeMap<DriftReason, u64> {
        self.unreported().fold(BTreeMap::new(), |mut counts, drift| {
            *counts.entry(drift.reason).or_default() += 1;
            counts
        })
    }

    /// Adds what a later slice of the run found.
    pub fn extend(&mut self, later: Self) {
        self.compared = later.compared;
        self.changes.extend(later.changes);
        self.drift.retain(|drift| !lasts(drift)); // each slice finds it again
        self.drift.extend(later.drift);
        self.omitted.extend(later.omitted);
        self.failed.extend(later.failed);
        (self.degraded, self.held) = (later.degraded, later.held);
        self.news |= later.news;
    }

    /// Adds what another function found.
    pub fn join(&mut self, other: Self) {
        self.compared += other.compared;
        self.changes.extend(other.changes);
        self.drift.extend(other.drift);
        self.omitted.extend(other.omitted);
        self.failed.extend(other.failed);
        self.degraded.extend(other.degraded);
        self.held.extend(other.held);
        self.news |= other.news;
    }

    /// A difference.
    pub(crate) fn drifted(&mut self, reason: DriftReason, kind: &str, key: Option<&str>, detail: impl Into<String>) {
        let key = key.map(str::to_owned);
        self.drift.push(Drift { reason, kind: kind.to_owned(), key, detail: detail.into() });
    }

    /// A bucket object that was written or deleted.
    pub(crate) fn changed(&mut self, key: &str, outcome: Outcome) {
        self.changes.push(ObjectChange { key: key.to_owned(), entities: outcome.entities });
    }

    /// Something that stays as it was.
    pub(crate) fn failed(&mut self, key: &str, reason: &dyn Display) {
        let reason = reason.to_string();
        tracing::warn!(aws.s3.key = key, reason, "could not be repaired");
        self.failed.push(Failed { key: key.to_owned(), reason });
    }

    /// A kind that could not be compared.
    pub(crate) fn degraded(&mut self, kind: &str, reason: &dyn Display) {
        if self.degraded.iter().any(|it| it.kind == kind) {
            return;
        }
        let reason = reason.to_string();
        tracing::warn!(kind, reason, "could not be compared; nothing of it is deleted");
        self.degraded.push(Degraded { kind: kind.to_owned(), reason });
    }

    /// A kind that could not be read. That this is forbidden lasts until a user grants it.
    pub(crate) fn unreadable(&mut self, kind: &str, error: &Error) {
        if let Error::Forbidden { .. } = error {
            self.drifted(DriftReason::Uncovered, kind, None, error.to_string());
        }
        self.degraded(kind, error);
    }

    /// What lasts from run to run, sorted.
    pub(crate) fn lasting(&self) -> Vec<Drift> {
        let mut lasting: Vec<_> = self.drift.iter().filter(|drift| lasts(drift)).cloned().collect();
        lasting.sort();
        lasting
    }
}

fn lasts(drift: &Drift) -> bool {
    match drift.reason {
        DriftReason::Unmanaged | DriftReason::Collision | DriftReason::Uncovered | DriftReason::Omitted => true,
        DriftReason::Missing | DriftReason::Outdated | DriftReason::Orphan | DriftReason::Rewound => false,
    }
}
