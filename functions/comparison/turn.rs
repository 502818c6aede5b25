//! One run at a time, and one that waits for it. What is asked for meanwhile joins the one that waits.

use events::{ResyncRequest, Scope};
use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};
use tokio::{sync::MutexGuard, time::timeout};

/// How long a run waits.
const PATIENCE: Duration = Duration::from_secs(15);

/// Whose turn it is.
#[derive(Debug, Default)]
pub(crate) struct Turn {
    alone: tokio::sync::Mutex<()>,
    waiting: Mutex<Option<ResyncRequest>>,
}

/// Ends the wait, also if the event that waits has no more time.
struct Waiting<'a>(&'a Turn);

impl Turn {
    /// Waits for the right to run, and says what to run. `None`: the run that waits does it, or the one before takes too long.
    pub(crate) async fn take(&self, request: ResyncRequest) -> Option<(MutexGuard<'_, ()>, ResyncRequest)> {
        if let Ok(alone) = self.alone.try_lock() {
            return Some((alone, request));
        }
        if self.joins(&request) {
            return None;
        }
        let waiting = Waiting(self);
        let alone = timeout(PATIENCE, self.alone.lock()).await;
        let asked = waiting.end();
        match alone {
            Ok(alone) => Some((alone, asked.unwrap_or(request))),
            Err(_) => {
                tracing::warn!("the run before takes too long; the next periodic resync does it");
                None
            }
        }
    }

    /// Waits as long as it takes, with nothing that could be joined.
    pub(crate) async fn lock(&self) -> MutexGuard<'_, ()> {
        self.alone.lock().await
    }

    /// Whether another one waits, which does this as well. Otherwise this one waits.
    fn joins(&self, request: &ResyncRequest) -> bool {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        match &mut *waiting {
            Some(other) if other.scope == request.scope && other.cursor == request.cursor => true,
            // All of it, from the start. What is right already costs no call.
            Some(other) => {
                (other.scope, other.cursor) = (Scope::default(), None);
                true
            }
            None => {
                *waiting = Some(request.clone());
                false
            }
        }
    }
}

impl Waiting<'_> {
    /// What to run.
    fn end(&self) -> Option<ResyncRequest> {
        self.0.waiting.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.end();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use events::{Cause, Cursor};
    use futures::future::join3;
    use std::{
        pin::Pin,
        task::{Context, Waker},
    };

    fn request(namespace: &str) -> ResyncRequest {
        let namespace = Some(namespace.to_owned()).filter(|it| !it.is_empty());
        ResyncRequest::new(Cause::new("/me", "1", "t"), Scope { namespace, ..Scope::default() })
    }

    async fn scope(turn: &Turn, request: ResyncRequest) -> Option<Scope> {
        turn.take(request).await.map(|(_alone, request)| request.scope)
    }

    /// Whether it waits.
    fn waits(run: Pin<&mut impl Future>) -> bool {
        run.poll(&mut Context::from_waker(Waker::noop())).is_pending()
    }

    #[tokio::test]
    async fn what_comes_while_a_run_waits_joins_it() {
        let turn = Turn::default();
        let running = turn.lock().await;
        let runs = async {
            let runs = join3(scope(&turn, request("one")), scope(&turn, request("one")), scope(&turn, request("one")));
            tokio::pin!(runs);
            assert!(waits(runs.as_mut()));
            drop(running);
            runs.await
        };
        assert_eq!(runs.await, (Some(request("one").scope), None, None));
        let running = turn.lock().await;
        let runs = join3(scope(&turn, request("one")), scope(&turn, request("two")), scope(&turn, request("")));
        tokio::pin!(runs);
        assert!(waits(runs.as_mut()));
        drop(running);
        assert_eq!(runs.await, (Some(Scope::default()), None, None));
    }

    #[tokio::test(start_paused = true)]
    async fn a_run_does_not_wait_for_ever_and_leaves_its_place() {
        let turn = Turn::default();
        let running = turn.lock().await;
        assert_eq!(scope(&turn, request("one")).await, None);
        let cursor = Some(Cursor { kind: "a".into(), after: String::new(), slices: 1 });
        let next = ResyncRequest { cursor: cursor.clone(), ..request("") };
        {
            let cancelled = turn.take(next.clone());
            tokio::pin!(cancelled);
            assert!(waits(cancelled.as_mut()));
        }
        let runs = turn.take(next);
        tokio::pin!(runs);
        assert!(waits(runs.as_mut()));
        drop(running);
        assert_eq!(runs.await.unwrap().1.cursor, cursor);
    }
}
