//! The start of a process: the whole mesh is listed, then compared with the bucket. What could not be read then is tried
//! again as long as the process lives.

use super::{
    lists::{Asked, Lists},
    load::{load, retry},
    lookup,
    resync::{self, Pace},
};
use crate::{comparison::guard::Guard, context::Context};
use bucket::Store;
use cluster::Cluster;
use events::{Cause, Nack, Reply, ResyncRequest, Scope};
use std::{collections::BTreeMap, fmt::Display, sync::Arc, time::Duration};
use tokio::time::{Instant, sleep};

/// How long events wait for kinds that fail, until the others go on without them.
const PATIENCE: Duration = Duration::from_secs(60);

/// How long it takes until the next try: the first time, and at most.
const WAIT: Duration = Duration::from_millis(250);
const MAX_WAIT: Duration = Duration::from_secs(30);

/// How often it is looked whether something became unread.
const WATCH: Duration = Duration::from_secs(5);

/// How long the list of one kind may take, and how long a comparison writes until the next one goes on, so that a large mesh is
/// listed again.
const LISTS: Duration = Duration::from_secs(10);
const PACE: Pace = Pace { lists: Duration::from_secs(30), writes: Duration::from_secs(600) };

/// Lists the mesh until that succeeds, lets events in, compares, and tries again what is unread.
pub(crate) async fn start<S: Store>(cx: Arc<Context<S>>, cluster: Cluster, started: i64) {
    let mut alone = cx.mesh.turn.lock().await;
    let mut lists = Some(listed(&cx, &cluster).await);
    // What objects name is read after that. Until then, what depends on it stays as it is.
    cx.mesh.put_off_named();
    cx.mesh.opened();
    tracing::info!(objects = cx.mesh.ids().len(), "the event mesh is listed");
    for tries in 0.. {
        if compared(&cx, &cluster, &request(&cx, started, tries), lists.take()).await {
            break;
        }
        // Resyncs have their turn.
        drop(alone);
        sleep(waits(tries)).await;
        alone = cx.mesh.turn.lock().await;
    }
    drop(alone);
    watch(&cx, &cluster, started).await;
}

async fn listed<S: Store>(cx: &Context<S>, cluster: &Cluster) -> Lists {
    let (began, listing, guard) = (Instant::now(), BTreeMap::new(), Guard::default());
    let asked = Asked { listing: &listing, guard: &guard, within: PACE.lists };
    let mut lists = load(cx, cluster, &asked).await;
    for tries in 0.. {
        let is_enough = began.elapsed() >= PATIENCE && !lists.complete.is_empty();
        if is_enough || !cx.mesh.unread.awaits_any() {
            break;
        }
        tracing::warn!(tries, "the event mesh could not be listed whole; what failed is tried again");
        sleep(waits(tries)).await;
        retry(cx, cluster, &asked, &mut lists).await;
    }
    lists
}

/// Whether all was compared.
async fn compared<S: Store>(cx: &Context<S>, cluster: &Cluster, request: &ResyncRequest, lists: Option<Lists>) -> bool {
    match resync::run(cx, cluster, request, PACE, lists).await {
        Ok(report) => {
            let is_whole = report.next.is_none();
            if let Ok(Reply::Changed(event)) = resync::reply(cx, request, report.findings) {
                cx.announce(Ok(*event)).await;
            }
            is_whole
        }
        Err(Nack::Reject(why) | Nack::Refused(why) | Nack::Retry(why)) => {
            tracing::warn!(why, "the event mesh could not be compared with the bucket; it is tried again");
            false
        }
    }
}

/// Tries again what is unread, as long as anything is. Once some of it was read, all is compared.
async fn watch<S: Store>(cx: &Context<S>, cluster: &Cluster, started: i64) {
    let (mut tries, mut runs, mut is_behind) = (0, 0_u32, false);
    loop {
        if !is_behind && !cx.mesh.unread.awaits_any() {
            tries = 0;
            sleep(WATCH).await;
            continue;
        }
        sleep(waits(tries)).await;
        tries = tries.saturating_add(1);
        let before = cx.mesh.unread.awaited();
        // What hangs keeps no resync out.
        cx.mesh.seek_again();
        lookup::look_up_all(cx, cluster, Instant::now() + lookup::ALL).await;
        let _alone = cx.mesh.turn.lock().await;
        is_behind |= is_read(cx, cluster, before).await;
        if is_behind {
            runs = runs.saturating_add(1);
            let request = request(cx, started, format!("again-{runs}"));
            is_behind = !compared(cx, cluster, &request, None).await;
        }
    }
}

/// Whether less is unread than before, after the kinds that failed were listed again.
async fn is_read<S: Store>(cx: &Context<S>, cluster: &Cluster, before: usize) -> bool {
    if !cx.mesh.unread.failed_kinds().is_empty() {
        let (listing, guard) = (BTreeMap::new(), Guard::default());
        let asked = Asked { listing: &listing, guard: &guard, within: LISTS };
        retry(cx, cluster, &asked, &mut Lists::default()).await;
    }
    cx.mesh.unread.awaited() < before
}

fn request<S>(cx: &Context<S>, started: i64, run: impl Display) -> ResyncRequest {
    let id = format!("start-{}-{started}-{run}", cx.settings.layout.root());
    ResyncRequest::new(Cause::new("/callboard/mesh", &id, "dev.callboard.mesh.started"), Scope::default())
}

fn waits(tries: u32) -> Duration {
    WAIT.saturating_mul(2_u32.saturating_pow(tries)).min(MAX_WAIT)
}
