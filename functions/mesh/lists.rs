//! Filling the index from the cluster: one paged list of each kind.

use super::{kinds, seek};
use crate::{
    context::Context,
    resync::{
        Findings,
        compare::Stopped,
        kinds::{Named, Served, served, sources},
    },
};
use bucket::Store;
use cluster::{Cluster, Error, Kind};
use events::{DriftReason, Scope};
use std::collections::{BTreeMap, BTreeSet};

const DEFINITION: (&str, &str) = ("apiextensions.k8s.io", "CustomResourceDefinition");

/// What the lists told.
#[derive(Debug, Default)]
pub(crate) struct Lists {
    /// The kinds that are complete, and as of which version; none where the kind is gone.
    pub(super) complete: BTreeMap<Named, Option<String>>,
    /// Those that came to no end.
    pub(super) unread: BTreeSet<Named>,
    /// Whether one of these may do so when it is tried again.
    pub(super) is_transient: bool,
    pub(super) findings: Findings,
}

impl Lists {
    fn failed(&mut self, named: Named, stopped: Stopped) {
        match stopped {
            Stopped::List(error) => {
                self.is_transient |= matches!(error, Error::Failed { .. } | Error::Expired { .. });
                self.findings.unreadable(&named.display(), &error);
            }
            Stopped::Unreadable(why) => self.findings.degraded(&named.display(), &why),
            Stopped::Store(nack) => self.findings.degraded(&named.display(), &nack),
        }
        self.unread.insert(named);
    }
}

/// Lists all kinds of the mesh, and these of the bucket, into the index. What cannot be read degrades its kind alone.
pub(super) async fn load<S: Store>(cx: &Context<S>, cluster: &Cluster, stored: &BTreeSet<Named>) -> Lists {
    let mut lists = Lists::default();
    cx.mesh.begin();
    let labelled = match kinds::labelled(cluster).await {
        Ok(labelled) => labelled,
        Err(Error::Unserved { .. }) => Vec::new(),
        Err(error) => {
            lists.failed(Named::new(DEFINITION.0, DEFINITION.1), error.into());
            Vec::new()
        }
    };
    labelled.iter().for_each(|(_, definition)| cx.mesh.listed(std::slice::from_ref(definition)));
    if lists.unread.is_empty() {
        cx.mesh.ended(DEFINITION.0, DEFINITION.1, None, "");
    }
    // That they may not be read is told of their kind.
    let sources = sources(cluster, &mut Findings::default()).await;
    if let Some(sources) = &sources {
        let unwatched = labelled.iter().filter(|it| kinds::is_unwatched(it)).map(|(named, _)| named);
        for named in unwatched.filter(|named| !sources.of_mesh.contains(named)) {
            let why = "no ApiServerSource names it: `callboard sources` prints one";
            lists.findings.drifted(DriftReason::Uncovered, &named.display(), None, why);
        }
    }
    for (named, version) in kinds::all(&labelled, stored.iter(), sources.as_ref()) {
        match kind(cx, cluster, &named, version, stored.contains(&named)).await {
            Ok(Some(listed)) => drop(lists.complete.insert(named, listed)),
            Ok(None) => {}
            Err(stopped) => lists.failed(named, stopped),
        }
    }
    seek::again(cx, cluster, unlisted(cx, &lists)).await;
    if let Err(error) = seek::seek(cx, cluster, &cx.mesh.ids()).await {
        lists.is_transient = true;
        tracing::warn!(%error, "what Triggers and the like name could not be read");
    }
    lists
}

/// What is known, and of no kind that is listed.
fn unlisted<S>(cx: &Context<S>, lists: &Lists) -> Vec<catalog::mesh::Id> {
    let mut ids = cx.mesh.ids();
    ids.retain(|id| {
        let named = Named::new(id.group(), id.kind());
        id.kind() != DEFINITION.1 && !lists.complete.contains_key(&named) && !lists.unread.contains(&named)
    });
    ids
}

/// As of which version a kind is complete: `None` where it is not there and never was, `Some(None)` where it is gone.
async fn kind<S: Store>(
    cx: &Context<S>,
    cluster: &Cluster,
    named: &Named,
    version: Option<&str>,
    is_stored: bool,
) -> Result<Option<Option<String>>, Stopped> {
    let kind = match served(cluster, named, version, is_stored).await? {
        Some(Served::As(kind, _)) => kind,
        gone => {
            vanished(cx, named);
            return Ok(gone.map(|_| None));
        }
    };
    let wanted = version.map(|version| kind.clone().in_version(version)).filter(|wanted| *wanted != kind);
    if let Some(wanted) = wanted {
        match pages(cx, cluster, &wanted).await {
            Err(Stopped::List(Error::Unserved { .. })) => {}
            ended => return ended.map(|listed| Some(Some(listed))),
        }
    }
    match pages(cx, cluster, &kind).await {
        Err(Stopped::List(Error::Unserved { what })) => match cluster.defined(&named.group, &named.kind).await? {
            true => Err(Stopped::List(Error::Unserved { what })),
            false => {
                vanished(cx, named);
                Ok(Some(None))
            }
        },
        ended => ended.map(|listed| Some(Some(listed))),
    }
}

/// With its kind all objects are gone, whatever their kind's case.
fn vanished<S>(cx: &Context<S>, named: &Named) {
    let is_of = |id: &catalog::mesh::Id| Named::new(id.group(), id.kind()) == *named;
    let kinds: BTreeSet<_> = cx.mesh.ids().into_iter().filter(is_of).map(|id| id.kind().to_owned()).collect();
    kinds.iter().for_each(|kind| cx.mesh.ended(&named.group, kind, None, ""));
}

/// Lists a kind, in each namespace that is kept; the lowest version of these lists.
async fn pages<S: Store>(cx: &Context<S>, cluster: &Cluster, kind: &Kind) -> Result<String, Stopped> {
    let mut lowest = None;
    for namespace in cx.namespaces_of(kind, &Scope::default()) {
        let (mut version, mut from): (Option<String>, Option<String>) = (None, None);
        loop {
            let page = cluster.page(kind, namespace.as_deref(), from.as_deref()).await?;
            if let Some(skipped) = page.skipped.first() {
                return Err(Stopped::Unreadable(format!("{} is no object: {}", skipped.name, skipped.reason)));
            }
            cx.mesh.listed(&page.objects);
            version.get_or_insert(page.resource_version);
            match page.next {
                Some(next) => from = Some(next),
                None => break,
            }
        }
        let version = version.unwrap_or_default();
        cx.mesh.complete(kind, namespace.as_deref(), &version);
        lowest.get_or_insert(version);
    }
    Ok(lowest.unwrap_or_default())
}
