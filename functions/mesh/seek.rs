//! What Triggers and the like name, and no list and no event told of: read one by one.

use crate::{context::Context, now::kind_name};
use bucket::Store;
use catalog::mesh::Id;
use cluster::{Cluster, Error, Named};
use events::{DriftReason, Object, ObjectRef};
use futures::{StreamExt, stream};
use std::collections::BTreeSet;

/// How often what was found may name something else: a Service, and the owners of that.
const ROUNDS: usize = 6;

/// How many are read at once.
const AT_ONCE: usize = 16;

/// The most that are read in a round.
const MAX: usize = 2_000;

/// Reads what these name and nobody knows of; whose descriptors that affects. What is not there, or may not be read, is left out.
///
/// # Errors
/// If the cluster does not answer.
pub(super) async fn seek<S: Store>(cx: &Context<S>, cluster: &Cluster, ids: &[Id]) -> Result<BTreeSet<Id>, Error> {
    let mut affected = BTreeSet::new();
    for _ in 0..ROUNDS {
        let mut sought = cx.mesh.sought(ids);
        sought.retain(|it| cx.keeps(it.namespace()));
        sought.truncate(MAX);
        if sought.is_empty() {
            break;
        }
        let reads = sought.into_iter().map(|it| async move { (read(cx, cluster, &it).await, it) });
        let read: Vec<_> = stream::iter(reads).buffered(AT_ONCE).collect().await;
        for (found, named) in read {
            match found? {
                Some(object) => {
                    affected.extend(cx.mesh.found(&object));
                    // Perhaps it lies elsewhere than it was named.
                    if Id::of(object.reference()) != Id::of(&named) {
                        cx.mesh.missed(&named);
                    }
                }
                None => cx.mesh.missed(&named),
            }
        }
    }
    Ok(affected)
}

async fn read<S: Store>(cx: &Context<S>, cluster: &Cluster, object: &ObjectRef) -> Result<Option<Object>, Error> {
    match cluster.get(object).await {
        Err(Error::Unserved { .. }) => Ok(None),
        Err(error @ Error::Forbidden { .. }) => {
            cx.drift.found(&kind_name(object.kind(), object.group()), DriftReason::Uncovered, 1);
            tracing::warn!(k8s.object = %object, %error, "what a Trigger or the like names may not be read");
            Ok(None)
        }
        found => found,
    }
}

/// Looks again at what is known and in no list.
pub(super) async fn again<S: Store>(cx: &Context<S>, cluster: &Cluster, ids: Vec<Id>) {
    let looks = ids.into_iter().take(MAX).map(|id| async move { (cluster.named(&id).await, id) });
    let mut looks = stream::iter(looks).buffered(AT_ONCE);
    while let Some((found, id)) = looks.next().await {
        match found {
            Ok(Named::There(object)) => cx.mesh.listed(&[object]),
            Ok(Named::Gone { resource_version }) => cx.mesh.vanished(&id, resource_version),
            Err(error) => tracing::debug!(k8s.object = %id, %error, "could not be looked at again"),
        }
    }
}
