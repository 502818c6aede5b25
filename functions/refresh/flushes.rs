//! When Backstage is shown what changed: at once in a quiet period, else together with all that came meanwhile.

use super::{
    Refresh,
    flush::{News, flush},
};
use crate::context::Context;
use bucket::Store;
use catalog::Key;
use events::{Became, Cause};
use std::{
    collections::BTreeMap,
    future::pending,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::{
    sync::{mpsc, oneshot},
    task::JoinHandle,
    time::{Instant, sleep_until, timeout},
};

/// The longest time that what came during a flush waits for the next one to begin.
const WAIT: Duration = Duration::from_millis(500);

/// How many events wait in the queue; more wait before it.
const QUEUE: usize = 256;

/// What one event tells.
pub(super) struct Request {
    pub(super) keys: Vec<(Key, Became)>,
    pub(super) cause: Cause,
}

type Ended = Result<(), String>;
type Asked = (Request, oneshot::Sender<Ended>);

/// The way to who flushes.
pub(super) struct Flushes {
    asks: mpsc::Sender<Asked>,
    /// Taken by who flushes.
    asked: Mutex<Option<mpsc::Receiver<Asked>>>,
}

impl Default for Flushes {
    fn default() -> Self {
        let (asks, asked) = mpsc::channel(QUEUE);
        Self { asks, asked: Mutex::new(Some(asked)) }
    }
}

impl Flushes {
    /// Returns when Backstage was shown it, or why it was not.
    pub(super) async fn ask(&self, request: Request, limit: Duration) -> Ended {
        let (tells, told) = oneshot::channel();
        let ended = timeout(limit, async {
            self.asks.send((request, tells)).await.ok()?;
            told.await.ok()
        });
        match ended.await {
            Ok(Some(ended)) => ended,
            Ok(None) => Err("the process is about to end".to_owned()),
            Err(_) => Err(format!("it took longer than {limit:?}")),
        }
    }
}

/// What is shown together.
#[derive(Default)]
struct Batch {
    keys: BTreeMap<Key, News>,
    waiting: Vec<oneshot::Sender<Ended>>,
}

impl Batch {
    fn add(&mut self, (request, tells): Asked) {
        for (key, became) in request.keys {
            let is = self.keys.get(&key).map_or(became, |news| news.became.max(became));
            self.keys.insert(key, News { became: is, cause: request.cause.clone() });
        }
        self.waiting.push(tells);
    }
}

/// Flushes what is asked for, as long as somebody may ask.
pub(super) async fn run<S: Store + 'static>(cx: Arc<Context<S>>, refresh: Arc<Refresh>) {
    let asked = refresh.flushes.asked.lock().unwrap_or_else(PoisonError::into_inner).take();
    let Some(mut asked) = asked else { return };
    while let Some(first) = asked.recv().await {
        let mut next = Some(first);
        let mut batch = Batch::default();
        while let Some(one) = next {
            batch.add(one);
            next = asked.try_recv().ok();
        }
        while !batch.waiting.is_empty() {
            let flush = tokio::spawn(end(cx.clone(), refresh.clone(), batch));
            batch = meanwhile(flush, &mut asked).await;
        }
    }
}

/// Flushes a batch, and answers all that wait for it.
async fn end<S: Store>(cx: Arc<Context<S>>, refresh: Arc<Refresh>, batch: Batch) {
    let flushed = timeout(refresh.limit, flush(&cx, &refresh, &batch.keys)).await;
    let ended = match flushed {
        Ok(flushed) => flushed.map_err(|error| error.to_string()),
        Err(_) => Err(format!("it took longer than {:?}", refresh.limit)),
    };
    for tells in batch.waiting {
        // Who has given up gets it by a retry.
        let _ = tells.send(ended.clone());
    }
}

/// What comes until a flush has ended, or until the first of it has waited long enough.
async fn meanwhile(mut flush: JoinHandle<()>, asked: &mut mpsc::Receiver<Asked>) -> Batch {
    let mut batch = Batch::default();
    let mut until = None;
    loop {
        let waited = async {
            match until {
                Some(until) => sleep_until(until).await,
                None => pending().await,
            }
        };
        tokio::select! {
            _ = &mut flush => return batch,
            () = waited => return batch,
            Some(one) = asked.recv() => {
                until.get_or_insert_with(|| Instant::now() + WAIT);
                batch.add(one);
            }
        }
    }
}
