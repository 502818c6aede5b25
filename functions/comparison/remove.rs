//! The end of what the bucket has and the cluster has not: deleted, held if it is too much, or third-party.

use super::{
    findings::UNMANAGED,
    guard::{FEW, judged, keys},
    held::{self, Batch},
    orphans::Orphan,
    repairs::AT_ONCE,
    walk::{Mode, Walk},
};
use crate::kinds::KindName;
use bucket::{Outcome, Store, Synced, Wanted};
use events::{Cursor, DriftReason, Nack, Version};
use futures::{StreamExt, stream};
use std::collections::{BTreeMap, BTreeSet};

/// The cursor's kind when all is written and only deletions are left: it orders after every kind.
const DELETIONS: &str = "~";

/// How a deletion ended.
enum Removed {
    Deleted(Outcome),
    Unmanaged,
    /// Its object exists, or the bucket object is deleted already.
    No,
}

impl<S: Store> Walk<'_, S> {
    /// Deletes the orphans while there is time, or holds them; where the next slice goes on. If the state of what is held cannot
    /// be used, that is one of the findings.
    pub(crate) async fn remove_or_report(
        &mut self,
        orphans: Vec<Orphan>,
        stored: &BTreeMap<KindName, usize>,
    ) -> Option<Cursor> {
        self.remove(orphans, stored).await.unwrap_or_else(|nack| {
            self.findings.failed("state/held", &nack);
            None
        })
    }

    async fn remove(
        &mut self,
        orphans: Vec<Orphan>,
        stored: &BTreeMap<KindName, usize>,
    ) -> Result<Option<Cursor>, Nack> {
        let records = held::records(self.cx, self.run.who).await?;
        let orphans = self.verified(orphans, &held::keys(&records)).await?;
        let all: BTreeSet<String> = keys(&orphans).into_iter().collect();
        let (deleted, batches) = judged(self.run.who, orphans, stored, &held::approved(&records));
        self.findings.held = batches.iter().map(|batch| batch.id().to_owned()).collect();
        if self.run.mode == Mode::Look {
            self.would_hold(batches.iter());
            return self.would_delete(&deleted).await.map(|()| None);
        }
        if let Some(cursor) = self.delete(deleted).await {
            return Ok(Some(cursor));
        }
        let news = held::hold(self.cx, self.run.who, self.run.request, records, &batches, &all).await?;
        self.findings.news |= !news.is_empty();
        self.would_hold(batches.iter().filter(|batch| news.contains(batch.id())));
        Ok(None)
    }

    /// Leaves out those that are deleted by now or that Callboard never wrote, before many of them are called too many. What is
    /// held already was looked at.
    async fn verified(&mut self, orphans: Vec<Orphan>, held: &BTreeSet<String>) -> Result<Vec<Orphan>, Nack> {
        if orphans.len() <= FEW {
            return Ok(orphans);
        }
        let (mut verified, asked): (Vec<_>, Vec<_>) =
            orphans.into_iter().partition(|orphan| held.contains(&orphan.located.key.to_string()));
        let walk = &*self;
        let standing = asked.into_iter().map(|orphan| async move {
            let standing = walk.cx.bucket.object(&orphan.located.key).await;
            (orphan, standing)
        });
        let standing: Vec<_> = stream::iter(standing).buffered(AT_ONCE).collect().await;
        for (orphan, standing) in standing {
            match standing? {
                Some(stored) if stored.is_managed => verified.push(orphan),
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

    async fn would_delete(&mut self, orphans: &[Orphan]) -> Result<(), Nack> {
        for orphan in orphans {
            let Orphan { located, kind, .. } = orphan;
            let key = located.key.to_string();
            match self.cx.bucket.object(&located.key).await? {
                Some(stored) if stored.is_managed => {
                    self.findings.drifted(DriftReason::Orphan, &kind.display(), Some(&key), orphan.why());
                }
                Some(_) => self.findings.drifted(DriftReason::Unmanaged, "", Some(&key), UNMANAGED),
                None => {}
            }
        }
        Ok(())
    }

    async fn delete(&mut self, mut orphans: Vec<Orphan>) -> Option<Cursor> {
        let reached = self.run.request.cursor.as_ref().filter(|cursor| cursor.kind == DELETIONS);
        orphans.sort_by(|a, b| a.located.key.cmp(&b.located.key));
        orphans.retain(|orphan| reached.is_none_or(|cursor| orphan.located.key.to_string() > cursor.after));
        let walk = &*self;
        let deletions = orphans.into_iter().enumerate().map(|(n, orphan)| async move {
            let done = if walk.has_time(n) { Some(walk.delete_one(&orphan).await) } else { None };
            (orphan, done)
        });
        let done: Vec<_> = stream::iter(deletions).buffered(AT_ONCE).collect().await;
        let mut after = String::new();
        for (orphan, done) in done {
            let (key, kind) = (orphan.located.key.to_string(), orphan.kind.display());
            match done {
                None => return Some(self.cursor(DELETIONS, Some(after))),
                Some(Ok(Removed::Deleted(outcome))) => {
                    self.findings.drifted(DriftReason::Orphan, &kind, Some(&key), orphan.why());
                    self.findings.changed(&key, outcome);
                }
                Some(Ok(Removed::Unmanaged)) => {
                    self.findings.drifted(DriftReason::Unmanaged, "", Some(&key), UNMANAGED)
                }
                Some(Ok(Removed::No)) => {}
                Some(Err(nack)) => self.findings.failed(&key, &nack),
            }
            after = key;
        }
        None
    }

    /// Deletes one, unless Callboard did not write it, or its object exists after all.
    async fn delete_one(&self, orphan: &Orphan) -> Result<Removed, Nack> {
        let key = &orphan.located.key;
        let standing = self.cx.bucket.object(key).await?;
        let Some(stored) = standing else { return Ok(Removed::No) };
        if !stored.is_managed {
            return Ok(Removed::Unmanaged);
        }
        if let Some(version) = &orphan.bare {
            return self.bare(orphan, version, &stored.version).await;
        }
        let cause = &self.run.request.cause.sha256;
        let synced = match (&orphan.listed, self.listing.get(&key.to_string())) {
            (Some(listed), _) => {
                let listed = Version { uid: stored.version.uid.clone(), resource_version: listed.clone() };
                if listed.is_before(&stored.version) {
                    return self.delete_newer(orphan, &listed).await;
                }
                self.cx.bucket.repair(key, Wanted::Deleted, &listed, cause).await?
            }
            // A kind that is deleted has no list and no version. What was created since has other bytes.
            (None, Some(etag)) => self.cx.bucket.remove_listed(key, etag, cause).await?,
            (None, None) => return Ok(Removed::No),
        };
        Ok(synced.into())
    }

    /// Deletes what has no entity any more. What is stored may be newer: written since, or the cluster counts its versions again.
    async fn bare(&self, orphan: &Orphan, version: &Version, standing: &Version) -> Result<Removed, Nack> {
        let (key, cause) = (&orphan.located.key, &self.run.request.cause.sha256);
        let synced = self.cx.bucket.repair(key, Wanted::Nothing, version, cause).await?;
        if synced != Synced::Late || !version.is_before(standing) {
            return Ok(synced.into());
        }
        match self.run.cluster.get(&orphan.object()?).await? {
            Some(live) if live.version() == *version => {
                Ok(self.cx.bucket.rewind(key, Wanted::Nothing, version, cause).await?.into())
            }
            _ => Ok(Removed::No),
        }
    }

    /// What is stored is newer than the list: written since, or the cluster counts its versions again.
    async fn delete_newer(&self, orphan: &Orphan, listed: &Version) -> Result<Removed, Nack> {
        let (key, object) = (&orphan.located.key, orphan.object()?);
        if self.run.cluster.get(&object).await?.is_some() {
            return Ok(Removed::No);
        }
        let synced = self.cx.bucket.rewind(key, Wanted::Deleted, listed, &self.run.request.cause.sha256).await?;
        self.look_again(orphan.function, &object).await?;
        Ok(synced.into())
    }
}

impl From<Synced> for Removed {
    fn from(synced: Synced) -> Self {
        match synced {
            Synced::Changed(outcome) | Synced::Repeated(outcome) => Self::Deleted(outcome),
            Synced::Unchanged | Synced::Late => Self::No,
        }
    }
}
