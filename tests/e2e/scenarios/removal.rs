//! After the install.

use super::install::printed_sources;
use crate::{
    eventually::eventually,
    suite::{NAMESPACE, Suite},
};
use anyhow::{Result, ensure};

/// Nothing in the cluster has the namespace or our name, but what the suite itself applied.
pub(crate) async fn nothing_left(suite: &Suite) -> Result<()> {
    remove(suite).await?;
    nothing_is_left(suite).await
}

/// Waits until nothing of an install is there.
pub(crate) async fn nothing_is_left(suite: &Suite) -> Result<()> {
    eventually("nothing of it is left", 120, async || {
        let left = ours(suite)?;
        ensure!(left.is_empty(), "{left:#?}");
        Ok(())
    })
    .await
}

/// Removes an install, in the order that docs/how-to/uninstall.md describes.
pub(crate) async fn remove(suite: &Suite) -> Result<()> {
    remove_overlay(suite, &suite.first_look("")?).await
}

/// The same for what this folder renders, the namespace included. It does not wait for pods to end by themselves.
pub(super) async fn remove_overlay(suite: &Suite, overlay: &str) -> Result<()> {
    suite.cluster.delete_all(&printed_sources()?)?;
    suite.cluster.delete(&["--wait=false", "--kustomize", overlay])?;
    suite.cluster.namespaces_deleted(&[NAMESPACE]).await
}

fn ours(suite: &Suite) -> Result<Vec<String>> {
    let kinds = suite.cluster.kubectl(&["api-resources", "--verbs=list", "--output=name"])?;
    let volatile = ["events", "events.events.k8s.io"];
    let kinds: Vec<&str> = kinds.lines().filter(|kind| !volatile.contains(kind)).collect();
    let columns = "--output=custom-columns=KIND:.kind,NAMESPACE:.metadata.namespace,NAME:.metadata.name";
    let all = suite.cluster.kubectl(&["get", &kinds.join(","), "--all-namespaces", "--no-headers", columns])?;
    Ok(all.lines().filter(|line| is_ours(line)).map(str::to_owned).collect())
}

/// The definitions of the suite's own kinds have our name in their group.
fn is_ours(line: &str) -> bool {
    line.contains("callboard") && !line.contains("e2e.callboard.dev")
}
