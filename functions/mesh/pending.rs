//! What is still to be written to the bucket, and on whose account.

use catalog::mesh::Id;
use std::{
    collections::{BTreeMap, VecDeque},
    ops::Bound::{Excluded, Unbounded},
};

/// How many events an object is owed to. Of more the first ones are forgotten: the object stays owed.
const EVENTS: usize = 16;

/// How many debts of others an event tries to pay in passing.
const IN_PASSING: usize = 64;

/// All that is owed, by object.
#[derive(Debug, Default)]
pub(super) struct Debts {
    owed: BTreeMap<Id, Debt>,
    /// The number of the latest one.
    count: u64,
    /// Where paying in passing goes on, so that each has its turn.
    turn: Option<Id>,
}

/// That an object is to be written.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Debt {
    /// Another one whenever something new is owed.
    number: u64,
    /// The events that fail until it is paid, by the hash of their cause.
    events: VecDeque<Box<str>>,
    is_of_event: bool,
    /// Whether nothing can be written until something else was read, or the guard of a comparison lets it go.
    waits: bool,
}

/// Who found out that an object is to be written.
#[derive(Debug, Clone, Copy)]
pub(super) enum By<'a> {
    /// An event, by the hash of its cause.
    Event(&'a str),
    /// A comparison with the cluster: it removes nothing but what its guard lets go.
    Comparison,
}

impl Debt {
    /// Whether an event led to it.
    pub(super) fn is_of_event(&self) -> bool {
        self.is_of_event
    }
}

impl Debts {
    pub(super) fn owe(&mut self, id: Id, by: By<'_>) {
        self.count += 1;
        let debt = self.owed.entry(id).or_default();
        (debt.number, debt.waits) = (self.count, false);
        let By::Event(cause) = by else { return };
        debt.is_of_event = true;
        if !debt.events.iter().any(|event| **event == *cause) {
            debt.events.push_back(cause.into());
            if debt.events.len() > EVENTS {
                debt.events.pop_front();
            }
        }
    }

    pub(super) fn of(&self, id: &Id) -> Option<&Debt> {
        self.owed.get(id)
    }

    /// It is paid, unless something new is owed since.
    pub(super) fn paid(&mut self, id: &Id, debt: &Debt) {
        if self.owed.get(id).is_some_and(|now| now.number == debt.number) {
            self.owed.remove(id);
        }
    }

    /// It waits, and no event is held up by it.
    pub(super) fn waits(&mut self, id: &Id, debt: &Debt) {
        if let Some(now) = self.owed.get_mut(id).filter(|now| now.number == debt.number) {
            now.events.clear();
            now.waits = true;
        }
    }

    /// Nothing waits for something to be read any more.
    pub(super) fn wake(&mut self) {
        self.owed.values_mut().for_each(|debt| debt.waits &= !debt.is_of_event);
    }

    /// What waits and is of no event, the next comparison finds again.
    pub(super) fn forget_compared(&mut self) {
        self.owed.retain(|_, debt| !debt.waits || debt.is_of_event);
    }

    /// What is owed to this event.
    pub(super) fn of_event(&self, cause: &str) -> Vec<Id> {
        let is_its = |debt: &Debt| debt.events.iter().any(|event| **event == *cause);
        self.owed.iter().filter(|(_, debt)| is_its(debt)).map(|(id, _)| id.clone()).collect()
    }

    /// Some of what can be paid and is owed to others than this event, in turn.
    pub(super) fn in_passing(&mut self, cause: &str) -> Vec<Id> {
        let behind = match &self.turn {
            Some(turn) => self.owed.range((Excluded(turn), Unbounded)),
            None => self.owed.range::<Id, _>(..),
        };
        let before = self.turn.as_ref().map(|turn| self.owed.range(..=turn));
        let is_others = |debt: &Debt| !debt.waits && !debt.events.iter().any(|event| **event == *cause);
        let others = behind.chain(before.into_iter().flatten()).filter(|(_, debt)| is_others(debt));
        let ids: Vec<Id> = others.map(|(id, _)| id.clone()).take(IN_PASSING).collect();
        self.turn = ids.last().cloned();
        ids
    }

    /// All that can be paid.
    pub(super) fn payable(&self) -> Vec<Id> {
        self.owed.iter().filter(|(_, debt)| !debt.waits).map(|(id, _)| id.clone()).collect()
    }

    pub(super) fn clear(&mut self) {
        self.owed.clear();
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
    fn who_paid_does_not_pay_what_is_owed_since() {
        let mut debts = Debts::default();
        debts.owe(id("a"), By::Event("one"));
        let debt = debts.of(&id("a")).unwrap().clone();
        debts.owe(id("a"), By::Comparison);
        debts.paid(&id("a"), &debt);
        assert_eq!(debts.of_event("one"), [id("a")]);
        let debt = debts.of(&id("a")).unwrap().clone();
        debts.paid(&id("a"), &debt);
        assert_eq!(debts.payable(), []);
    }

    #[test]
    fn all_debts_of_others_have_their_turn() {
        let mut debts = Debts::default();
        let ids: Vec<_> = (100..100 + IN_PASSING * 2 + 1).map(|n| id(&n.to_string())).collect();
        ids.iter().for_each(|id| debts.owe(id.clone(), By::Event("one")));
        let tried: Vec<_> = (0..3).flat_map(|_| debts.in_passing("two")).collect();
        assert_eq!(tried[..ids.len()], ids);
        assert_eq!(tried[ids.len()..], ids[..IN_PASSING - 1]);
        assert_eq!(debts.in_passing("one"), []);
    }

    #[test]
    fn what_waits_is_nobodys_until_something_new_is_owed_or_all_is_read() {
        let mut debts = Debts::default();
        debts.owe(id("a"), By::Event("one"));
        let debt = debts.of(&id("a")).unwrap().clone();
        debts.waits(&id("a"), &debt);
        assert_eq!((debts.of_event("one"), debts.in_passing("two"), debts.payable()), (vec![], vec![], vec![]));
        debts.wake();
        assert_eq!((debts.of_event("one"), debts.in_passing("two")), (vec![], vec![id("a")]));
        debts.waits(&id("a"), &debt);
        debts.owe(id("a"), By::Event("two"));
        assert_eq!(debts.of_event("two"), [id("a")]);
    }

    #[test]
    fn what_waits_for_a_guard_is_not_woken_and_is_left_to_the_next_comparison() {
        let mut debts = Debts::default();
        debts.owe(id("a"), By::Comparison);
        let debt = debts.of(&id("a")).unwrap().clone();
        debts.waits(&id("a"), &debt);
        debts.wake();
        assert_eq!((debts.payable(), debts.of(&id("a")).is_some()), (vec![], true));
        debts.forget_compared();
        assert!(debts.of(&id("a")).is_none());
    }

    #[test]
    fn an_object_is_owed_to_no_more_events_than_are_remembered() {
        let mut debts = Debts::default();
        (0..=EVENTS).for_each(|n| debts.owe(id("a"), By::Event(&n.to_string())));
        assert_eq!((debts.of_event("0"), debts.of_event("1")), (vec![], vec![id("a")]));
    }
}
