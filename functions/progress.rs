//! What a long run does now, for a person who waits for it.

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

/// What a run does now. The default is one that nobody watches, and costs nothing.
#[derive(Debug, Clone, Default)]
pub struct Progress(Option<Arc<Mutex<String>>>);

impl Progress {
    /// One that somebody watches.
    pub fn watched() -> Self {
        Self(Some(Arc::default()))
    }

    /// From now on the run does this.
    pub fn now(&self, doing: fmt::Arguments<'_>) {
        if let Some(now) = &self.0 {
            *now.lock().unwrap_or_else(PoisonError::into_inner) = doing.to_string();
        }
    }

    /// What the run does now; empty if it has not said so.
    pub fn seen(&self) -> String {
        let seen = |now: &Arc<Mutex<String>>| now.lock().unwrap_or_else(PoisonError::into_inner).clone();
        self.0.as_ref().map(seen).unwrap_or_default()
    }
}
