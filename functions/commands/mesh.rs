//! What a comparison of the mesh finds, in one slice.

use crate::{
    context::Context,
    mesh,
    resync::{Findings, Mode},
};
use bucket::Store;
use cluster::Cluster;
use events::ResyncRequest;
use std::time::Duration;

/// How long a command compares in one slice, at most.
pub(super) const FOREVER: Duration = Duration::from_secs(24 * 60 * 60);

/// How long a slice writes. A Service does the same, so that a long run lists again what changed meanwhile.
pub(super) const SLICE: Duration = Duration::from_secs(60);

/// What a comparison of the mesh finds, with an index of its own.
pub(super) async fn of_mesh<S: Store>(
    cx: &Context<S>,
    cluster: &Cluster,
    request: &ResyncRequest,
    mode: Mode,
) -> anyhow::Result<Findings> {
    let pace = mesh::Pace { lists: SLICE, writes: FOREVER };
    Ok(mesh::compared(cx, cluster, request, mode, pace, None).await?.findings)
}
