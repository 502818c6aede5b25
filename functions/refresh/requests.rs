//! What events ask Backstage to be shown, on its way to the process that shows it.

use catalog::Key;
use events::{Became, Cause};
use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};
use tokio::{
    sync::{mpsc, oneshot},
    time::timeout,
};

/// How many events wait in the queue; more wait before it.
const QUEUE: usize = 256;

/// What one event reports.
pub(super) struct Request {
    pub(super) keys: Vec<(Key, Became)>,
    pub(super) cause: Cause,
}

/// How the flush of a request ended.
pub(super) type Ended = Result<(), String>;

/// A request, and the way of its answer.
pub(super) type Asked = (Request, oneshot::Sender<Ended>);

/// The queue of requests.
pub(super) struct Requests {
    sender: mpsc::Sender<Asked>,
    /// Taken by the process that shows them.
    receiver: Mutex<Option<mpsc::Receiver<Asked>>>,
}

impl Default for Requests {
    fn default() -> Self {
        let (sender, receiver) = mpsc::channel(QUEUE);
        Self { sender, receiver: Mutex::new(Some(receiver)) }
    }
}

impl Requests {
    /// Returns when Backstage was shown it, or why it was not.
    pub(super) async fn ask(&self, request: Request, limit: Duration) -> Ended {
        let (sender, answer) = oneshot::channel();
        let ended = timeout(limit, async {
            self.sender.send((request, sender)).await.ok()?;
            answer.await.ok()
        });
        match ended.await {
            Ok(Some(ended)) => ended,
            Ok(None) => Err("the process is about to end".to_owned()),
            Err(_) => Err(format!("it took longer than {limit:?}")),
        }
    }

    /// The other end of the queue; `None` if it was taken before.
    pub(super) fn receiver(&self) -> Option<mpsc::Receiver<Asked>> {
        self.receiver.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}
