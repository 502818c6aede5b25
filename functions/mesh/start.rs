//! The start of a process: the whole mesh is listed, then compared with the bucket.

use super::{
    lists::{Lists, load},
    tick,
};
use crate::context::Context;
use bucket::Store;
use cluster::Cluster;
use events::{Cause, Nack, Reply, ResyncRequest, Scope};
use std::{
    collections::BTreeSet,
    sync::Arc,
    time::{Duration, Instant},
};

/// How often a kind that fails is listed again before the others go on without it.
const TRIES: u32 = 3;

/// How long it takes until the next try: at first, and at most.
const WAIT: Duration = Duration::from_millis(250);
const MAX_WAIT: Duration = Duration::from_secs(30);

/// How long a comparison writes: until the next one begins where that one ended, so that a large mesh is listed anew.
const SLICE: Duration = Duration::from_secs(600);

/// Lists the mesh until that goes well, lets events in, and compares.
pub(crate) async fn start<S: Store>(cx: Arc<Context<S>>, cluster: Cluster, started: i64) {
    let _alone = cx.mesh.alone.lock().await;
    let lists = listed(&cx, &cluster).await;
    cx.mesh.opened();
    tracing::info!(objects = cx.mesh.ids().len(), "the event mesh is listed");
    let id = format!("start-{}-{started}", cx.settings.layout.root());
    let cause = Cause::new("/callboard/mesh", &id, "dev.callboard.mesh.started");
    compared(&cx, &cluster, &ResyncRequest::new(cause, Scope::default()), lists).await;
}

async fn listed<S: Store>(cx: &Context<S>, cluster: &Cluster) -> Lists {
    let mut tries = 0;
    loop {
        let lists = load(cx, cluster, &BTreeSet::new()).await;
        let is_enough = tries + 1 >= TRIES && !lists.complete.is_empty();
        if !lists.is_transient || is_enough {
            return lists;
        }
        tracing::warn!(tries, "the event mesh could not be listed whole; it is tried again");
        tokio::time::sleep(waits(tries)).await;
        tries += 1;
    }
}

async fn compared<S: Store>(cx: &Context<S>, cluster: &Cluster, request: &ResyncRequest, lists: Lists) {
    let (mut lists, mut tries) = (Some(lists), 0);
    loop {
        match tick::run(cx, cluster, request, Instant::now() + SLICE, lists.take()).await {
            Ok(report) => {
                let is_last = report.next.is_none();
                if let Ok(Reply::Changed(event)) = tick::reply(cx, request, report.findings) {
                    cx.announce(Ok(*event)).await;
                }
                if is_last {
                    return;
                }
            }
            Err(Nack::Reject(why) | Nack::Retry(why)) => {
                tracing::warn!(why, "the event mesh could not be compared with the bucket; it is tried again");
            }
        }
        tokio::time::sleep(waits(tries)).await;
        tries += 1;
    }
}

fn waits(tries: u32) -> Duration {
    WAIT.saturating_mul(2_u32.saturating_pow(tries)).min(MAX_WAIT)
}
