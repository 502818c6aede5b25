//! The event that reports what a resync compared and repaired.

use crate::{
    Cause, DriftReason, Function, ObjectChange, Omitted,
    cataloged::cut_changes,
    emitted::{self, Cut},
    run,
};
use cloudevents::Event;
use serde::Serialize;
use std::collections::BTreeMap;

/// Something that could not be repaired, and stays as it was.
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
    /// How many new differences the last slice found, by reason.
    pub drift: BTreeMap<DriftReason, u64>,
    /// What could not be repaired.
    pub failed: Vec<Failed>,
    /// Kinds that could not be compared.
    pub degraded: Vec<Degraded>,
    /// The ids of deletions that are held.
    pub held: Vec<String>,
    /// Set if lists were cut to keep the event below [`MAX_DATA`](crate::MAX_DATA).
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub truncated: bool,
}

impl Resynced {
    /// The reply event. `cluster` is the subject, `root` (`<prefix>/<cluster>`) the partition key.
    ///
    /// # Errors
    /// If an attribute cannot stand in an event.
    pub fn event(self, cluster: &str, root: &str) -> Result<Event, String> {
        let id = run::id(&self.cause, Function::Resync.reply_type(), &(root, &self.changes));
        emitted::event(run::shape(Function::Resync.reply_type(), id, cluster, root), self)
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{DRIFTED, Drift, Drifted, Incoming, ResyncRequest, Scope, decode, resume};
    use cloudevents::AttributesReader;

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
    fn a_run_takes_its_own_next_slice() {
        let request = ResyncRequest::new(cause(), Scope::default());
        let event = resume(&request, "main", "entities/main").unwrap();
        let Ok(Some(Incoming::Resync(next))) = decode(event) else { panic!("not taken") };
        assert_eq!((next.run, next.cursor), (request.run, None));
    }
}
