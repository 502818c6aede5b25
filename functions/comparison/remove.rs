//! The end of what the bucket has and the cluster has not: deleted, held if it is too much, or third-party.

use super::{
    findings::UNMANAGED,
    guard::{FEW, Guard, Judged, keys},
    held::{self, Batch, Record},
    orphans::Orphan,
    repairs::AT_ONCE,
    stored::{counted, located},
    walk::{Mode, Walk},
};
use crate::kinds::KindName;
use bucket::{Outcome, Store, Synced, Wanted};
use events::{Cursor, DriftReason, Nack, Scope, Version};
use futures::{StreamExt, stream};
use std::collections::BTreeSet;

/// The cursor's kind when all is written and only deletions are left: it orders after every kind.
const DELETIONS: &str = "~";

/// How often a run decides again after another one was faster.
const TRIES: usize = 5;

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
        kinds: &BTreeSet<KindName>,
    ) -> Option<Cursor> {
        self.remove(orphans, kinds).await.unwrap_or_else(|nack| {
            self.findings.failed("state/held", &nack);
            None
        })
    }

    /// `kinds`: those of which too much may be deleted together.
    async fn remove(&mut self, orphans: Vec<Orphan>, kinds: &BTreeSet<KindName>) -> Result<Option<Cursor>, Nack> {
        let guard = Guard::read(self.cx, self.run.who).await?;
        let orphans = self.verified(orphans, &guard).await?;
        let all: BTreeSet<String> = keys(&orphans).into_iter().collect();
        if self.run.mode == Mode::Look {
            return self.look_at_orphans(guard, orphans, kinds).await.map(|()| None);
        }
        let (mut guard, Judged { deleted, unasked, batches }) = self.decided(guard, &orphans, kinds).await?;
        let batches = self.to_hold(batches, &guard);
        self.findings.held = self.held(&batches, &guard, &all);
        let (cursor, gone) = self.delete(deleted).await;
        let kept: Vec<_> = unasked.into_iter().filter(|(key, _)| !gone.contains(key)).map(|(_, kind)| kind).collect();
        if !kept.is_empty() {
            guard.history.take_back(&kept);
            if !guard.history.write(self.cx, self.run.who).await? {
                tracing::warn!("another run was faster; what was not deleted counts as deleted for a day");
            }
        }
        if cursor.is_some() {
            return Ok(cursor);
        }
        let news = held::hold(self.cx, self.run.who, self.run.request, &guard.records, &batches, &all).await?;
        self.findings.news |= !news.is_empty();
        let new: Vec<_> = batches.iter().filter(|batch| news.contains(batch.id())).collect();
        for batch in new {
            for key in batch.keys() {
                let kind = batch.kind().unwrap_or_default();
                self.findings.drifted(DriftReason::Orphan, kind, Some(key), format!("held as {}", batch.id()));
            }
        }
        Ok(None)
    }

    /// What becomes of orphans. Before any is deleted, it is stored that it will be: no other run may delete as many.
    async fn decided(
        &self,
        mut guard: Guard,
        orphans: &[Orphan],
        kinds: &BTreeSet<KindName>,
    ) -> Result<(Guard, Judged), Nack> {
        for _ in 0..TRIES {
            let judged = self.judged(&mut guard, orphans.to_vec(), kinds);
            guard.history.add(judged.unasked.values());
            if guard.history.write(self.cx, self.run.who).await? {
                return Ok((guard, judged));
            }
            guard = Guard::read(self.cx, self.run.who).await?;
        }
        Err(Nack::Retry(format!("what other runs delete changed {TRIES} times; the next resync deletes the rest")))
    }

    fn judged(&self, guard: &mut Guard, orphans: Vec<Orphan>, kinds: &BTreeSet<KindName>) -> Judged {
        guard.history.observe(self.listing.keys(), &self.live);
        let (mut located, _) = located(self.cx, self.listing.keys());
        located.retain(|(it, kind)| kinds.contains(kind) && guard.history.was_listed(&it.key.to_string()));
        guard.judged(self.run.who, orphans, &counted(&located))
    }

    /// The batches under the ids that they have already. A run that looks at a part leaves out what is held in another batch.
    fn to_hold(&self, batches: Vec<Batch>, guard: &Guard) -> Vec<Batch> {
        let is_whole = self.run.request.scope == Scope::default();
        let batches = batches.into_iter().filter_map(|batch| match is_whole {
            true => Some(batch),
            false => batch.without(|key| guard.is_held(key), self.run.who),
        });
        batches.map(|batch| batch.known_to(&guard.records)).collect()
    }

    /// The ids of what is held of these keys.
    fn held(&self, batches: &[Batch], guard: &Guard, orphans: &BTreeSet<String>) -> Vec<String> {
        let mut held: Vec<_> = batches.iter().map(|batch| batch.id().to_owned()).collect();
        if self.run.request.scope != Scope::default() {
            let waits = guard.records.iter().filter(|record| record.waits_with(orphans));
            held.extend(waits.map(|record| record.id().to_owned()));
        }
        held
    }

    async fn look_at_orphans(
        &mut self,
        mut guard: Guard,
        orphans: Vec<Orphan>,
        kinds: &BTreeSet<KindName>,
    ) -> Result<(), Nack> {
        let all: BTreeSet<String> = keys(&orphans).into_iter().collect();
        let waits = |record: &&Record| record.waits_with(&all);
        self.findings.held = guard.records.iter().filter(waits).map(|record| record.id().to_owned()).collect();
        let judged = self.judged(&mut guard, orphans, kinds);
        let ids = held::waiting(&guard.records);
        for batch in &judged.batches {
            for key in batch.keys() {
                let detail = match ids.get(key.as_str()) {
                    Some(id) => format!("held as {id}"),
                    None => "the next resync holds its deletion".to_owned(),
                };
                self.findings.drifted(DriftReason::Orphan, batch.kind().unwrap_or_default(), Some(key), detail);
            }
        }
        self.would_delete(&judged.deleted).await
    }

    /// Leaves out those that are deleted by now or that Callboard never wrote, before many of them are called too many. What is
    /// held already was looked at.
    async fn verified(&mut self, orphans: Vec<Orphan>, guard: &Guard) -> Result<Vec<Orphan>, Nack> {
        if orphans.len() <= FEW {
            return Ok(orphans);
        }
        let (mut verified, asked): (Vec<_>, Vec<_>) =
            orphans.into_iter().partition(|orphan| guard.is_known(&orphan.located.key.to_string()));
        let walk = &*self;
        let standing = asked.into_iter().map(|orphan| async move {
            let standing = walk.cx.bucket.object(&orphan.located.key).await;
            (orphan, standing)
        });
        let standing: Vec<_> = stream::iter(standing).buffered(AT_ONCE).collect().await;
        for (orphan, standing) in standing {
            match standing.map_err(Nack::from) {
                // Its deletion is refused alone, too.
                Err(Nack::Refused(_)) => verified.push(orphan),
                Err(nack) => return Err(nack),
                Ok(Some(stored)) if stored.is_managed => verified.push(orphan),
                Ok(Some(_)) => {
                    let key = orphan.located.key.to_string();
                    self.findings.drifted(DriftReason::Unmanaged, "", Some(&key), UNMANAGED);
                }
                Ok(None) => {}
            }
        }
        Ok(verified)
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

    /// Deletes these while there is time; where the next slice goes on, and the keys that are deleted now.
    async fn delete(&mut self, mut orphans: Vec<Orphan>) -> (Option<Cursor>, BTreeSet<String>) {
        let reached = self.run.request.cursor.as_ref().filter(|cursor| cursor.kind == DELETIONS);
        orphans.sort_by(|a, b| a.located.key.cmp(&b.located.key));
        orphans.retain(|orphan| reached.is_none_or(|cursor| orphan.located.key.to_string() > cursor.after));
        let walk = &*self;
        let deletions = orphans.into_iter().enumerate().map(|(n, orphan)| async move {
            let done = if walk.has_time(n) { Some(walk.delete_one(&orphan).await) } else { None };
            (orphan, done)
        });
        let done: Vec<_> = stream::iter(deletions).buffered(AT_ONCE).collect().await;
        let (mut after, mut gone) = (String::new(), BTreeSet::new());
        for (orphan, done) in done {
            let (key, kind) = (orphan.located.key.to_string(), orphan.kind.display());
            match done {
                None => return (Some(self.cursor(DELETIONS, Some(after))), gone),
                Some(Ok(Removed::Deleted(outcome))) => {
                    self.findings.drifted(DriftReason::Orphan, &kind, Some(&key), orphan.why());
                    self.findings.changed(&key, outcome);
                    gone.insert(key.clone());
                }
                Some(Ok(Removed::Unmanaged)) => {
                    self.findings.drifted(DriftReason::Unmanaged, "", Some(&key), UNMANAGED)
                }
                Some(Ok(Removed::No)) => {}
                Some(Err(Nack::Refused(why))) => {
                    self.findings.drifted(DriftReason::Omitted, &kind, Some(&key), why);
                }
                Some(Err(nack)) => self.findings.failed(&key, &nack),
            }
            after = key;
        }
        (None, gone)
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
