//! What Triggers and the like name, and no list and no event has shown: read one by one.

use super::pending::FoundBy;
use crate::{context::Context, kinds::kind_name};
use bucket::Store;
use catalog::mesh::Id;
use cluster::{Cluster, Error, Named};
use events::{DriftReason, ObjectRef};
use futures::{StreamExt, stream};
use std::{fmt::Display, time::Duration};

/// How often what was found may name something else: a Service, and the owners of that.
const ROUNDS: usize = 6;

/// How many are read in parallel.
const AT_ONCE: usize = 16;

/// The most that are read in a round.
const MAX: usize = 2_000;

/// The longest that one read may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// Reads what these name and the index does not know. What that affects is to be written. What is not there, or cannot be read, is
/// left out, and not asked for again for a while.
pub(super) async fn look_up<S: Store>(cx: &Context<S>, cluster: &Cluster, ids: &[Id], by: FoundBy<'_>) {
    for _ in 0..ROUNDS {
        let mut unknown = cx.mesh.to_look_up(ids);
        unknown.truncate(MAX);
        if unknown.is_empty() {
            break;
        }
        let reads = unknown.into_iter().map(|it| async move { read(cx, cluster, &it, by).await });
        stream::iter(reads).buffer_unordered(AT_ONCE).collect::<()>().await;
    }
}

/// The same for all that any object names.
pub(super) async fn look_up_all<S: Store>(cx: &Context<S>, cluster: &Cluster) {
    look_up(cx, cluster, &cx.mesh.ids(), FoundBy::Comparison).await;
    cx.mesh.forget_unnamed();
}

/// Reads one, into the index.
async fn read<S: Store>(cx: &Context<S>, cluster: &Cluster, named: &ObjectRef, by: FoundBy<'_>) {
    match tokio::time::timeout(PATIENCE, cluster.get(named)).await {
        Ok(Ok(Some(object))) => {
            cx.mesh.found(&object, by);
            // Perhaps it is in another place than the one that was named.
            if Id::of(object.reference()) != Id::of(named) {
                cx.mesh.remember_missing(named);
            }
            cx.mesh.unread.answered(named);
        }
        Ok(Ok(None) | Err(Error::Unserved { .. })) => absent(cx, named),
        Ok(Err(error @ Error::Forbidden { .. })) => {
            uncovered(cx, named, &error);
            absent(cx, named);
        }
        Ok(Err(error)) => failed(cx, named, &error),
        Err(elapsed) => failed(cx, named, &elapsed),
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

/// Looks again at what is known and in no list.
pub(super) async fn again<S: Store>(cx: &Context<S>, cluster: &Cluster, ids: Vec<Id>) {
    let looks = ids.into_iter().take(MAX).map(|id| async move { (cluster.named(&id).await, id) });
    let mut looks = stream::iter(looks).buffered(AT_ONCE);
    while let Some((found, id)) = looks.next().await {
        match found {
            Ok(Named::There(object)) => cx.mesh.listed(&[object]),
            Ok(Named::Absent { resource_version }) => cx.mesh.not_found(&id, resource_version),
            Err(error) => tracing::debug!(k8s.object = %id, %error, "could not be looked at again"),
        }
    }
}
