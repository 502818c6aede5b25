//! When Backstage is shown what changed: immediately in a quiet period, otherwise together with all that came meanwhile.

use super::{
    flush::{News, flush},
    requests::{Asked, Ended},
    state::Refresh,
};
use crate::context::Context;
use bucket::Store;
use catalog::Key;
use std::{collections::BTreeMap, future::pending, sync::Arc, time::Duration};
use tokio::{
    sync::{mpsc, oneshot},
    task::JoinHandle,
    time::{Instant, sleep_until, timeout},
};

/// The longest time that what came during a flush waits for the next one to begin.
const WAIT: Duration = Duration::from_millis(500);

/// What is shown together.
#[derive(Default)]
struct Batch {
    keys: BTreeMap<Key, News>,
    waiting: Vec<oneshot::Sender<Ended>>,
}

impl Batch {
    fn add(&mut self, (request, sender): Asked) {
        for (key, became) in request.keys {
            let is = self.keys.get(&key).map_or(became, |news| news.became.max(became));
            self.keys.insert(key, News { became: is, cause: request.cause.clone() });
        }
        self.waiting.push(sender);
    }
}

/// Flushes what is asked for, as long as anything may ask.
pub(super) async fn run<S: Store + 'static>(cx: Arc<Context<S>>, refresh: Arc<Refresh>) {
    let Some(mut asked) = refresh.requests.receiver() else { return };
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
    for sender in batch.waiting {
        // An event that has given up is retried.
        let _ = sender.send(ended.clone());
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
