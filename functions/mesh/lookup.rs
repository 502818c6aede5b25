//! What Triggers and the like name, and no list and no event has shown: read one by one.

use super::pending::FoundBy;
use crate::{
    context::Context,
    kinds::{KindName, kind_name},
};
use bucket::Store;
use catalog::mesh::Id;
use cluster::{Cluster, Error, Named};
use events::{DriftReason, ObjectRef};
use futures::{StreamExt, future, stream};
use std::{collections::BTreeMap, fmt::Display, time::Duration};
use tokio::time::{Instant, timeout_at};

/// How often what was found may name something else: a Service, and the owners of that.
const ROUNDS: usize = 6;

/// Of how many kinds objects are read in parallel, and how many of each.
const KINDS: usize = 4;
const OF_A_KIND: usize = 8;

/// The most that are read in a round.
const MAX: usize = 2_000;

/// The longest that one read may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// The longest that all of them may take. What is left then is read later.
pub(super) const ALL: Duration = Duration::from_secs(10);

/// Something to read.
enum Sought {
    /// An object that another one names, and that the index does not know.
    Named(ObjectRef),
    /// An object that the index knows, and that is in no list.
    Known(Id),
}

/// Reads what these name and the index does not know. What that affects is to be written. What is not there, or cannot be read, is
/// left out, and not asked for again for a while.
pub(super) async fn look_up<S: Store>(cx: &Context<S>, cluster: &Cluster, ids: &[Id], by: FoundBy<'_>) {
    look_up_until(cx, cluster, ids, by, Instant::now() + ALL).await;
}

async fn look_up_until<S: Store>(cx: &Context<S>, cluster: &Cluster, ids: &[Id], by: FoundBy<'_>, until: Instant) {
    for _ in 0..ROUNDS {
        let mut unknown = cx.mesh.to_look_up(ids);
        unknown.truncate(MAX);
        if unknown.is_empty() {
            break;
        }
        seek(cx, cluster, unknown.into_iter().map(Sought::Named).collect(), by, until).await;
    }
}

/// The same for all that any object names.
pub(super) async fn look_up_all<S: Store>(cx: &Context<S>, cluster: &Cluster, until: Instant) {
    look_up_until(cx, cluster, &cx.mesh.ids(), FoundBy::Comparison, until).await;
    cx.mesh.forget_unnamed();
}

/// Looks again at what is known and in no list.
pub(super) async fn again<S: Store>(cx: &Context<S>, cluster: &Cluster, ids: Vec<Id>, until: Instant) {
    let known = ids.into_iter().take(MAX).map(Sought::Known).collect();
    seek(cx, cluster, known, FoundBy::Comparison, until).await;
}

/// Reads these, a few of each kind in parallel.
async fn seek<S: Store>(cx: &Context<S>, cluster: &Cluster, all: Vec<Sought>, by: FoundBy<'_>, until: Instant) {
    let mut kinds: BTreeMap<KindName, Vec<Sought>> = BTreeMap::new();
    for it in all {
        let object = it.object();
        kinds.entry(KindName::new(object.group(), object.kind())).or_default().push(it);
    }
    let mut reads = Vec::new();
    for (kind, sought) in kinds {
        reads.push(of_kind(cx, cluster, kind, sought, by, until));
    }
    stream::iter(reads).buffer_unordered(KINDS).collect::<()>().await;
}

/// Reads objects of one kind, until that hangs.
async fn of_kind<S: Store>(
    cx: &Context<S>,
    cluster: &Cluster,
    kind: KindName,
    sought: Vec<Sought>,
    by: FoundBy<'_>,
    until: Instant,
) {
    let (mut left, mut put_off) = (sought.into_iter(), Vec::new());
    while cx.hanging_objects.paused(&kind).is_none() && Instant::now() < until {
        let few: Vec<_> = left.by_ref().take(OF_A_KIND).collect();
        if few.is_empty() {
            break;
        }
        let (asked, within) = (few.len(), until.min(Instant::now() + PATIENCE));
        let mut reads = Vec::new();
        for it in &few {
            reads.push(timeout_at(within, it.read(cx, cluster, by)));
        }
        let ended = future::join_all(reads).await;
        let hung: Vec<_> = few.into_iter().zip(ended).filter(|(_, ended)| ended.is_err()).map(|(it, _)| it).collect();
        if hung.len() == asked {
            cx.hanging_objects.hung(&kind);
        }
        put_off.extend(hung);
    }
    put_off.extend(left);
    if !put_off.is_empty() {
        cx.drift.found(&kind.display(), DriftReason::Uncovered, put_off.len() as u64);
        let objects = put_off.len();
        tracing::warn!(kind = kind.display(), objects, "the API server did not answer in time; these are read later");
    }
    put_off.into_iter().for_each(|it| it.put_off(cx));
}

impl Sought {
    fn object(&self) -> &ObjectRef {
        match self {
            Self::Named(object) => object,
            Self::Known(id) => id,
        }
    }

    /// Reads it, into the index.
    async fn read<S: Store>(&self, cx: &Context<S>, cluster: &Cluster, by: FoundBy<'_>) {
        match self {
            Self::Named(object) => named(cx, cluster, object, by).await,
            Self::Known(id) => known(cx, cluster, id).await,
        }
    }

    /// It is not read now. What is not known may be there.
    fn put_off<S>(&self, cx: &Context<S>) {
        if let Self::Named(object) = self {
            cx.mesh.unread.failed(object);
            cx.mesh.remember_missing(object);
        }
    }
}

async fn known<S: Store>(cx: &Context<S>, cluster: &Cluster, id: &Id) {
    match cluster.named(id).await {
        Ok(Named::There(object)) => cx.mesh.listed(&object),
        Ok(Named::Absent { resource_version }) => cx.mesh.not_found(id, resource_version),
        Err(error) => tracing::debug!(k8s.object = %id, %error, "could not be looked at again"),
    }
}

async fn named<S: Store>(cx: &Context<S>, cluster: &Cluster, named: &ObjectRef, by: FoundBy<'_>) {
    match cluster.get(named).await {
        Ok(Some(object)) => {
            cx.mesh.found(&object, by);
            // Perhaps it is in another place than the one that was named.
            if Id::of(object.reference()) != Id::of(named) {
                cx.mesh.remember_missing(named);
            }
            cx.mesh.unread.answered(named);
        }
        Ok(None) | Err(Error::Unserved { .. }) => absent(cx, named),
        Err(error @ Error::Forbidden { .. }) => {
            uncovered(cx, named, &error);
            absent(cx, named);
        }
        Err(error) => failed(cx, named, &error),
    }
}

fn absent<S>(cx: &Context<S>, named: &ObjectRef) {
    cx.mesh.remember_missing(named);
    cx.mesh.unread.answered(named);
}

/// It may be there.
fn failed<S>(cx: &Context<S>, named: &ObjectRef, error: &impl Display) {
    uncovered(cx, named, error);
    cx.mesh.unread.failed(named);
    cx.mesh.remember_missing(named);
}

fn uncovered<S>(cx: &Context<S>, object: &ObjectRef, error: &impl Display) {
    cx.drift.found(&kind_name(object.kind(), object.group()), DriftReason::Uncovered, 1);
    tracing::warn!(k8s.object = %object, %error, "what a Trigger or the like names could not be read");
}
