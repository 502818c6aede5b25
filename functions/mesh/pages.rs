//! The list of one kind, whole, into the index.

use super::kinds;
use crate::{
    context::Context,
    resync::{
        compare::Stopped,
        kinds::Named,
        served::{Patience, Versions},
    },
};
use bucket::Store;
use catalog::mesh::Id;
use cluster::{Cluster, Error, Kind};
use std::collections::BTreeSet;

/// That a kind was read to its end.
#[derive(Debug)]
pub(super) struct End {
    pub(super) named: Named,
    /// The kind in its real case: in each that is known.
    pub(super) kinds: BTreeSet<String>,
    pub(super) is: Is,
}

/// What the end of a list says.
#[derive(Debug)]
pub(super) enum Is {
    /// All there are, as of this version.
    Listed(String),
    /// The kind is gone, and with it all its objects.
    Gone,
    /// The kind is not there, and nothing of it is in the bucket.
    Absent,
}

/// What is known of a kind before its list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Known {
    /// The bucket has something of it.
    Stored,
    /// It has a definition.
    Defined,
    No,
}

/// Lists a kind into the index.
pub(super) async fn kind<S: Store>(
    cx: &Context<S>,
    cluster: &Cluster,
    named: &Named,
    version: Option<&str>,
    known: Known,
    patience: Patience,
) -> Result<End, Stopped> {
    let mut versions = Versions::of(cluster, (named, version), known != Known::No, patience);
    while let Some(kind) = versions.next().await? {
        match pages(cx, cluster, &kind).await {
            Err(Stopped::List(Error::Unserved { .. })) => {}
            ended => return ended.map(|listed| End::of(named, &kind, listed)),
        }
    }
    Ok(End::without(cx, named, if known == Known::Stored { Is::Gone } else { Is::Absent }))
}

impl End {
    fn of(named: &Named, kind: &Kind, listed: String) -> Self {
        Self { named: named.clone(), kinds: [kind.kind().to_owned()].into(), is: Is::Listed(listed) }
    }

    /// That of the definitions, as far as they are labelled.
    pub(super) fn of_definitions() -> Self {
        let kinds = [kinds::DEFINITION.to_owned()].into();
        Self { named: kinds::definition(), kinds, is: Is::Listed(String::new()) }
    }

    fn without<S>(cx: &Context<S>, named: &Named, is: Is) -> Self {
        let is_of = |id: &Id| Named::new(id.group(), id.kind()) == *named;
        let kinds = cx.mesh.ids().into_iter().filter(is_of).map(|id| id.kind().to_owned()).collect();
        Self { named: named.clone(), kinds, is }
    }

    /// As of which version nothing else is there.
    pub(super) fn version(&self) -> &str {
        if let Is::Listed(version) = &self.is { version } else { "" }
    }
}

/// Lists a kind in all namespaces, whichever are kept: what is kept may name what is not. The version of the list.
async fn pages<S: Store>(cx: &Context<S>, cluster: &Cluster, kind: &Kind) -> Result<String, Stopped> {
    let (mut version, mut from, mut skipped): (Option<String>, Option<String>, _) = (None, None, None);
    let is_taken_where_named = Named::new(kind.group(), kind.kind()) == kinds::core_service();
    loop {
        let mut page = cluster.page(kind, None, from.as_deref()).await?;
        skipped = skipped.or_else(|| page.skipped.pop());
        page.objects.retain(|object| !is_taken_where_named || cx.mesh.cares_for(object.reference()));
        cx.mesh.listed(&page.objects);
        version.get_or_insert(page.resource_version);
        match (page.next, skipped) {
            (Some(next), it) => (from, skipped) = (Some(next), it),
            (None, Some(it)) => return Err(Stopped::Unreadable(format!("{} is no object: {}", it.name, it.reason))),
            (None, None) => return Ok(version.unwrap_or_default()),
        }
    }
}
