//! Deletions that wait for a user to approve them. They are stored in the state as `held/<name>.json`.

use crate::context::Context;
use bucket::{Condition, Conditional, Store};
use events::{Function, Held, Nack, ResyncRequest};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};

/// The most bytes of the keys of one batch; what is beyond comes with the next one.
const MAX_KEYS: usize = 2 * 1024 * 1024;

/// How often an approval is tried again after a resync was faster.
const TRIES: usize = 3;

/// The most batches that are looked at.
const MAX_BATCHES: usize = 100;

/// Deletions that are approved together, or not at all.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Batch {
    /// `<name>-<nonce>`. The name is made of the keys, which anybody can compute. The nonce is not.
    id: String,
    /// `<kind>.<group>`; `None`: of all kinds.
    kind: Option<String>,
    keys: Vec<String>,
    /// How many bucket objects there are, of the kind or in all.
    of: usize,
    /// How many more were deleted within a day.
    #[serde(default)]
    lately: usize,
    approved: bool,
    announced: bool,
}

/// A batch, as the state has it.
#[derive(Debug)]
pub(crate) struct Record {
    etag: String,
    name: String,
    batch: Batch,
}

impl Batch {
    pub(crate) fn new(
        who: Function,
        kind: Option<String>,
        mut keys: Vec<String>,
        (of, lately): (usize, usize),
    ) -> Self {
        keys.sort();
        let mut bytes = 0;
        keys.retain(|key| {
            bytes += key.len() + 3;
            bytes <= MAX_KEYS
        });
        let digest = keys.iter().fold(Sha256::new(), |digest, key| digest.chain_update(key).chain_update([0]));
        let nonce = uuid::Uuid::new_v4().simple().to_string();
        let id = format!("{}{}-{}", prefix(who), &hex::encode(digest.finalize())[..16], &nonce[..16]);
        Self { id, kind, keys, of, lately, approved: false, announced: false }
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

    /// The same with the id under which it is held already.
    pub(crate) fn known_to(self, records: &[Record]) -> Self {
        match records.iter().find(|record| record.is(&self)) {
            Some(Record { batch: Self { id, approved, announced, .. }, .. }) => {
                Self { id: id.clone(), approved: *approved, announced: *announced, ..self }
            }
            None => self,
        }
    }

    /// The same without these keys; `None` if none is left.
    pub(crate) fn without(self, is_out: impl Fn(&str) -> bool, who: Function) -> Option<Self> {
        let keys: Vec<_> = self.keys.into_iter().filter(|key| !is_out(key)).collect();
        (!keys.is_empty()).then(|| Self::new(who, self.kind, keys, (self.of, self.lately)))
    }

    fn event(&self, request: &ResyncRequest) -> Held {
        let what = self.kind.as_deref().unwrap_or("all kinds");
        let lately = match self.lately {
            0 => String::new(),
            lately => format!(", after {lately} within a day"),
        };
        Held {
            cause: request.cause.clone(),
            id: self.id.clone(),
            kind: self.kind.clone(),
            deletions: self.keys.len() as u64,
            of: self.of as u64,
            keys: self.keys.clone(),
            reason: format!(
                "{} of {} of {what} would be deleted{lately}; `callboard resync --approve {}` allows these",
                self.keys.len(),
                self.of,
                self.id
            ),
            truncated: false,
        }
    }
}

impl Record {
    /// Whether these very deletions are held here, under an id with a nonce.
    fn is(&self, batch: &Batch) -> bool {
        self.name == name_of(&batch.id) && self.name == name_of(&self.batch.id)
    }

    /// The id under which it waits.
    pub(crate) fn id(&self) -> &str {
        &self.batch.id
    }

    /// Whether it waits with one of these keys.
    pub(crate) fn waits_with(&self, keys: &BTreeSet<String>) -> bool {
        !self.batch.approved && self.batch.keys.iter().any(|key| keys.contains(key))
    }
}

/// The part of an id of what is held that does not approve it.
pub(crate) fn name_of(id: &str) -> &str {
    id.rsplit_once('-').map_or(id, |(name, _)| name)
}

/// All batches of a function that compares.
pub(crate) async fn records<S: Store>(cx: &Context<S>, who: Function) -> Result<Vec<Record>, Nack> {
    let mut records = Vec::new();
    let listed = cx.bucket.states("held/").await?;
    let names = listed.iter().filter_map(|it| it.key.rsplit('/').next()?.strip_suffix(".json"));
    for name in names.filter(|name| is_of(name, who)).take(MAX_BATCHES) {
        records.extend(record(cx, name).await?);
    }
    Ok(records)
}

async fn record<S: Store>(cx: &Context<S>, name: &str) -> Result<Option<Record>, Nack> {
    let state = cx.bucket.state(&file(name)).await?;
    let read = |state: bucket::State| {
        Some(Record { batch: serde_json::from_slice(&state.bytes).ok()?, etag: state.etag, name: name.to_owned() })
    };
    Ok(state.and_then(read))
}

/// All keys that are held, or may be deleted.
pub(crate) fn keys(records: &[Record]) -> BTreeSet<String> {
    records.iter().flat_map(|record| record.batch.keys.clone()).collect()
}

/// The keys that wait, with the ids under which they do.
pub(crate) fn waiting(records: &[Record]) -> BTreeMap<&str, &str> {
    let waits = records.iter().filter(|record| !record.batch.approved);
    waits.flat_map(|record| record.batch.keys.iter().map(|key| (key.as_str(), record.id()))).collect()
}

/// The keys that may be deleted.
pub(crate) fn approved(records: &[Record]) -> BTreeSet<String> {
    records.iter().filter(|record| record.batch.approved).flat_map(|record| record.batch.keys.clone()).collect()
}

/// Approves the batch of this id; false if this function holds none.
pub(crate) async fn approve<S: Store>(cx: &Context<S>, who: Function, id: &str) -> Result<bool, Nack> {
    for _ in 0..TRIES {
        let record = record(cx, name_of(id)).await?.filter(|record| is_of(id, who) && record.batch.id == id);
        let Some(Record { etag, batch, .. }) = record.filter(|record| record.name != id) else { return Ok(false) };
        if let Conditional::Done(_) = write(cx, &Batch { approved: true, ..batch }, Condition::Is(&etag)).await? {
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
    records: &[Record],
    batches: &[Batch],
    orphans: &BTreeSet<String>,
) -> Result<BTreeSet<String>, Nack> {
    let is_whole = request.scope == events::Scope::default();
    for Record { etag, name, batch } in records.iter().filter(|_| is_whole) {
        let is_held = batches.iter().any(|held| name_of(&held.id) == name);
        let is_due = batch.approved && batch.keys.iter().any(|key| orphans.contains(key));
        if !is_held && !is_due {
            cx.bucket.delete_state(&file(name), Condition::Is(etag)).await?;
        }
    }
    let (mut news, mut is_reachable) = (BTreeSet::new(), true);
    for batch in batches.iter().filter(|batch| !batch.announced) {
        let stored = records.iter().find(|record| record.name == name_of(&batch.id));
        let etag = match stored {
            Some(record) if record.is(batch) => record.etag.clone(),
            None if records.len() >= MAX_BATCHES && !is_whole => continue,
            stored => {
                let condition = stored.map_or(Condition::Absent, |record| Condition::Is(&record.etag));
                // Otherwise another run holds the same since a moment ago. The next resync sees that.
                let Conditional::Done(etag) = write(cx, batch, condition).await? else { continue };
                news.insert(batch.id.clone());
                etag
            }
        };
        let event = batch.event(request);
        tracing::warn!(id = batch.id, reason = event.reason, "deletions are held");
        let event = event.event(who, cx.settings.layout.cluster(), &cx.settings.layout.root());
        is_reachable = is_reachable && cx.announce(event).await;
        if is_reachable {
            news.insert(batch.id.clone());
            // Otherwise a user approved it meanwhile.
            let _is_ours = write(cx, &Batch { announced: true, ..batch.clone() }, Condition::Is(&etag)).await?;
        }
    }
    Ok(news)
}

async fn write<S: Store>(
    cx: &Context<S>,
    batch: &Batch,
    condition: Condition<'_>,
) -> Result<Conditional<String>, Nack> {
    let bytes = serde_json::to_vec(batch).map_err(|error| Nack::Reject(error.to_string()))?;
    Ok(cx.bucket.put_state(&file(name_of(&batch.id)), bytes, condition).await?)
}

/// What the ids of a function begin with.
fn prefix(who: Function) -> &'static str {
    if who == Function::Mesh { "mesh-" } else { "" }
}

fn is_of(id: &str, who: Function) -> bool {
    id.starts_with(prefix(Function::Mesh)) == (who == Function::Mesh)
}

fn file(name: &str) -> String {
    format!("held/{name}.json")
}
