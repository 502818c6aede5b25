//! Which objects are still to be written to the bucket, and which events wait for that.

use catalog::mesh::Id;
use std::{
    collections::{BTreeMap, VecDeque},
    ops::Bound::{Excluded, Unbounded},
};

/// How many events may wait for one object. Of more the first ones are forgotten. The object is still written.
const EVENTS: usize = 16;

/// How many pending writes of other events an event tries.
const OF_OTHERS: usize = 64;

/// All pending writes, by object.
#[derive(Debug, Default)]
pub(super) struct PendingWrites {
    by_object: BTreeMap<Id, PendingWrite>,
    /// The number of the latest one.
    count: u64,
    /// Where an event goes on with those of other events, so that each has its turn.
    turn: Option<Id>,
}

/// An object that is to be written.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct PendingWrite {
    /// Another one whenever something new of the object is to be written.
    number: u64,
    /// The events that fail until it is written, by the hash of their cause.
    events: VecDeque<Box<str>>,
    is_of_event: bool,
    /// Whether nothing can be written until something else was read, or the guard of a comparison allows it.
    is_blocked: bool,
}

/// Who found that an object is to be written.
#[derive(Debug, Clone, Copy)]
pub(super) enum FoundBy<'a> {
    /// An event, by the hash of its cause.
    Event(&'a str),
    /// A comparison with the cluster. It removes only what its guard allows.
    Comparison,
}

impl PendingWrite {
    /// Whether an event found it.
    pub(super) fn is_of_event(&self) -> bool {
        self.is_of_event
    }
}

impl PendingWrites {
    /// Adds an object, or something new of it.
    pub(super) fn add(&mut self, id: Id, by: FoundBy<'_>) {
        self.count += 1;
        let pending = self.by_object.entry(id).or_default();
        (pending.number, pending.is_blocked) = (self.count, false);
        let FoundBy::Event(cause) = by else { return };
        pending.is_of_event = true;
        if !pending.events.iter().any(|event| **event == *cause) {
            pending.events.push_back(cause.into());
            if pending.events.len() > EVENTS {
                pending.events.pop_front();
            }
        }
    }

    pub(super) fn of(&self, id: &Id) -> Option<&PendingWrite> {
        self.by_object.get(id)
    }

    /// It is written, unless there is something new of it since.
    pub(super) fn done(&mut self, id: &Id, pending: &PendingWrite) {
        if self.by_object.get(id).is_some_and(|now| now.number == pending.number) {
            self.by_object.remove(id);
        }
    }

    /// It cannot be written now, and no event waits for it.
    pub(super) fn block(&mut self, id: &Id, pending: &PendingWrite) {
        if let Some(now) = self.by_object.get_mut(id).filter(|now| now.number == pending.number) {
            now.events.clear();
            now.is_blocked = true;
        }
    }

    /// All is read: what events found can be written.
    pub(super) fn unblock(&mut self) {
        self.by_object.values_mut().for_each(|pending| pending.is_blocked &= !pending.is_of_event);
    }

    /// Forgets what is blocked and no event found: the next comparison finds it again.
    pub(super) fn forget_compared(&mut self) {
        self.by_object.retain(|_, pending| !pending.is_blocked || pending.is_of_event);
    }

    /// What this event waits for.
    pub(super) fn of_event(&self, cause: &str) -> Vec<Id> {
        let is_its = |pending: &PendingWrite| pending.events.iter().any(|event| **event == *cause);
        self.by_object.iter().filter(|(_, pending)| is_its(pending)).map(|(id, _)| id.clone()).collect()
    }

    /// Some of what can be written and other events wait for, in turn.
    pub(super) fn of_others(&mut self, cause: &str) -> Vec<Id> {
        let behind = match &self.turn {
            Some(turn) => self.by_object.range((Excluded(turn), Unbounded)),
            None => self.by_object.range::<Id, _>(..),
        };
        let before = self.turn.as_ref().map(|turn| self.by_object.range(..=turn));
        let is_others =
            |pending: &PendingWrite| !pending.is_blocked && !pending.events.iter().any(|event| **event == *cause);
        let others = behind.chain(before.into_iter().flatten()).filter(|(_, pending)| is_others(pending));
        let ids: Vec<Id> = others.map(|(id, _)| id.clone()).take(OF_OTHERS).collect();
        self.turn = ids.last().cloned();
        ids
    }

    /// All that can be written.
    pub(super) fn ready(&self) -> Vec<Id> {
        self.by_object.iter().filter(|(_, pending)| !pending.is_blocked).map(|(id, _)| id.clone()).collect()
    }

    pub(super) fn clear(&mut self) {
        self.by_object.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use events::ObjectRef;

    fn id(name: &str) -> Id {
        Id::of(&ObjectRef::new("v1", "Service", Some("shop"), name).unwrap())
    }

    #[test]
    fn a_write_does_not_settle_what_is_new_since() {
        let mut writes = PendingWrites::default();
        writes.add(id("a"), FoundBy::Event("one"));
        let pending = writes.of(&id("a")).unwrap().clone();
        writes.add(id("a"), FoundBy::Comparison);
        writes.done(&id("a"), &pending);
        assert_eq!(writes.of_event("one"), [id("a")]);
        let pending = writes.of(&id("a")).unwrap().clone();
        writes.done(&id("a"), &pending);
        assert_eq!(writes.ready(), []);
    }

    #[test]
    fn all_writes_of_other_events_have_their_turn() {
        let mut writes = PendingWrites::default();
        let ids: Vec<_> = (100..100 + OF_OTHERS * 2 + 1).map(|n| id(&n.to_string())).collect();
        ids.iter().for_each(|id| writes.add(id.clone(), FoundBy::Event("one")));
        let tried: Vec<_> = (0..3).flat_map(|_| writes.of_others("two")).collect();
        assert_eq!(tried[..ids.len()], ids);
        assert_eq!(tried[ids.len()..], ids[..OF_OTHERS - 1]);
        assert_eq!(writes.of_others("one"), []);
    }

    #[test]
    fn what_is_blocked_is_left_until_there_is_something_new_or_all_is_read() {
        let mut writes = PendingWrites::default();
        writes.add(id("a"), FoundBy::Event("one"));
        let pending = writes.of(&id("a")).unwrap().clone();
        writes.block(&id("a"), &pending);
        assert_eq!((writes.of_event("one"), writes.of_others("two"), writes.ready()), (vec![], vec![], vec![]));
        writes.unblock();
        assert_eq!((writes.of_event("one"), writes.of_others("two")), (vec![], vec![id("a")]));
        writes.block(&id("a"), &pending);
        writes.add(id("a"), FoundBy::Event("two"));
        assert_eq!(writes.of_event("two"), [id("a")]);
    }

    #[test]
    fn what_a_guard_blocks_is_left_to_the_next_comparison() {
        let mut writes = PendingWrites::default();
        writes.add(id("a"), FoundBy::Comparison);
        let pending = writes.of(&id("a")).unwrap().clone();
        writes.block(&id("a"), &pending);
        writes.unblock();
        assert_eq!((writes.ready(), writes.of(&id("a")).is_some()), (vec![], true));
        writes.forget_compared();
        assert!(writes.of(&id("a")).is_none());
    }

    #[test]
    fn no_more_events_wait_for_an_object_than_are_remembered() {
        let mut writes = PendingWrites::default();
        (0..=EVENTS).for_each(|n| writes.add(id("a"), FoundBy::Event(&n.to_string())));
        assert_eq!((writes.of_event("0"), writes.of_event("1")), (vec![], vec![id("a")]));
    }
}
