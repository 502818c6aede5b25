//! How `resync` paces its runs.

use crate::comparison::Turn;
use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

/// In how many slices of a run, one after another, the objects of one kind are written. Then the other kinds have their turn.
pub(super) const SLICES_OF_A_KIND: u32 = 20;

/// How long a slice of a run writes, and that there is one run at a time in a process.
#[derive(Debug)]
pub struct Pace {
    slice: Duration,
    pub(super) turn: Turn,
    /// In which run and kind the last slice ended, and how many did before it.
    ended: Mutex<Option<(String, String, u32)>>,
    /// The dead letter that was tried last.
    letter: Mutex<Option<String>>,
}

impl Default for Pace {
    fn default() -> Self {
        Self::new(Duration::from_secs(10))
    }
}

impl Pace {
    /// A pace with this much time for a slice. What has begun by then is finished.
    pub fn new(slice: Duration) -> Self {
        Self { slice, turn: Turn::default(), ended: Mutex::default(), letter: Mutex::default() }
    }

    /// How long a slice writes.
    pub fn slice(&self) -> Duration {
        self.slice
    }

    /// One more slice of a run ended in a kind: whether that kind has to wait for the next run.
    pub(super) fn is_given_up(&self, run: &str, kind: &str) -> bool {
        let mut ended = self.ended.lock().unwrap_or_else(PoisonError::into_inner);
        let before = match ended.take() {
            Some((of, in_kind, slices)) if of == run && in_kind == kind => slices,
            _ => 0,
        };
        *ended = Some((run.to_owned(), kind.to_owned(), before + 1));
        before + 1 > SLICES_OF_A_KIND
    }

    /// The dead letter that was tried last.
    pub(super) fn letter(&self) -> Option<String> {
        self.letter.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// This dead letter was tried last: the next pass begins behind it.
    pub(super) fn tried(&self, letter: String) {
        *self.letter.lock().unwrap_or_else(PoisonError::into_inner) = Some(letter);
    }
}
