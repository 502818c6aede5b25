//! Too many deletions are not made unasked.

use super::{held::Batch, orphans::Orphan};
use crate::kinds::KindName;
use events::Function;
use std::collections::{BTreeMap, BTreeSet};

/// More than this many, and more than a fifth, are not deleted unasked.
pub(crate) const FEW: usize = 10;

/// Whether so many of so many are too much to be deleted unasked.
pub(crate) fn is_mass(deleted: usize, of: usize) -> bool {
    deleted > FEW && deleted * 5 > of
}

/// Which orphans are deleted, and which are held, in batches: those of a kind of which too many would be deleted. Of the other
/// kinds all are held, if too many of everything would be deleted. What was approved is deleted.
pub(crate) fn judged(
    who: Function,
    orphans: Vec<Orphan>,
    stored: &BTreeMap<KindName, usize>,
    approved: &BTreeSet<String>,
) -> (Vec<Orphan>, Vec<Batch>) {
    let all: usize = stored.values().sum();
    let (mut deleted, asked): (Vec<_>, Vec<_>) =
        orphans.into_iter().partition(|orphan| approved.contains(&orphan.located.key.to_string()));
    let mut kinds: BTreeMap<KindName, Vec<Orphan>> = BTreeMap::new();
    for orphan in asked {
        kinds.entry(orphan.kind.clone()).or_default().push(orphan);
    }
    let (mut batches, mut rest) = (Vec::new(), Vec::new());
    for (kind, orphans) in kinds {
        let of = stored.get(&kind).copied().unwrap_or_default();
        match is_mass(orphans.len(), of) {
            true => batches.push(Batch::new(who, Some(kind.display()), keys(&orphans), of)),
            false => rest.extend(orphans),
        }
    }
    match is_mass(rest.len(), all) {
        true => batches.push(Batch::new(who, None, keys(&rest), all)),
        false => deleted.extend(rest),
    }
    (deleted, batches)
}

pub(crate) fn keys(orphans: &[Orphan]) -> Vec<String> {
    orphans.iter().map(|orphan| orphan.located.key.to_string()).collect()
}
