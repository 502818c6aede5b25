//! Dead letters: what is kept of them, and how they are tried again. They are stored in the state as
//! `dead/<source>-<object>.json`.

use crate::{context::Context, table};
use bucket::{Condition, Conditional, Listed, Store};
use events::{Arrival, Cause, Change, DeadLetter, Function, Nack, Nothing, ObjectRef, Reply, Verdict};
use futures::{StreamExt, stream};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};
use tokio::time::timeout;

const FOLDER: &str = "dead/";

/// The most that are kept.
const MAX: usize = 10_000;

/// The most that are kept of one source of events.
const OF_A_SOURCE: usize = 1_000;

/// How long one is tried.
const PATIENCE: Duration = Duration::from_secs(5);

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

/// One file for each object, or for each event without one, of a source.
fn name(dead: &DeadLetter) -> String {
    let identity = dead.object.as_ref().map_or_else(|| dead.cause.sha256.clone(), ToString::to_string);
    let source = hex::encode(Sha256::digest(&dead.cause.source));
    format!("{FOLDER}{}-{}.json", &source[..16], hex::encode(Sha256::digest(identity)))
}

/// The source in the name of a file.
fn source(name: &str) -> &str {
    name.rsplit('/').next().and_then(|name| name.split_once('-')).map_or("", |(source, _)| source)
}

/// Whether there is room for one more.
#[derive(Debug, PartialEq, Eq)]
enum Room {
    Free,
    /// In place of this one.
    Of(String),
    None,
}

/// A source has so many places, and gives them up to others when all are taken: the oldest one of whoever has most.
fn room(kept: &[Listed], name: &str) -> Room {
    let mut sources: BTreeMap<&str, Vec<&Listed>> = BTreeMap::new();
    for letter in kept {
        sources.entry(source(&letter.key)).or_default().push(letter);
    }
    let of_source = sources.get(source(name)).map_or(0, Vec::len);
    let largest = sources.into_values().max_by_key(Vec::len).unwrap_or_default();
    match largest.iter().min_by_key(|letter| letter.modified) {
        _ if of_source >= OF_A_SOURCE => Room::None,
        Some(oldest) if kept.len() >= MAX && of_source < largest.len() => Room::Of(oldest.key.clone()),
        _ if kept.len() >= MAX => Room::None,
        _ => Room::Free,
    }
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
        if known.is_none() {
            match room(&cx.bucket.states(FOLDER).await?, &name) {
                Room::Free => {}
                Room::Of(oldest) => {
                    cx.bucket.delete_state(&oldest, Condition::Always).await?;
                }
                Room::None => {
                    let source = cut(&dead.cause.source);
                    tracing::error!(
                        source,
                        "too many dead letters of this source are kept already; this one is not, and the next resync has to find \
                         its object"
                    );
                    return Ok(());
                }
            }
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

/// Tries dead letters again, once, by the object as it is now, as long as there is time. It begins where the last pass ended, so that
/// those that hang keep no other from its turn.
pub(super) async fn redrive<S: Store>(cx: &Context<S>, until: Instant) -> Result<Redriven, Nack> {
    let names = in_turn(cx.bucket.states(FOLDER).await?, cx.pace.letter().as_deref());
    let (all, until) = (names.len(), until.into());
    let tries = names.iter().enumerate().map(|(n, name)| async move {
        cx.progress.now(format_args!("dead letter {} of {all}", n + 1));
        if tokio::time::Instant::now() < until { again(cx, name).await } else { Ended::Waiting }
    });
    let tries: Vec<_> = tries.collect();
    let ended: Vec<_> = stream::iter(tries).buffered(AT_ONCE).collect().await;
    if let Some(last) = ended.iter().rposition(|ended| *ended != Ended::Waiting) {
        cx.pace.tried(names[last].clone());
    }
    let count = |wanted: Ended| ended.iter().filter(|ended| **ended == wanted).count();
    let (done, left, expired) = (count(Ended::Done), count(Ended::Left), count(Ended::Expired));
    let redriven = Redriven { done, left, unknown: count(Ended::Unknown), waiting: count(Ended::Waiting), expired };
    cx.dead_letters.left(left);
    if redriven != Redriven::default() {
        tracing::info!(done, left, expired, "dead letters were tried again");
    }
    Ok(redriven)
}

/// The names of the letters, those behind the last one first.
fn in_turn(letters: Vec<Listed>, last: Option<&str>) -> Vec<String> {
    let mut names: Vec<_> = letters.into_iter().map(|letter| letter.key).collect();
    names.sort();
    let begin = last.map_or(0, |last| names.partition_point(|name| name.as_str() <= last));
    names.rotate_left(begin);
    names.truncate(MAX);
    names
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
    match timeout(PATIENCE, tried(cx, name)).await {
        Ok(Ok(ended)) => ended,
        Err(_) => {
            tracing::warn!(name, "a dead letter was not handled in time");
            Ended::Left
        }
        Ok(Err(nack)) => {
            tracing::warn!(name, %nack, "a dead letter failed again");
            Ended::Left
        }
    }
}

async fn tried<S: Store>(cx: &Context<S>, name: &str) -> Result<Ended, Nack> {
    let Some((etag, record)) = read(cx, name).await? else { return Ok(Ended::Done) };
    let ended = match record.arrival() {
        Some((function, arrival)) => match delivered(cx, function, arrival).await {
            Ok(Reply::Changed(event) | Reply::Omitted(event)) => {
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

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::SystemTime;

    fn listed(source: &str, n: usize) -> Listed {
        let modified = SystemTime::UNIX_EPOCH + Duration::from_secs(n as u64);
        Listed { key: format!("dead/{source}-{n:05}.json"), etag: String::new(), size: 0, modified }
    }

    fn of(sources: &[(&str, usize)]) -> Vec<Listed> {
        sources.iter().flat_map(|(source, letters)| (0..*letters).map(|n| listed(source, n))).collect()
    }

    #[test]
    fn no_source_takes_the_places_of_others() {
        assert_eq!(room(&of(&[("a", 999)]), "dead/a-x.json"), Room::Free);
        assert_eq!(room(&of(&[("a", 1000)]), "dead/a-x.json"), Room::None);
        assert_eq!(room(&of(&[("a", 1000)]), "dead/b-x.json"), Room::Free);
        let names: Vec<_> = (0..10).map(|n| format!("s{n}")).collect();
        let full: Vec<_> = names.iter().map(|name| (name.as_str(), 1000)).collect();
        assert!(matches!(room(&of(&full), "dead/b-x.json"), Room::Of(oldest) if oldest.ends_with("-00000.json")));
        assert_eq!(room(&of(&[("a", 9_000), ("b", 1_000)]), "dead/b-x.json"), Room::None);
        // Those of the time before sources were told apart are one source.
        let legacy = Listed { key: "dead/0123.json".into(), ..listed("a", 1) };
        assert_eq!(source(&legacy.key), "");
    }

    #[test]
    fn each_letter_has_its_turn() {
        let letters = || of(&[("a", 3)]);
        let first = |last: Option<&str>| in_turn(letters(), last)[0].clone();
        assert_eq!(first(None), "dead/a-00000.json");
        assert_eq!(first(Some("dead/a-00000.json")), "dead/a-00001.json");
        assert_eq!(first(Some("dead/a-00002.json")), "dead/a-00000.json");
        assert_eq!(in_turn(letters(), Some("dead/a-00001x")).len(), 3);
    }
}
