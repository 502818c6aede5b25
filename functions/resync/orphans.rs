//! What the bucket has and the cluster has not: deleted, held where it is too much, or of others.

use super::{
    compare::{UNMANAGED, Walk},
    held::{self, Batch},
    kinds::Named,
    run::Mode,
};
use crate::mesh;
use bucket::{Outcome, Store, Synced, Wanted};
use catalog::Located;
use events::{Cursor, DriftReason, Function, Nack, ObjectRef, Version};
use futures::{StreamExt, stream};
use std::collections::{BTreeMap, BTreeSet};

/// How many objects are deleted at once.
const AT_ONCE: usize = 64;

/// More than this many, and more than a fifth, are not deleted unasked.
const FEW: usize = 10;

/// Where the cursor stands when all is written, and deletions are left: behind every kind.
const DELETIONS: &str = "~";

const GONE: &str = "its object is gone";

const BARE: &str = "its object has no entity any more";

/// A bucket object whose source is in no complete list of its kind.
#[derive(Debug, Clone)]
pub(crate) struct Orphan {
    pub(crate) located: Located,
    pub(crate) named: Named,
    /// Who keeps its kind.
    pub(crate) function: Function,
    /// The resourceVersion of the list in which it is not; `None` where its kind is gone.
    pub(crate) listed: Option<String>,
    /// As of which version its object lives, and has no entity any more; `None` where it is gone.
    pub(crate) bare: Option<Version>,
}

impl Orphan {
    fn why(&self) -> &'static str {
        if self.bare.is_some() { BARE } else { GONE }
    }
}

/// How a deletion ended.
enum Gone {
    Deleted(Outcome),
    Unmanaged,
    /// It lives, or is gone already.
    No,
}

/// Whether so many of so many are too much to be deleted unasked.
pub(crate) fn is_mass(gone: usize, of: usize) -> bool {
    gone > FEW && gone * 5 > of
}

/// Which orphans go, and which are held, in batches: those of a kind of which too many would go; of the others all,
/// where too many of everything would go. What was approved goes.
pub(crate) fn judged(
    who: Function,
    orphans: Vec<Orphan>,
    stored: &BTreeMap<Named, usize>,
    approved: &BTreeSet<String>,
) -> (Vec<Orphan>, Vec<Batch>) {
    let all: usize = stored.values().sum();
    let (mut go, asked): (Vec<_>, Vec<_>) =
        orphans.into_iter().partition(|orphan| approved.contains(&orphan.located.key.to_string()));
    let mut kinds: BTreeMap<Named, Vec<Orphan>> = BTreeMap::new();
    for orphan in asked {
        kinds.entry(orphan.named.clone()).or_default().push(orphan);
    }
    let (mut batches, mut rest) = (Vec::new(), Vec::new());
    for (named, orphans) in kinds {
        let of = stored.get(&named).copied().unwrap_or_default();
        match is_mass(orphans.len(), of) {
            true => batches.push(Batch::new(who, Some(named.display()), keys(&orphans), of)),
            false => rest.extend(orphans),
        }
    }
    match is_mass(rest.len(), all) {
        true => batches.push(Batch::new(who, None, keys(&rest), all)),
        false => go.extend(rest),
    }
    (go, batches)
}

fn keys(orphans: &[Orphan]) -> Vec<String> {
    orphans.iter().map(|orphan| orphan.located.key.to_string()).collect()
}

impl<S: Store> Walk<'_, S> {
    /// Deletes the orphans while there is time, or holds them; where the next slice goes on.
    pub(crate) async fn remove(
        &mut self,
        orphans: Vec<Orphan>,
        stored: &BTreeMap<Named, usize>,
    ) -> Result<Option<Cursor>, Nack> {
        let records = held::records(self.cx, self.who).await?;
        let orphans = self.verified(orphans, &held::keys(&records)).await?;
        let all: BTreeSet<String> = keys(&orphans).into_iter().collect();
        let (go, batches) = judged(self.who, orphans, stored, &held::approved(&records));
        self.findings.held = batches.iter().map(|batch| batch.id().to_owned()).collect();
        if self.mode == Mode::Look {
            self.would_hold(batches.iter());
            return self.would_delete(&go).await.map(|()| None);
        }
        if let Some(cursor) = self.delete(go).await {
            return Ok(Some(cursor));
        }
        let news = held::hold(self.cx, self.who, self.request, records, &batches, &all).await?;
        self.findings.news |= !news.is_empty();
        self.would_hold(batches.iter().filter(|batch| news.contains(batch.id())));
        Ok(None)
    }

    /// Before many of them are called too many: without those that are gone by now or were never ours. What is held already
    /// was looked at.
    async fn verified(&mut self, orphans: Vec<Orphan>, held: &BTreeSet<String>) -> Result<Vec<Orphan>, Nack> {
        if orphans.len() <= FEW {
            return Ok(orphans);
        }
        let (mut verified, asked): (Vec<_>, Vec<_>) =
            orphans.into_iter().partition(|orphan| held.contains(&orphan.located.key.to_string()));
        let walk = &*self;
        let standing = asked.into_iter().map(|orphan| async move {
            let standing = walk.cx.bucket.standing(&orphan.located.key).await;
            (orphan, standing)
        });
        let standing: Vec<_> = stream::iter(standing).buffered(AT_ONCE).collect().await;
        for (orphan, standing) in standing {
            match standing? {
                Some(stored) if stored.ours => verified.push(orphan),
                Some(_) => {
                    let key = orphan.located.key.to_string();
                    self.findings.drifted(DriftReason::Unmanaged, "", Some(&key), UNMANAGED);
                }
                None => {}
            }
        }
        Ok(verified)
    }

    fn would_hold<'b>(&mut self, batches: impl Iterator<Item = &'b Batch>) {
        for batch in batches {
            for key in batch.keys() {
                let kind = batch.kind().unwrap_or_default();
                self.findings.drifted(DriftReason::Orphan, kind, Some(key), format!("held as {}", batch.id()));
            }
        }
    }

    async fn would_delete(&mut self, go: &[Orphan]) -> Result<(), Nack> {
        for orphan in go {
            let Orphan { located, named, .. } = orphan;
            let key = located.key.to_string();
            match self.cx.bucket.standing(&located.key).await? {
                Some(stored) if stored.ours => {
                    self.findings.drifted(DriftReason::Orphan, &named.display(), Some(&key), orphan.why());
                }
                Some(_) => self.findings.drifted(DriftReason::Unmanaged, "", Some(&key), UNMANAGED),
                None => {}
            }
        }
        Ok(())
    }

    async fn delete(&mut self, mut go: Vec<Orphan>) -> Option<Cursor> {
        let reached = self.request.cursor.as_ref().filter(|cursor| cursor.kind == DELETIONS);
        go.sort_by(|a, b| a.located.key.cmp(&b.located.key));
        go.retain(|orphan| reached.is_none_or(|cursor| orphan.located.key.to_string() > cursor.after));
        let walk = &*self;
        let deletions = go.into_iter().enumerate().map(|(n, orphan)| async move {
            let done = if walk.has_time(n) { Some(walk.delete_one(&orphan).await) } else { None };
            (orphan, done)
        });
        let done: Vec<_> = stream::iter(deletions).buffered(AT_ONCE).collect().await;
        let mut after = String::new();
        for (orphan, done) in done {
            let (key, kind) = (orphan.located.key.to_string(), orphan.named.display());
            match done {
                None => return Some(self.cursor(DELETIONS, Some(after))),
                Some(Ok(Gone::Deleted(outcome))) => {
                    self.findings.drifted(DriftReason::Orphan, &kind, Some(&key), orphan.why());
                    self.findings.changed(&key, outcome);
                }
                Some(Ok(Gone::Unmanaged)) => self.findings.drifted(DriftReason::Unmanaged, "", Some(&key), UNMANAGED),
                Some(Ok(Gone::No)) => {}
                Some(Err(nack)) => self.findings.failed(&key, &nack),
            }
            after = key;
        }
        None
    }

    /// Deletes one, unless others wrote it, or it lives after all.
    async fn delete_one(&self, orphan: &Orphan) -> Result<Gone, Nack> {
        let key = &orphan.located.key;
        let standing = self.cx.bucket.standing(key).await?;
        let Some(stored) = standing else { return Ok(Gone::No) };
        if !stored.ours {
            return Ok(Gone::Unmanaged);
        }
        if let Some(version) = &orphan.bare {
            return self.bare(orphan, version, &stored.version).await;
        }
        let cause = &self.request.cause.sha256;
        let synced = match (&orphan.listed, self.listing.get(&key.to_string())) {
            (Some(listed), _) => {
                let listed = Version { uid: stored.version.uid.clone(), resource_version: listed.clone() };
                if listed.is_before(&stored.version) {
                    return self.delete_newer(orphan, &listed).await;
                }
                self.cx.bucket.repair(key, Wanted::Gone, &listed, cause).await?
            }
            // A kind that is gone has no list and no version; what was made since has other bytes.
            (None, Some(etag)) => self.cx.bucket.remove_listed(key, etag, cause).await?,
            (None, None) => return Ok(Gone::No),
        };
        Ok(synced.into())
    }

    /// Deletes what has no entity any more. What stands there may be newer: made since, or the cluster counts anew.
    async fn bare(&self, orphan: &Orphan, version: &Version, standing: &Version) -> Result<Gone, Nack> {
        let (key, cause) = (&orphan.located.key, &self.request.cause.sha256);
        let synced = self.cx.bucket.repair(key, Wanted::Nothing, version, cause).await?;
        if synced != Synced::Late || !version.is_before(standing) {
            return Ok(synced.into());
        }
        match self.cluster.get(&object(orphan)?).await? {
            Some(live) if live.version() == *version => {
                Ok(self.cx.bucket.rewind(key, Wanted::Nothing, version, cause).await?.into())
            }
            _ => Ok(Gone::No),
        }
    }

    /// What stands there is newer than the list: made since, or the cluster counts anew.
    async fn delete_newer(&self, orphan: &Orphan, listed: &Version) -> Result<Gone, Nack> {
        let (key, object) = (&orphan.located.key, object(orphan)?);
        if self.cluster.get(&object).await?.is_some() {
            return Ok(Gone::No);
        }
        let synced = self.cx.bucket.rewind(key, Wanted::Gone, listed, &self.request.cause.sha256).await?;
        self.look_again(orphan.function, &object).await?;
        Ok(synced.into())
    }
}

/// The object of which it was.
fn object(orphan: &Orphan) -> Result<ObjectRef, Nack> {
    let Located { group, kind, namespace, name, .. } = &orphan.located;
    let api_version = if group.is_empty() { "v1".to_owned() } else { format!("{group}/v1") };
    let object = ObjectRef::new(&api_version, kind, namespace.as_deref(), name);
    let object = object.map_err(|error| Nack::Reject(error.to_string()))?;
    Ok(if orphan.function == Function::Mesh { mesh::versioned(&object) } else { object })
}

impl From<Synced> for Gone {
    fn from(synced: Synced) -> Self {
        match synced {
            Synced::Changed(outcome) | Synced::Repeated(outcome) => Self::Deleted(outcome),
            Synced::Unchanged | Synced::Late => Self::No,
        }
    }
}
