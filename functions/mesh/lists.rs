//! Filling the index from the cluster: one paged list of each kind.

use super::{
    ends, kinds,
    pages::{self, End, Is, Known},
    seek,
    unread::Why,
};
use crate::{
    context::Context,
    resync::{
        Findings,
        compare::Stopped,
        kinds::{Named, Sources, sources},
        run::located,
        served::Patience,
    },
};
use bucket::Store;
use catalog::mesh::Id;
use cluster::{Cluster, Error};
use events::{DriftReason, Object};
use futures::{StreamExt, future, stream};
use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};
use tokio::time::{Instant, timeout};

/// How many kinds are listed at once.
const AT_ONCE: usize = 4;

/// What lists need to know.
pub(super) struct Asked<'a> {
    /// What lies in the bucket, by key; nothing where that is not known yet.
    pub(super) listing: &'a BTreeMap<String, String>,
    /// The keys that may go, however many they are.
    pub(super) approved: &'a BTreeSet<String>,
    /// How long the list of one kind may take.
    pub(super) within: Duration,
}

/// What the lists told.
#[derive(Debug, Default)]
pub(crate) struct Lists {
    /// The kinds that are complete, and as of which version; none where the kind is gone.
    pub(super) complete: BTreeMap<Named, Option<String>>,
    /// Those that are not there, or were read but for items that are no objects.
    pub(super) others: BTreeSet<Named>,
    /// Those that came to no end.
    pub(super) unread: BTreeMap<Named, Why>,
    /// What stays in the index although the cluster does not show it, until somebody approves that it goes.
    pub(super) held: BTreeSet<Id>,
    pub(super) findings: Findings,
}

impl Lists {
    fn take(&mut self, named: Named, ended: Result<End, Stopped>) -> Option<End> {
        self.unread.remove(&named);
        match ended {
            Ok(end) => {
                match &end.is {
                    Is::Listed(version) => drop(self.complete.insert(named, Some(version.clone()))),
                    Is::Gone => drop(self.complete.insert(named, None)),
                    Is::Absent => drop(self.others.insert(named)),
                }
                Some(end)
            }
            Err(stopped) => {
                self.failed(named, stopped);
                None
            }
        }
    }

    /// The definitions, and the end of their list.
    fn defined(&mut self, labelled: Result<Vec<(Named, Object)>, Stopped>) -> (Vec<(Named, Object)>, Vec<End>) {
        self.unread.remove(&kinds::definition());
        match labelled {
            Ok(labelled) => (labelled, vec![End::of_definitions()]),
            Err(stopped) => {
                self.failed(kinds::definition(), stopped);
                (Vec::new(), Vec::new())
            }
        }
    }

    fn failed(&mut self, named: Named, stopped: Stopped) {
        match stopped {
            Stopped::List(error) => {
                let is_decided = matches!(error, Error::Forbidden { .. } | Error::Unserved { .. });
                self.findings.unreadable(&named.display(), &error);
                self.unread.insert(named, if is_decided { Why::Decided } else { Why::Failed });
            }
            Stopped::Unreadable(why) => {
                self.findings.degraded(&named.display(), &why);
                self.others.insert(named);
            }
            Stopped::Store(nack) => self.findings.degraded(&named.display(), &nack),
        }
    }

    /// Whether a kind was listed, or should have been.
    fn has(&self, named: &Named) -> bool {
        self.complete.contains_key(named) || self.others.contains(named) || self.unread.contains_key(named)
    }
}

/// Lists all kinds of the mesh, and those of the bucket, into the index. What cannot be read degrades its kind alone.
pub(super) async fn load<S: Store>(cx: &Context<S>, cluster: &Cluster, asked: &Asked<'_>) -> Lists {
    let mut lists = Lists::default();
    cx.mesh.begin();
    let (labelled, sources) = future::join(
        definitions(cx, cluster, asked),
        timeout(asked.within, sources(cluster, &mut Findings::default())),
    )
    .await;
    let (labelled, mut ends) = lists.defined(labelled);
    // That they may not be read is told of their kind.
    let sources = sources.ok().flatten();
    uncovered(&labelled, sources.as_ref(), &mut lists.findings);
    let stored = stored(cx, asked);
    let due = kinds::all(&labelled, stored.iter(), sources.as_ref());
    ends.extend(each(cx, cluster, asked, (due, &labelled), &mut lists).await);
    ended(cx, asked, ends, &mut lists);
    seek::again(cx, cluster, unlisted(cx, &lists)).await;
    seek::everything(cx, cluster).await;
    lists
}

/// Lists those kinds once more that failed and were never read, and what else could not be read.
pub(super) async fn retry<S: Store>(cx: &Context<S>, cluster: &Cluster, asked: &Asked<'_>, lists: &mut Lists) {
    cx.mesh.begin();
    let mut due: BTreeMap<_, _> = cx.mesh.unread.failed_kinds().into_iter().map(|it| (it, None)).collect();
    lists.findings.degraded.retain(|it| !due.keys().any(|named| named.display() == it.kind));
    let (mut labelled, mut ends) = (Vec::new(), Vec::new());
    if due.remove(&kinds::definition()).is_some() {
        (labelled, ends) = lists.defined(definitions(cx, cluster, asked).await);
        due.extend(kinds::all(&labelled, stored(cx, asked).iter(), None));
    }
    due.retain(|named, _| cx.mesh.unread.is_due(named));
    due.iter_mut().for_each(|(named, version)| *version = kinds::version(named));
    ends.extend(each(cx, cluster, asked, (due, &labelled), lists).await);
    ended(cx, asked, ends, lists);
    seek::everything(cx, cluster).await;
}

fn ended<S>(cx: &Context<S>, asked: &Asked<'_>, ends: Vec<End>, lists: &mut Lists) {
    let read: Vec<_> = ends.iter().map(|end| end.named.clone()).chain(lists.others.iter().cloned()).collect();
    ends::take(cx, asked, ends, lists);
    cx.mesh.unread.listed(read.iter(), &lists.unread);
}

/// The definitions of channels and sources, which the index takes in.
async fn definitions<S: Store>(
    cx: &Context<S>,
    cluster: &Cluster,
    asked: &Asked<'_>,
) -> Result<Vec<(Named, Object)>, Stopped> {
    let labelled = match timeout(asked.within, kinds::labelled(cluster)).await {
        Ok(Ok(labelled)) => labelled,
        Ok(Err(Error::Unserved { .. })) => Vec::new(),
        Ok(Err(error)) => return Err(error.into()),
        Err(_) => return Err(late(&kinds::definition(), asked.within)),
    };
    labelled.iter().for_each(|(_, definition)| cx.mesh.listed(std::slice::from_ref(definition)));
    Ok(labelled)
}

fn late(named: &Named, within: Duration) -> Stopped {
    let why = format!("it did not come to its end within {} s", within.as_secs());
    Stopped::List(Error::Failed { what: format!("list {}", named.display()), why })
}

fn uncovered(labelled: &[(Named, Object)], sources: Option<&Sources>, findings: &mut Findings) {
    let Some(sources) = sources else { return };
    let unwatched = labelled.iter().filter(|it| kinds::is_unwatched(it)).map(|(named, _)| named);
    for named in unwatched.filter(|named| !sources.of_mesh.contains(named)) {
        let why = "no ApiServerSource names it: `callboard sources` prints one";
        findings.drifted(DriftReason::Uncovered, &named.display(), None, why);
    }
}

/// The kinds of the objects that lie in the bucket.
fn stored<S>(cx: &Context<S>, asked: &Asked<'_>) -> BTreeSet<Named> {
    located(cx, asked.listing.keys()).0.into_iter().map(|(_, named)| named).collect()
}

/// Lists several kinds at once; at last that of which only what others name is taken in.
async fn each<S: Store>(
    cx: &Context<S>,
    cluster: &Cluster,
    asked: &Asked<'_>,
    (mut due, labelled): (BTreeMap<Named, Option<&'static str>>, &[(Named, Object)]),
    lists: &mut Lists,
) -> Vec<End> {
    let last = due.remove_entry(&kinds::core_service());
    let (stored, mut ends) = (stored(cx, asked), Vec::new());
    let defined: BTreeSet<_> = labelled.iter().map(|(named, _)| named).collect();
    let patience = Patience::until(Instant::now() + asked.within);
    for due in [due, last.into_iter().collect()] {
        let mut listed = Vec::new();
        for (named, version) in due {
            let known = match (stored.contains(&named), defined.contains(&named)) {
                (true, _) => Known::Stored,
                (false, true) => Known::Defined,
                (false, false) => Known::No,
            };
            listed.push(async move {
                let ended = timeout(asked.within, pages::kind(cx, cluster, &named, version, known, patience)).await;
                (ended.unwrap_or_else(|_| Err(late(&named, asked.within))), named)
            });
        }
        let listed: Vec<_> = stream::iter(listed).buffer_unordered(AT_ONCE).collect().await;
        ends.extend(listed.into_iter().filter_map(|(ended, named)| lists.take(named, ended)));
    }
    ends
}

/// What is known, and of no kind that is listed.
fn unlisted<S>(cx: &Context<S>, lists: &Lists) -> Vec<Id> {
    let definition = kinds::definition();
    let mut ids = cx.mesh.ids();
    ids.retain(|id| {
        let named = Named::new(id.group(), id.kind());
        named != definition && !lists.has(&named)
    });
    ids
}
