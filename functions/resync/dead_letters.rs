//! Dead letters: what is kept of them, and how they are tried again. They are stored in the state as `dead/<id>.json`.

use crate::{context::Context, table};
use bucket::{Condition, Conditional, Store};
use events::{Arrival, Cause, Change, DeadLetter, Function, Nack, Nothing, ObjectRef, Reply, Verdict};
use futures::{StreamExt, stream};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::time::Instant;

const FOLDER: &str = "dead/";

/// The most that are kept.
const MAX: usize = 10_000;

/// How long one is kept, in milliseconds: seven days.
const KEPT: i64 = 7 * 24 * 60 * 60 * 1000;

/// How many are tried again in parallel.
const AT_ONCE: usize = 16;

/// How often a write is tried again after another process was faster.
const TRIES: usize = 3;

/// What is kept of the events about one object which the Broker could not deliver. Not their data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Record {
    /// The object that they are about; `None` if that is not known.
    object: Option<Object>,
    /// Whether the last one said that the object is deleted.
    deleted: bool,
    /// The function they were for.
    function: Option<String>,
    /// The last one: its source, id and type.
    source: String,
    id: String,
    #[serde(rename = "type")]
    ty: String,
    /// Who refused it and how.
    reason: String,
    /// How many there were.
    count: u64,
    /// When the last one came, in milliseconds since the epoch.
    last: i64,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Object {
    api_version: String,
    kind: String,
    namespace: Option<String>,
    name: String,
}

/// How it went to try dead letters again.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Redriven {
    /// What is dealt with now.
    pub done: usize,
    /// What failed again, and stays.
    pub left: usize,
    /// What names no object, and stays to be looked at.
    pub unknown: usize,
    /// What there was no time for.
    pub waiting: usize,
    /// What was kept for too long and is given up.
    pub expired: usize,
}

impl Record {
    fn of(dead: &DeadLetter, now: i64) -> Self {
        let object = dead.object.as_ref().map(|object| Object {
            api_version: object.api_version(),
            kind: object.kind().to_owned(),
            namespace: object.namespace().map(str::to_owned),
            name: object.name().to_owned(),
        });
        let Cause { source, id, ty, .. } = dead.cause.clone();
        let function = dead.function.map(|function| function.as_str().to_owned());
        let (deleted, reason) = (dead.deleted, dead.reason.clone());
        Self { object, deleted, function, source: cut(&source), id: cut(&id), ty, reason, count: 1, last: now }
    }

    /// The event that it stands for: that the object may have changed, or be deleted.
    fn arrival(&self) -> Option<(Function, Arrival)> {
        let object = self.object.as_ref()?;
        let object =
            ObjectRef::new(&object.api_version, &object.kind, object.namespace.as_deref(), &object.name).ok()?;
        let function = self.function.as_ref()?.parse().ok()?;
        let change = if self.deleted { Change::DeletedRef(object) } else { Change::AppliedRef(object) };
        let cause = Cause::new(&self.source, &self.id, &self.ty);
        Some((function, Arrival { cause, function: Some(function), change, time: None }))
    }
}

/// This much of an identity is enough to distinguish it.
fn cut(text: &str) -> String {
    text.chars().take(1000).collect()
}

/// One file for each object, or for each event without one.
fn name(dead: &DeadLetter) -> String {
    let identity = dead.object.as_ref().map_or_else(|| dead.cause.sha256.clone(), ToString::to_string);
    format!("{FOLDER}{}.json", hex::encode(Sha256::digest(identity)))
}

/// Keeps a dead letter.
///
/// # Errors
/// If the bucket cannot be used.
pub(super) async fn keep<S: Store>(cx: &Context<S>, dead: &DeadLetter) -> Result<(), Nack> {
    let (name, now) = (name(dead), cx.clock.now());
    tracing::warn!(cloudevents.event_id = dead.cause.id, reason = dead.reason, object = ?dead.object.as_ref().map(ToString::to_string), "a dead letter came");
    for _ in 0..TRIES {
        let known = read(cx, &name).await?;
        if known.is_none() && cx.bucket.states(FOLDER).await?.len() >= MAX {
            tracing::error!(
                "{MAX} dead letters are kept already; this one is not, and the next resync has to find its object"
            );
            return Ok(());
        }
        let count = known.as_ref().map(|(_, record)| record.count).unwrap_or_default();
        let record = Record { count: count.saturating_add(1), ..Record::of(dead, now) };
        let condition = known.as_ref().map_or(Condition::Absent, |(etag, _)| Condition::Is(etag));
        let bytes = serde_json::to_vec(&record).map_err(|error| Nack::Reject(error.to_string()))?;
        if let Conditional::Done(_) = cx.bucket.put_state(&name, bytes, condition).await? {
            return Ok(());
        }
    }
    Err(Nack::Retry(format!("failed to write {name}: another process was faster {TRIES} times")))
}

/// Tries dead letters again, once, by the object as it is now, the oldest first, as long as there is time.
pub(super) async fn redrive<S: Store>(cx: &Context<S>, until: Instant) -> Result<Redriven, Nack> {
    let mut letters = cx.bucket.states(FOLDER).await?;
    letters.sort_by_key(|letter| letter.modified);
    let all = letters.len().min(MAX);
    let tries = letters.into_iter().take(MAX).enumerate().map(|(n, letter)| async move {
        cx.progress.now(format_args!("dead letter {} of {all}", n + 1));
        if Instant::now() < until { again(cx, &letter.key).await } else { Ended::Waiting }
    });
    let ended: Vec<_> = stream::iter(tries).buffered(AT_ONCE).collect().await;
    let count = |wanted: Ended| ended.iter().filter(|ended| **ended == wanted).count();
    let (done, left, expired) = (count(Ended::Done), count(Ended::Left), count(Ended::Expired));
    let redriven = Redriven { done, left, unknown: count(Ended::Unknown), waiting: count(Ended::Waiting), expired };
    cx.dead_letters.left(left);
    if redriven != Redriven::default() {
        tracing::info!(done, left, expired, "dead letters were tried again");
    }
    Ok(redriven)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ended {
    Done,
    Left,
    Unknown,
    Waiting,
    Expired,
}

async fn again<S: Store>(cx: &Context<S>, name: &str) -> Ended {
    match tried(cx, name).await {
        Ok(ended) => ended,
        Err(nack) => {
            tracing::warn!(name, %nack, "a dead letter failed again");
            Ended::Left
        }
    }
}

async fn tried<S: Store>(cx: &Context<S>, name: &str) -> Result<Ended, Nack> {
    let Some((etag, record)) = read(cx, name).await? else { return Ok(Ended::Done) };
    let ended = match record.arrival() {
        Some((function, arrival)) => match delivered(cx, function, arrival).await {
            Ok(Reply::Changed(event)) => {
                cx.announce(Ok(*event)).await;
                Ended::Done
            }
            Ok(Reply::Nothing(Nothing::Uncovered | Nothing::Unresolved | Nothing::NotOurs)) => Ended::Left,
            Ok(Reply::Nothing(_)) => Ended::Done,
            Err(nack) => {
                tracing::warn!(name, %nack, "a dead letter failed again");
                Ended::Left
            }
        },
        None => Ended::Unknown,
    };
    let is_old = cx.clock.now().saturating_sub(record.last) > KEPT;
    if ended == Ended::Done || is_old {
        // Lost: it came again meanwhile, and stays for the next time.
        cx.bucket.delete_state(name, Condition::Is(&etag)).await?;
    }
    Ok(if ended != Ended::Done && is_old { Ended::Expired } else { ended })
}

async fn delivered<S: Store>(cx: &Context<S>, function: Function, arrival: Arrival) -> Verdict {
    match table::row(function).per_object {
        Some(_) => cx.change(function, arrival).await,
        None => Err(Nack::Retry(format!("{function} keeps its own objects, in another process"))),
    }
}

async fn read<S: Store>(cx: &Context<S>, name: &str) -> Result<Option<(String, Record)>, Nack> {
    let Some(state) = cx.bucket.state(name).await? else { return Ok(None) };
    match serde_json::from_slice(&state.bytes) {
        Ok(record) => Ok(Some((state.etag, record))),
        Err(error) => Err(Nack::Retry(format!("the state {name} cannot be read: {error}: delete it"))),
    }
}
