//! What the bucket has and the cluster has not: deleted, held where it is too much, or of others.

use super::{
    compare::Walk,
    held::{self, Batch},
    kinds::Named,
    run::Mode,
};
use bucket::{Outcome, Store, Synced, Wanted};
use catalog::Located;
use events::{DriftReason, Nack, ObjectRef, Version};
use futures::{StreamExt, stream};
use std::collections::{BTreeMap, BTreeSet};

/// How many objects are deleted at once.
const AT_ONCE: usize = 64;

/// More than this many, and more than a fifth, are not deleted unasked.
const FEW: usize = 10;

/// A bucket object whose source is in no complete list of its kind.
#[derive(Debug, Clone)]
pub(super) struct Orphan {
    pub(super) located: Located,
    pub(super) named: Named,
    /// The resourceVersion of the list in which it is not; `None` where its kind is gone.
    pub(super) listed: Option<String>,
}

/// How a deletion ended.
enum Gone {
    Deleted(Outcome),
    Foreign,
    /// It lives, or is gone already.
    No,
}

/// Whether so many of so many are too much to be deleted unasked.
pub(super) fn is_mass(gone: usize, of: usize) -> bool {
    gone > FEW && gone * 5 > of
}

/// Which orphans go, and which are held, in batches: those of a kind of which too many would go; of the others all,
/// where too many of everything would go. What was approved goes.
pub(super) fn judged(
    orphans: Vec<Orphan>,
    stored: &BTreeMap<Named, usize>,
    approved: &BTreeSet<String>,
) -> (Vec<Orphan>, Vec<Batch>) {
    let all: usize = stored.values().sum();
    let (mut go, asked): (Vec<_>, Vec<_>) =
        orphans.into_iter().partition(|orphan| approved.contains(&orphan.located.key.to_string()));
    let too_many = is_mass(asked.len(), all);
    let mut kinds: BTreeMap<Named, Vec<Orphan>> = BTreeMap::new();
    for orphan in asked {
        kinds.entry(orphan.named.clone()).or_default().push(orphan);
    }
    let (mut batches, mut rest) = (Vec::new(), Vec::new());
    for (named, orphans) in kinds {
        let of = stored.get(&named).copied().unwrap_or_default();
        match is_mass(orphans.len(), of) {
            true => batches.push(Batch::new(Some(named.display()), keys(&orphans), of)),
            false => rest.extend(orphans),
        }
    }
    match too_many && !rest.is_empty() {
        true => batches.push(Batch::new(None, keys(&rest), all)),
        false => go.extend(rest),
    }
    (go, batches)
}

fn keys(orphans: &[Orphan]) -> Vec<String> {
    orphans.iter().map(|orphan| orphan.located.key.to_string()).collect()
}

impl<S: Store> Walk<'_, S> {
    /// Deletes the orphans, or holds them.
    pub(super) async fn remove(&mut self, orphans: Vec<Orphan>, stored: &BTreeMap<Named, usize>) -> Result<(), Nack> {
        let records = held::records(self.cx).await?;
        let all: BTreeSet<String> = keys(&orphans).into_iter().collect();
        let (go, batches) = judged(orphans, stored, &held::approved(&records));
        for batch in &batches {
            for key in batch.keys() {
                let kind = batch.kind().unwrap_or("all kinds");
                self.findings.drifted(DriftReason::Orphan, kind, Some(key), format!("held as {}", batch.id()));
            }
        }
        match self.mode {
            Mode::Look => go.iter().for_each(|orphan| {
                let key = orphan.located.key.to_string();
                self.findings.drifted(DriftReason::Orphan, &orphan.named.display(), Some(&key), "its object is gone");
            }),
            Mode::Repair => {
                self.delete(go).await;
                let told = held::hold(self.cx, self.request, records, &batches, &all).await?;
                self.findings.news |= told;
            }
        }
        self.findings.held.extend(batches.iter().map(|batch| batch.id().to_owned()));
        Ok(())
    }

    async fn delete(&mut self, go: Vec<Orphan>) {
        let walk = &*self;
        let deletions = go.into_iter().map(|orphan| async move {
            let done = walk.delete_one(&orphan).await;
            (orphan, done)
        });
        let done: Vec<_> = stream::iter(deletions).buffered(AT_ONCE).collect().await;
        for (orphan, done) in done {
            let (key, kind) = (orphan.located.key.to_string(), orphan.named.display());
            match done {
                Ok(Gone::Deleted(outcome)) => {
                    self.findings.drifted(DriftReason::Orphan, &kind, Some(&key), "its object is gone");
                    self.findings.changed(&key, outcome);
                }
                Ok(Gone::Foreign) => {
                    self.findings.drifted(DriftReason::Foreign, "", Some(&key), "Callboard did not write it");
                }
                Ok(Gone::No) => {}
                Err(nack) => self.findings.failed(&key, nack),
            }
        }
    }

    /// Deletes one, unless others wrote it, or it lives after all.
    async fn delete_one(&self, orphan: &Orphan) -> Result<Gone, Nack> {
        let key = &orphan.located.key;
        let standing = self.cx.bucket.standing(key).await?;
        let Some(stored) = standing else { return Ok(Gone::No) };
        if !stored.ours {
            return Ok(Gone::Foreign);
        }
        let (mut version, cause) = (stored.version, &self.request.cause.sha256);
        if let Some(listed) = &orphan.listed {
            let listed = Version { uid: version.uid.clone(), resource_version: listed.clone() };
            // Newer than the list: made since, or the cluster counts anew.
            if listed.is_before(&version) {
                let Located { group, kind, namespace, name, .. } = &orphan.located;
                let object = ObjectRef::new(&format!("{group}/v1"), kind, namespace.as_deref(), name);
                let object = object.map_err(|error| Nack::Reject(error.to_string()))?;
                if self.cluster.get(&object).await?.is_some() {
                    return Ok(Gone::No);
                }
            } else {
                version = listed;
            }
        }
        let mut synced = self.cx.bucket.repair(key, Wanted::Gone, &version, cause).await?;
        if synced == Synced::Stale && orphan.listed.is_none() {
            // This process knows of a later version with the same entities; nobody can tell that of a kind that is gone.
            let unknown = Version { resource_version: String::new(), ..version };
            synced = self.cx.bucket.repair(key, Wanted::Gone, &unknown, cause).await?;
        }
        Ok(match synced {
            Synced::Changed(outcome) | Synced::Repeated(outcome) => Gone::Deleted(outcome),
            Synced::Unchanged | Synced::Stale => Gone::No,
        })
    }
}
