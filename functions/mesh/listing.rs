//! The list of one kind, whole, into the index.

use crate::{
    comparison::Stopped,
    context::Context,
    kinds::{Allowance, KindName, PAGE, Patience, Versions, mesh},
};
use bucket::Store;
use catalog::mesh::Id;
use cluster::{Cluster, Error, Kind};
use std::collections::BTreeSet;
use tokio::task::yield_now;

/// A kind that was read to its end.
#[derive(Debug)]
pub(super) struct Listed {
    pub(super) name: KindName,
    /// The kind in its real case: in each that is known.
    pub(super) kinds: BTreeSet<String>,
    pub(super) outcome: Outcome,
}

/// What the end of a list says.
#[derive(Debug)]
pub(super) enum Outcome {
    /// All there are, as of this version.
    Complete(String),
    /// The kind is deleted, and with it all its objects.
    Deleted,
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
    name: &KindName,
    version: Option<&str>,
    known: Known,
    patience: Patience,
) -> Result<Listed, Stopped> {
    let mut versions = Versions::of(cluster, (name, version), known != Known::No, patience);
    while let Some(kind) = versions.next().await? {
        match pages(cx, cluster, &kind).await {
            Err(Stopped::List(Error::Unserved { .. })) => {}
            ended => return ended.map(|listed| Listed::of(name, &kind, listed)),
        }
    }
    Ok(Listed::without(cx, name, if known == Known::Stored { Outcome::Deleted } else { Outcome::Absent }))
}

impl Listed {
    fn of(name: &KindName, kind: &Kind, listed: String) -> Self {
        Self { name: name.clone(), kinds: [kind.kind().to_owned()].into(), outcome: Outcome::Complete(listed) }
    }

    /// That of the definitions, as far as they are labelled.
    pub(super) fn definitions() -> Self {
        let kinds = [mesh::DEFINITION.to_owned()].into();
        Self { name: mesh::definition(), kinds, outcome: Outcome::Complete(String::new()) }
    }

    fn without<S>(cx: &Context<S>, name: &KindName, outcome: Outcome) -> Self {
        let is_of = |id: &Id| KindName::new(id.group(), id.kind()) == *name;
        let kinds = cx.mesh.ids().into_iter().filter(is_of).map(|id| id.kind().to_owned()).collect();
        Self { name: name.clone(), kinds, outcome }
    }

    /// As of which version nothing else is there.
    pub(super) fn version(&self) -> &str {
        if let Outcome::Complete(version) = &self.outcome { version } else { "" }
    }
}

/// Lists a kind in all namespaces, whichever are kept: what is kept may name what is not. Returns the version of the list.
async fn pages<S: Store>(cx: &Context<S>, cluster: &Cluster, kind: &Kind) -> Result<String, Stopped> {
    let (mut version, mut from, mut skipped): (Option<String>, Option<String>, _) = (None, None, None);
    let name = KindName::new(kind.group(), kind.kind());
    let (is_taken_where_named, mut allowance) = (name == mesh::core_service(), Allowance::of(&name, PAGE));
    loop {
        cx.progress.now(format_args!("listing {}", name.display()));
        let page = allowance.page(cluster.page(kind, None, from.as_deref())).await?;
        for object in page.objects() {
            yield_now().await; // so that probes are answered
            match object {
                Ok(object) if is_taken_where_named && !cx.mesh.cares_for(object.reference()) => {}
                Ok(object) => cx.mesh.listed(&object),
                Err(it) => skipped = skipped.or(Some(it)),
            }
        }
        version.get_or_insert(page.resource_version);
        match (page.next, skipped) {
            (Some(next), it) => (from, skipped) = (Some(next), it),
            (None, Some(it)) => return Err(Stopped::unreadable(&it)),
            (None, None) => return Ok(version.unwrap_or_default()),
        }
    }
}
