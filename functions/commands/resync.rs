//! `callboard resync`: compares everything now, and repairs the bucket.

use super::{
    Format, Selection,
    mesh::{SLICE, of_mesh},
    report::{RefusedBy, table},
    terminal::shown,
};
use crate::{
    context::Context,
    ending::Ending,
    resync::{self, Findings, Mode},
};
use bucket::Store;
use cluster::Cluster;
use events::{Function, ResyncRequest};
use serde_json::json;
use std::time::Instant;

/// What to resync.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// Let this cluster take over a bucket that another cluster filled. The UID is that of the namespace kube-system
    #[arg(long, value_name = "UID")]
    pub accept_cluster: Option<String>,
    /// Approve the deletions that are held under this id
    #[arg(long, value_name = "ID")]
    pub approve: Option<String>,
    /// What to compare.
    #[command(flatten)]
    pub selection: Selection,
}

const EXAMPLES: &str = "Examples:
  # Compare everything, and repair the bucket
  callboard resync

  # Repair the entities of one object
  callboard resync --kind app.marketplace.kratix.io --namespace shop --name cart

  # Approve deletions that are held
  callboard resync --approve 0123456789abcdef-0123456789abcdef";

/// Repairs the bucket, and prints what was wrong with it.
///
/// # Errors
/// If cluster or bucket cannot be used, or nothing is selected.
pub fn run(args: &Args) -> anyhow::Result<Ending> {
    super::run(async {
        let selection = &args.selection;
        let (cx, cluster) = selection.target.context().await?;
        let asked = async {
            released(args, &cx, &cluster).await?;
            let request = ResyncRequest::new(super::cause("resync"), selection.scope(&cluster).await?);
            let found = repaired(&cx, &cluster, request.clone()).await?;
            anyhow::Ok((request, found))
        };
        let (request, found) = shown(&cx.progress, asked).await?;
        selection.has_selected(&cx, &request.scope, &found)?;
        print(&found, selection.target.output)?;
        Ok(Ending::of(!found.failed.is_empty() || !found.held.is_empty(), !found.degraded.is_empty()))
    })
}

/// Releases what the arguments approve.
async fn released<S: Store>(args: &Args, cx: &Context<S>, cluster: &Cluster) -> anyhow::Result<()> {
    if let Some(uid) = &args.accept_cluster {
        let is = cluster.uid().await?;
        anyhow::ensure!(*uid == is, "the cluster has the uid {is}, not {uid}. Choose another --context");
        resync::accept_cluster(cx, uid).await?;
    }
    if let Some(id) = &args.approve {
        let approved = resync::approve_held(cx, Function::Resync, id).await?
            || resync::approve_held(cx, Function::Mesh, id).await?;
        anyhow::ensure!(approved, "nothing is held under the id {id}");
    }
    Ok(())
}

async fn repaired<S: Store>(
    cx: &Context<S>,
    cluster: &Cluster,
    mut request: ResyncRequest,
) -> anyhow::Result<Findings> {
    let mut whole = Findings::default();
    loop {
        let report = resync::slice(cx, cluster, &request, Mode::Repair, Instant::now() + SLICE).await?;
        whole.is_refused |= report.findings.is_refused;
        whole.extend(report.findings);
        match report.next {
            Some(next) => request.cursor = Some(next),
            None => break,
        }
    }
    if !whole.is_refused {
        request.cursor = None; // It concerned the kinds of resync.
        whole.join(of_mesh(cx, cluster, &request, Mode::Repair).await?);
    }
    Ok(whole)
}

fn print(found: &Findings, format: Format) -> anyhow::Result<()> {
    match format {
        Format::Json => {
            let report = json!({
                "compared": found.compared, "changes": found.changes, "drift": found.drift, "failed": found.failed,
                "omitted": found.omitted, "degraded": found.degraded, "held": found.held,
            });
            super::print(&format!("{report:#}\n"))
        }
        Format::Table => {
            let differences = table(found, &RefusedBy::new());
            let (compared, changed) = (found.compared, found.changes.len());
            super::print(&format!(
                "{differences}{compared} objects compared, {changed} bucket objects written or deleted\n"
            ))
        }
    }
}
