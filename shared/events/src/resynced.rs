//! The events in which `resync` says what it found and did.

use crate::{
    Cause, Function, ObjectChange, Omitted, REQUESTED, ResyncRequest,
    cataloged::cut_changes,
    emitted::{self, Cut, Shape},
};
use cloudevents::Event;
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, fmt};

/// The type of [`Drifted`].
pub const DRIFTED: &str = "dev.callboard.catalog.drifted";

/// The type of [`Held`].
pub const HELD: &str = "dev.callboard.deletion.held";

/// How bucket and cluster differed, or why that could not be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DriftReason {
    /// The object lives, and the bucket did not know it.
    Missing,
    /// The bucket had an older state of the object.
    Outdated,
    /// The bucket had the entities of an object that is gone.
    Orphan,
    /// A file under the prefix that Callboard did not write; it is left alone.
    Unmanaged,
    /// Two objects claim one entity ref; the first key keeps it.
    Collision,
    /// The bucket was ahead of the cluster, which was restored or rebuilt.
    Rewound,
    /// A kind of which no event tells, or which may not be read.
    Uncovered,
}

impl DriftReason {
    /// Its name in events, metrics and tables.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Outdated => "outdated",
            Self::Orphan => "orphan",
            Self::Unmanaged => "unmanaged",
            Self::Collision => "collision",
            Self::Rewound => "rewound",
            Self::Uncovered => "uncovered",
        }
    }
}

impl fmt::Display for DriftReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One difference.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Drift {
    /// How it differed.
    pub reason: DriftReason,
    /// The kind: `<kind>.<group>`, in lower case; empty for an unmanaged file.
    pub kind: String,
    /// The key in the bucket, where it is about one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// What it is, or what to do, in one sentence.
    pub detail: String,
}

/// Something that could not be brought in line, and stays as it was.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Failed {
    /// The key in the bucket.
    pub key: String,
    /// Why, in one sentence.
    pub reason: String,
}

/// A kind that could not be compared: nothing of it is deleted.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Degraded {
    /// The kind: `<kind>.<group>`, in lower case.
    pub kind: String,
    /// Why, in one sentence.
    pub reason: String,
}

/// The content of `dev.callboard.catalog.resynced`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Resynced {
    /// The event that led to the run's last slice.
    pub cause: Cause,
    /// The run.
    pub run: String,
    /// How many objects of the cluster were compared.
    pub compared: u64,
    /// What was written and deleted in the last slice.
    pub changes: Vec<ObjectChange>,
    /// Which entities were left out, since Backstage would reject them, and why.
    pub omitted: Vec<Omitted>,
    /// How many differences the last slice found that were not told before, by reason.
    pub drift: BTreeMap<DriftReason, u64>,
    /// What could not be brought in line.
    pub failed: Vec<Failed>,
    /// Kinds that could not be compared.
    pub degraded: Vec<Degraded>,
    /// The ids of deletions that are held.
    pub held: Vec<String>,
    /// Set where lists were cut to keep the event below [`MAX_DATA`](crate::MAX_DATA).
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub truncated: bool,
}

/// The content of `dev.callboard.catalog.drifted`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Drifted {
    /// The event that led to the run.
    pub cause: Cause,
    /// The run.
    pub run: String,
    /// What differed.
    pub drift: Vec<Drift>,
    /// How many there were, by reason, whatever the list says.
    pub counts: BTreeMap<DriftReason, u64>,
    /// Set where the list was cut.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub truncated: bool,
}

/// The content of `dev.callboard.deletion.held`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Held {
    /// The event that led to the run.
    pub cause: Cause,
    /// What `dev.callboard.deletion.approved` must name: the id of these very deletions, or the uid of the cluster.
    pub id: String,
    /// The kind: `<kind>.<group>`, in lower case; `None` where it is about all kinds, or about the cluster.
    pub kind: Option<String>,
    /// How many bucket objects would go.
    pub deletions: u64,
    /// Of how many.
    pub of: u64,
    /// Their keys.
    pub keys: Vec<String>,
    /// Why they are held, in one sentence, and what lets them go.
    pub reason: String,
    /// Set where the list was cut.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub truncated: bool,
}

impl Resynced {
    /// The reply event. `cluster` is the subject, `root` (`<prefix>/<cluster>`) the partition key.
    ///
    /// # Errors
    /// If an attribute cannot stand in an event.
    pub fn event(self, cluster: &str, root: &str) -> Result<Event, String> {
        let id = id(&self.cause, Function::Resync.reply_type(), &(root, &self.changes));
        emitted::event(shape(Function::Resync.reply_type(), id, cluster, root), self)
    }
}

impl Drifted {
    /// The event of the function that compared, as [`Resynced::event`].
    ///
    /// # Errors
    /// If an attribute cannot stand in an event.
    pub fn event(self, function: Function, cluster: &str, root: &str) -> Result<Event, String> {
        let id = id(&self.cause, DRIFTED, &(root, &self.drift));
        emitted::event(Shape { function, ..shape(DRIFTED, id, cluster, root) }, self)
    }
}

impl Held {
    /// The event of the function that holds them, as [`Resynced::event`]; its id is the same as long as the same deletions
    /// are held.
    ///
    /// # Errors
    /// If an attribute cannot stand in an event.
    pub fn event(self, function: Function, cluster: &str, root: &str) -> Result<Event, String> {
        emitted::event(Shape { function, ..shape(HELD, self.id.clone(), cluster, root) }, self)
    }
}

/// The event with which a run asks for its next slice, because of this one.
///
/// # Errors
/// If an attribute cannot stand in an event.
pub fn resume(next: &ResyncRequest, cluster: &str, root: &str) -> Result<Event, String> {
    let id = id(&next.cause, REQUESTED, &(root, &next.cursor));
    emitted::event(shape(REQUESTED, id, cluster, root), Whole(next.data()))
}

/// A tick that is delivered again finds another state of things, and what it says then is another event.
fn id(cause: &Cause, ty: &str, content: &impl Serialize) -> String {
    let content = serde_json::to_string(content).unwrap_or_default();
    cause.reply_id(&format!("{ty} {content}"))
}

fn shape<'a>(ty: &'static str, id: String, cluster: &str, root: &'a str) -> Shape<'a> {
    Shape { function: Function::Resync, ty, id, subject: cluster.to_owned(), key: root }
}

/// Data that is small and cannot be cut.
#[derive(Serialize)]
#[serde(transparent)]
struct Whole(serde_json::Value);

impl Cut for Whole {
    fn cut(&mut self) -> bool {
        false
    }
}

impl Cut for Resynced {
    fn cut(&mut self) -> bool {
        self.truncated = true;
        let cut = [
            cut_changes(&mut self.changes),
            emitted::halve(&mut self.omitted),
            emitted::halve(&mut self.failed),
            emitted::halve(&mut self.degraded),
            emitted::halve(&mut self.held),
        ];
        cut.contains(&true) || self.cause.shorten()
    }
}

impl Cut for Drifted {
    fn cut(&mut self) -> bool {
        self.truncated = true;
        emitted::halve(&mut self.drift) || self.cause.shorten()
    }
}

impl Cut for Held {
    fn cut(&mut self) -> bool {
        self.truncated = true;
        emitted::halve(&mut self.keys) || self.cause.shorten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{MAX_DATA, Scope, decode, incoming::Incoming};
    use cloudevents::AttributesReader;
    use serde_json::Value;

    fn cause() -> Cause {
        Cause::new("/s", "1", "t")
    }

    fn drift() -> Drift {
        Drift { reason: DriftReason::Outdated, kind: "app.x".into(), key: None, detail: "x".into() }
    }

    fn resynced() -> Resynced {
        Resynced {
            cause: cause(),
            run: "r".into(),
            compared: 0,
            changes: vec![],
            omitted: vec![],
            drift: BTreeMap::new(),
            failed: vec![],
            degraded: vec![],
            held: vec![],
            truncated: false,
        }
    }

    fn data(event: &Event) -> Value {
        event.data().unwrap().clone().try_into().unwrap()
    }

    #[test]
    fn the_same_cause_gives_the_same_event_and_each_type_another_id() {
        let drifted =
            || Drifted { cause: cause(), run: "r".into(), drift: vec![], counts: BTreeMap::new(), truncated: false };
        let event = drifted().event(Function::Resync, "main", "entities/main").unwrap();
        assert_eq!(event, drifted().event(Function::Resync, "main", "entities/main").unwrap());
        assert_eq!(
            (event.ty(), event.source().as_str(), event.subject()),
            (DRIFTED, "/callboard/resync", Some("main"))
        );
        let other = Drifted {
            run: "other".into(),
            counts: BTreeMap::from([(DriftReason::Outdated, 1)]),
            drift: vec![drift()],
            ..drifted()
        };
        let request = ResyncRequest::new(cause(), Scope::default());
        let events = [
            event,
            other.event(Function::Resync, "main", "entities/main").unwrap(),
            resume(&request, "main", "entities/main").unwrap(),
            resynced().event("main", "entities/main").unwrap(),
        ];
        let ids: std::collections::BTreeSet<_> = events.iter().map(AttributesReader::id).collect();
        assert_eq!(ids.len(), events.len());
    }

    #[test]
    fn ten_thousand_held_keys_fit_and_their_number_stays_true() {
        let keys =
            (0..10_000).map(|n| format!("entities/main/marketplace.kratix.io/app/default/{n:0>40}.yaml")).collect();
        let held = Held {
            cause: cause(),
            id: "x".into(),
            kind: None,
            deletions: 10_000,
            of: 10_000,
            keys,
            reason: "many".into(),
            truncated: false,
        };
        let data = data(&held.event(Function::Mesh, "main", "entities/main").unwrap());
        assert!(data.to_string().len() <= MAX_DATA);
        assert_eq!((&data["truncated"], &data["deletions"]), (&true.into(), &10_000.into()));
    }

    #[test]
    fn a_run_takes_its_own_next_slice() {
        let request = ResyncRequest::new(cause(), Scope::default());
        let event = resume(&request, "main", "entities/main").unwrap();
        let Ok(Some(Incoming::Resync(next))) = decode(event) else { panic!("not taken") };
        assert_eq!((next.run, next.cursor), (request.run, None));
    }
}
