//! Deletions that wait for a user to approve them. They are stored in the state as `held/<id>.json`.

use crate::context::Context;
use bucket::{Condition, Conditional, Store};
use events::{Function, Held, Nack, ResyncRequest};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;

/// The most bytes of the keys of one batch; what is beyond comes with the next one.
const MAX_KEYS: usize = 2 * 1024 * 1024;

/// How often an approval is tried again after a resync was faster.
const TRIES: usize = 3;

/// The most batches that are looked at.
const MAX_BATCHES: usize = 100;

/// Deletions that are approved together, or not at all.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Batch {
    id: String,
    /// `<kind>.<group>`; `None`: of all kinds.
    kind: Option<String>,
    keys: Vec<String>,
    /// How many bucket objects there are, of the kind or in all.
    of: usize,
    approved: bool,
    announced: bool,
}

/// A batch, as the state has it.
#[derive(Debug)]
pub(crate) struct Record {
    etag: String,
    batch: Batch,
}

impl Batch {
    pub(crate) fn new(who: Function, kind: Option<String>, mut keys: Vec<String>, of: usize) -> Self {
        keys.sort();
        let mut bytes = 0;
        keys.retain(|key| {
            bytes += key.len() + 3;
            bytes <= MAX_KEYS
        });
        let digest = keys.iter().fold(Sha256::new(), |digest, key| digest.chain_update(key).chain_update([0]));
        let id = format!("{}{}", prefix(who), &hex::encode(digest.finalize())[..16]);
        Self { id, kind, keys, of, approved: false, announced: false }
    }

    /// What an approval names: the same as long as these very deletions are held.
    pub(crate) fn id(&self) -> &str {
        &self.id
    }

    pub(crate) fn kind(&self) -> Option<&str> {
        self.kind.as_deref()
    }

    pub(crate) fn keys(&self) -> &[String] {
        &self.keys
    }

    fn event(&self, request: &ResyncRequest) -> Held {
        let what = self.kind.as_deref().unwrap_or("all kinds");
        Held {
            cause: request.cause.clone(),
            id: self.id.clone(),
            kind: self.kind.clone(),
            deletions: self.keys.len() as u64,
            of: self.of as u64,
            keys: self.keys.clone(),
            reason: format!(
                "{} of {} of {what} would be deleted; `callboard resync --approve {}` allows these",
                self.keys.len(),
                self.of,
                self.id
            ),
            truncated: false,
        }
    }
}

/// All batches of a function that compares.
pub(crate) async fn records<S: Store>(cx: &Context<S>, who: Function) -> Result<Vec<Record>, Nack> {
    let mut records = Vec::new();
    let listed = cx.bucket.states("held/").await?;
    let ids = listed.iter().filter_map(|it| it.key.rsplit('/').next()?.strip_suffix(".json"));
    for id in ids.filter(|id| is_of(id, who)).take(MAX_BATCHES) {
        records.extend(record(cx, id).await?);
    }
    Ok(records)
}

async fn record<S: Store>(cx: &Context<S>, id: &str) -> Result<Option<Record>, Nack> {
    let state = cx.bucket.state(&name(id)).await?;
    Ok(state.and_then(|state| Some(Record { batch: serde_json::from_slice(&state.bytes).ok()?, etag: state.etag })))
}

/// All keys that are held, or may be deleted.
pub(crate) fn keys(records: &[Record]) -> BTreeSet<String> {
    records.iter().flat_map(|record| record.batch.keys.clone()).collect()
}

/// The keys that may be deleted.
pub(crate) fn approved(records: &[Record]) -> BTreeSet<String> {
    records.iter().filter(|record| record.batch.approved).flat_map(|record| record.batch.keys.clone()).collect()
}

/// Approves the batch of this id; false if this function holds none.
pub(crate) async fn approve<S: Store>(cx: &Context<S>, who: Function, id: &str) -> Result<bool, Nack> {
    for _ in 0..TRIES {
        let Some(Record { etag, batch }) = record(cx, id).await?.filter(|_| is_of(id, who)) else { return Ok(false) };
        if write(cx, &Batch { approved: true, ..batch }, Condition::Is(&etag)).await? {
            return Ok(true);
        }
    }
    Err(Nack::Retry(format!("the state of the held deletions {id} changed {TRIES} times; approve them again")))
}

/// Stores what is held now, and reports what was not reported before.
///
/// Returns the ids of what is new. A batch whose objects are back, or deleted, lapses. One that changed gives way to its
/// successor.
pub(crate) async fn hold<S: Store>(
    cx: &Context<S>,
    who: Function,
    request: &ResyncRequest,
    records: Vec<Record>,
    batches: &[Batch],
    orphans: &BTreeSet<String>,
) -> Result<BTreeSet<String>, Nack> {
    let is_whole = request.scope == events::Scope::default();
    for Record { etag, batch } in records.iter().filter(|_| is_whole) {
        let is_held = batches.iter().any(|held| held.id == batch.id);
        let is_due = batch.approved && batch.keys.iter().any(|key| orphans.contains(key));
        if !is_held && !is_due {
            cx.bucket.delete_state(&name(&batch.id), Condition::Is(etag)).await?;
        }
    }
    let (mut news, mut is_reachable) = (BTreeSet::new(), true);
    for batch in batches {
        let known = records.iter().find(|record| record.batch.id == batch.id);
        if known.is_some_and(|record| record.batch.announced) {
            continue;
        }
        let event = batch.event(request).event(who, cx.settings.layout.cluster(), &cx.settings.layout.root());
        let announced = is_reachable && cx.announce(event).await;
        is_reachable = announced;
        if known.is_none() || announced {
            news.insert(batch.id.clone());
            let condition = known.map_or(Condition::Absent, |record| Condition::Is(&record.etag));
            let approved = known.is_some_and(|record| record.batch.approved);
            // Otherwise another run wrote the same at the same time, or a user approved it. The next resync sees that.
            let _is_ours = write(cx, &Batch { announced, approved, ..batch.clone() }, condition).await?;
        }
    }
    Ok(news)
}

/// Whether no other process was faster.
async fn write<S: Store>(cx: &Context<S>, batch: &Batch, condition: Condition<'_>) -> Result<bool, Nack> {
    let bytes = serde_json::to_vec(batch).map_err(|error| Nack::Reject(error.to_string()))?;
    Ok(cx.bucket.put_state(&name(&batch.id), bytes, condition).await? != Conditional::Lost)
}

/// What the ids of a function begin with.
fn prefix(who: Function) -> &'static str {
    if who == Function::Mesh { "mesh-" } else { "" }
}

fn is_of(id: &str, who: Function) -> bool {
    id.starts_with(prefix(Function::Mesh)) == (who == Function::Mesh)
}

fn name(id: &str) -> String {
    format!("held/{id}.json")
}
