//! Too many deletions are not made unasked, by however many runs.

use super::{
    held::{self, Batch, Record},
    history::History,
    orphans::Orphan,
};
use crate::{context::Context, kinds::KindName};
use bucket::Store;
use events::{Function, Nack};
use std::collections::{BTreeMap, BTreeSet};

/// More than this many, and more than a fifth, are not deleted unasked within a day.
pub(crate) const FEW: usize = 10;

/// Whether so many of so many are too much to be deleted unasked.
pub(crate) fn is_mass(deleted: usize, of: usize) -> bool {
    deleted > FEW && deleted * 5 > of
}

/// What is remembered of deletions.
#[derive(Debug, Default)]
pub(crate) struct Guard {
    pub(crate) history: History,
    /// What is held or approved.
    pub(crate) records: Vec<Record>,
    /// The keys that a user approved.
    approved: BTreeSet<String>,
    /// The others that are held.
    held: BTreeSet<String>,
}

/// What becomes of orphans.
#[derive(Debug, Default)]
pub(crate) struct Judged {
    pub(crate) deleted: Vec<Orphan>,
    /// Those of them that a list had and nobody approved, with their kinds.
    pub(crate) unasked: BTreeMap<String, KindName>,
    /// Those that are held.
    pub(crate) batches: Vec<Batch>,
}

impl Guard {
    pub(crate) async fn read<S: Store>(cx: &Context<S>, who: Function) -> Result<Self, Nack> {
        let (records, history) = (held::records(cx, who).await?, History::read(cx, who).await?);
        let approved = held::approved(&records);
        let held = held::keys(&records).difference(&approved).cloned().collect();
        Ok(Self { history, records, approved, held })
    }

    /// Whether a user approved that this key is deleted.
    pub(crate) fn is_approved(&self, key: &str) -> bool {
        self.approved.contains(key)
    }

    /// Whether this key waits for a user.
    pub(crate) fn is_held(&self, key: &str) -> bool {
        self.held.contains(key)
    }

    /// Whether this key is held or approved.
    pub(crate) fn is_known(&self, key: &str) -> bool {
        self.is_held(key) || self.is_approved(key)
    }

    /// Whether the deletion of this key counts: a list had it, and nobody approved.
    pub(crate) fn counts(&self, key: &str) -> bool {
        !self.is_approved(key) && (self.is_held(key) || self.history.was_listed(key))
    }

    /// The kinds of which too many would be deleted, alone or together, with what was deleted of them lately.
    pub(crate) fn too_many(
        &self,
        counts: &BTreeMap<KindName, usize>,
        stored: &BTreeMap<KindName, usize>,
    ) -> BTreeSet<KindName> {
        let is_much = |kind: &KindName, count: usize| {
            let lately = self.history.deleted(kind);
            is_mass(count + lately, stored.get(kind).copied().unwrap_or_default() + lately)
        };
        let (mut many, few): (BTreeMap<_, _>, BTreeMap<_, _>) =
            counts.iter().filter(|(_, count)| **count > 0).partition(|(kind, count)| is_much(kind, **count));
        let lately = self.history.deleted_of_all();
        if is_mass(few.values().copied().sum::<usize>() + lately, stored.values().sum::<usize>() + lately) {
            many.extend(few);
        }
        many.into_keys().cloned().collect()
    }

    /// Which orphans are deleted, and which are held, in batches: those of a kind of which too many would be deleted. Of the other
    /// kinds all are held, if too many of everything would be deleted. What is held stays so until a user approves it or it is no
    /// orphan any more. What no list ever had was never an object of this cluster, and is deleted.
    ///
    /// `stored`: how many are stored that lists had.
    pub(crate) fn judged(&self, who: Function, orphans: Vec<Orphan>, stored: &BTreeMap<KindName, usize>) -> Judged {
        let (mut judged, mut kinds): (_, BTreeMap<KindName, Vec<Orphan>>) = (Judged::default(), BTreeMap::new());
        for orphan in orphans {
            match self.counts(&orphan.located.key.to_string()) {
                true => kinds.entry(orphan.kind.clone()).or_default().push(orphan),
                false => judged.deleted.push(orphan),
            }
        }
        let counts: BTreeMap<_, _> = kinds.iter().map(|(kind, orphans)| (kind.clone(), orphans.len())).collect();
        let many = self.too_many(&counts, stored);
        // What is little of its kind, and much of all.
        let (mut together, mut waiting) = (Vec::new(), Vec::new());
        for (kind, orphans) in kinds {
            let (lately, of) = (self.history.deleted(&kind), stored.get(&kind).copied().unwrap_or_default());
            if is_mass(orphans.len() + lately, of + lately) {
                judged.batches.push(Batch::new(who, Some(kind.display()), keys(&orphans), (of, lately)));
            } else if many.contains(&kind) {
                together.extend(orphans);
            } else {
                let (held, few): (Vec<_>, Vec<_>) =
                    orphans.into_iter().partition(|orphan| self.is_held(&orphan.located.key.to_string()));
                waiting.extend(held);
                judged.unasked.extend(few.iter().map(|it| (it.located.key.to_string(), it.kind.clone())));
                judged.deleted.extend(few);
            }
        }
        // Either these or those are there: what is much of all are all that are no batch of their kind.
        together.extend(waiting);
        if !together.is_empty() {
            let first = &together[0].kind;
            let (kind, of) = match together.iter().all(|it| it.kind == *first) {
                true => (Some(first.display()), stored.get(first).copied().unwrap_or_default()),
                false => (None, stored.values().sum()),
            };
            judged.batches.push(Batch::new(who, kind, keys(&together), (of, self.history.deleted_of_all())));
        }
        judged
    }
}

pub(crate) fn keys(orphans: &[Orphan]) -> Vec<String> {
    orphans.iter().map(|orphan| orphan.located.key.to_string()).collect()
}
