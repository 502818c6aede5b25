//! What a user approves: another cluster, or deletions that are held.

use super::{held, other_cluster};
use crate::context::Context;
use bucket::Store;
use cluster::Cluster;
use events::{Function, Nack};

/// Approves what an event names: the cluster of that uid, or the deletions that this function holds under that id. False if it
/// holds none.
///
/// # Errors
/// If cluster or bucket cannot be used.
pub(crate) async fn approved<S: Store>(
    cx: &Context<S>,
    who: Function,
    cluster: &Cluster,
    id: &str,
) -> Result<bool, Nack> {
    let uid = cluster.uid().await?;
    match id == uid {
        // Perhaps another function was faster, which takes this event, too.
        true => other_cluster::accept(cx, &uid).await.map(|_| true),
        false => held::approve(cx, who, id).await,
    }
}

/// From now on the bucket is that cluster's; false if it was before.
///
/// # Errors
/// If the bucket cannot be used.
pub async fn accept_cluster<S: Store>(cx: &Context<S>, uid: &str) -> Result<bool, Nack> {
    other_cluster::accept(cx, uid).await
}

/// Lets the deletions of this id be made by the next run of a function; false if it holds none under it.
///
/// # Errors
/// If the bucket cannot be used.
pub async fn approve_held<S: Store>(cx: &Context<S>, who: Function, id: &str) -> Result<bool, Nack> {
    held::approve(cx, who, id).await
}
