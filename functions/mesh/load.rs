//! Filling the index from the cluster: one paged list of each kind.

use super::{
    listing::{self, Known, Listed},
    lists::{Asked, Lists},
    lookup, missing,
};
use crate::{
    comparison::{Findings, Stopped, located},
    context::Context,
    kinds::{KindName, Patience, Sources, late, mesh, sources},
};
use bucket::Store;
use catalog::mesh::Id;
use cluster::{Cluster, Error};
use events::{DriftReason, Object};
use futures::{StreamExt, future, stream};
use std::{
    collections::{BTreeMap, BTreeSet},
    pin::pin,
    time::Duration,
};
use tokio::{
    sync::Semaphore,
    time::{Instant, timeout},
};

/// How many kinds are listed in parallel.
const AT_ONCE: usize = 4;

/// How many are, with those whose lists take long.
const KINDS: usize = 64;

/// The kinds to list, with the version to list them in, if not any.
type Due = BTreeMap<KindName, Option<&'static str>>;

/// A list that takes longer than this makes room for that of another kind.
const ROOM: Duration = Duration::from_secs(1);

/// Lists all kinds of the mesh, and those of the bucket, into the index. What cannot be read degrades its kind alone.
pub(super) async fn load<S: Store>(cx: &Context<S>, cluster: &Cluster, asked: &Asked<'_>) -> Lists {
    let mut lists = Lists::default();
    cx.mesh.begin();
    let (labelled, sources) =
        future::join(definitions(cx, cluster, asked), timeout(asked.within, sources(cluster))).await;
    let (labelled, mut ends) = lists.defined(labelled);
    // That they may not be read is reported of their kind.
    let sources = sources.ok().and_then(Result::ok);
    uncovered(&labelled, sources.as_ref(), &mut lists.findings);
    let stored = stored(cx, asked);
    let due = mesh::all(&labelled, stored.iter(), sources.as_ref());
    ends.extend(each(cx, cluster, asked, (due, &labelled), &mut lists).await);
    ended(cx, asked, ends, &mut lists);
    lists
}

/// Reads what no list shows: what was found by name before, and what is named and not known.
pub(super) async fn seek<S: Store>(cx: &Context<S>, cluster: &Cluster, lists: &mut Lists) {
    let until = Instant::now() + lookup::ALL;
    lookup::again(cx, cluster, unlisted(cx, lists), until).await;
    lookup::look_up_all(cx, cluster, until).await;
    for kind in cx.mesh.unread.kinds_of_objects() {
        if let Some(paused) = cx.hanging_objects.paused(&kind) {
            lists.findings.degraded(&kind.display(), &paused);
        }
    }
}

/// Lists those kinds once more that failed and were never read.
pub(super) async fn retry<S: Store>(cx: &Context<S>, cluster: &Cluster, asked: &Asked<'_>, lists: &mut Lists) {
    cx.mesh.begin();
    let mut due: BTreeMap<_, _> = cx.mesh.unread.failed_kinds().into_iter().map(|it| (it, None)).collect();
    lists.findings.degraded.retain(|it| !due.keys().any(|named| named.display() == it.kind));
    let (mut labelled, mut ends) = (Vec::new(), Vec::new());
    if due.remove(&mesh::definition()).is_some() {
        (labelled, ends) = lists.defined(definitions(cx, cluster, asked).await);
        due.extend(mesh::all(&labelled, stored(cx, asked).iter(), None));
    }
    due.retain(|named, _| cx.mesh.unread.is_due(named));
    due.iter_mut().for_each(|(named, version)| *version = mesh::version(named));
    ends.extend(each(cx, cluster, asked, (due, &labelled), lists).await);
    ended(cx, asked, ends, lists);
}

fn ended<S>(cx: &Context<S>, asked: &Asked<'_>, ends: Vec<Listed>, lists: &mut Lists) {
    let read: Vec<_> = ends.iter().map(|end| end.name.clone()).chain(lists.others.iter().cloned()).collect();
    missing::take(cx, asked, ends, lists);
    cx.mesh.unread.listed(read.iter(), &lists.unread);
}

/// The definitions of channels and sources, which the index takes in.
async fn definitions<S: Store>(
    cx: &Context<S>,
    cluster: &Cluster,
    asked: &Asked<'_>,
) -> Result<Vec<(KindName, Object)>, Stopped> {
    let listed = in_time(cx, &mesh::definition(), asked.within, async { Ok(mesh::labelled(cluster).await?) }).await;
    let labelled = match listed {
        Err(Stopped::List(Error::Unserved { .. })) => Vec::new(),
        listed => listed?,
    };
    labelled.iter().for_each(|(_, definition)| cx.mesh.listed(definition));
    Ok(labelled)
}

/// Lists a kind, unless it hung a moment ago. That it hangs now is remembered.
async fn in_time<S, T>(
    cx: &Context<S>,
    named: &KindName,
    within: Duration,
    listing: impl Future<Output = Result<T, Stopped>>,
) -> Result<T, Stopped> {
    if let Some(paused) = cx.hanging.paused(named) {
        return Err(Stopped::List(paused));
    }
    let why = || Stopped::List(late(named, format!("it did not end within {} s", within.as_secs())));
    let listed = timeout(within, listing).await.unwrap_or_else(|_| Err(why()));
    match &listed {
        Err(Stopped::List(Error::Late { .. })) => cx.hanging.list_hung(named),
        _ => cx.hanging.ended(named),
    }
    listed
}

/// Holds a place among the lists that run in parallel, and gives it up if it takes long: a list that hangs keeps out no other.
async fn in_turn<T>(places: &Semaphore, listing: impl Future<Output = T>) -> T {
    let place = places.acquire().await;
    let mut listing = pin!(listing);
    match timeout(ROOM, &mut listing).await {
        Ok(listed) => listed,
        Err(_) => {
            drop(place);
            listing.await
        }
    }
}

fn uncovered(labelled: &[(KindName, Object)], sources: Option<&Sources>, findings: &mut Findings) {
    let Some(sources) = sources else { return };
    let unwatched = labelled.iter().filter(|it| mesh::is_unwatched(it)).map(|(named, _)| named);
    for named in unwatched.filter(|named| !sources.of_mesh.contains(named)) {
        let why = "no ApiServerSource names it: `callboard sources` prints one";
        findings.drifted(DriftReason::Uncovered, &named.display(), None, why);
    }
}

/// The kinds of the objects that are stored.
fn stored<S>(cx: &Context<S>, asked: &Asked<'_>) -> BTreeSet<KindName> {
    located(cx, asked.listing.keys()).0.into_iter().map(|(_, named)| named).collect()
}

/// Lists several kinds in parallel. The kind of which only named objects are taken in comes last.
async fn each<S: Store>(
    cx: &Context<S>,
    cluster: &Cluster,
    asked: &Asked<'_>,
    (mut due, labelled): (Due, &[(KindName, Object)]),
    lists: &mut Lists,
) -> Vec<Listed> {
    let last = due.remove_entry(&mesh::core_service());
    let (stored, mut ends) = (stored(cx, asked), Vec::new());
    let defined: BTreeSet<_> = labelled.iter().map(|(named, _)| named).collect();
    let patience = Patience::until(Instant::now() + asked.within);
    cx.hanging.ask_again(cluster, due.iter().map(|(named, version)| (named, *version)).collect()).await;
    let places = &Semaphore::new(AT_ONCE);
    for due in [due, last.into_iter().collect()] {
        let mut listed = Vec::new();
        for (named, version) in due {
            let known = match (stored.contains(&named), defined.contains(&named)) {
                (true, _) => Known::Stored,
                (false, true) => Known::Defined,
                (false, false) => Known::No,
            };
            listed.push(async move {
                let listing = listing::kind(cx, cluster, &named, version, known, patience);
                let ended = in_turn(places, in_time(cx, &named, asked.within, listing)).await;
                (ended, named)
            });
        }
        let listed: Vec<_> = stream::iter(listed).buffer_unordered(KINDS).collect().await;
        ends.extend(listed.into_iter().filter_map(|(ended, named)| lists.take(named, ended)));
    }
    ends
}

/// What is known, and belongs to no kind that is listed.
fn unlisted<S>(cx: &Context<S>, lists: &Lists) -> Vec<Id> {
    let definition = mesh::definition();
    let mut ids = cx.mesh.ids();
    ids.retain(|id| {
        let named = KindName::new(id.group(), id.kind());
        named != definition && !lists.has(&named)
    });
    ids
}
