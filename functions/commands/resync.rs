//! `callboard resync`: compares everything now, and repairs the bucket.

use super::{
    Format, Selection,
    mesh::{SLICE, of_mesh},
    report::{RefusedBy, table},
};
use crate::resync::{self, Findings, Mode};
use events::{Function, ResyncRequest};
use serde_json::json;
use std::{process::ExitCode, time::Instant};

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
  callboard resync --approve 0123456789abcdef";

/// Repairs the bucket. Exits with 1 if something could not be repaired, or is held.
///
/// # Errors
/// If cluster or bucket cannot be used.
pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    super::run(async {
        let (cx, cluster) = args.selection.target.context().await?;
        if let Some(uid) = &args.accept_cluster {
            let is = cluster.uid().await?;
            anyhow::ensure!(*uid == is, "the cluster has the uid {is}, not {uid}. Choose another --context");
            resync::accept_cluster(&cx, uid).await?;
        }
        if let Some(id) = &args.approve {
            let approved = resync::approve_held(&cx, Function::Resync, id).await?
                || resync::approve_held(&cx, Function::Mesh, id).await?;
            anyhow::ensure!(approved, "nothing is held under the id {id}");
        }
        let mut request = ResyncRequest::new(super::cause("resync"), args.selection.scope());
        let mut whole = Findings::default();
        loop {
            let report = resync::slice(&cx, &cluster, &request, Mode::Repair, Instant::now() + SLICE).await?;
            whole.is_refused |= report.findings.is_refused;
            whole.extend(report.findings);
            match report.next {
                Some(next) => request.cursor = Some(next),
                None => break,
            }
        }
        if !whole.is_refused {
            request.cursor = None; // It concerned the kinds of resync.
            whole.join(of_mesh(&cx, &cluster, &request, Mode::Repair).await?);
        }
        print(&whole, args.selection.target.output)?;
        let is_well = whole.failed.is_empty() && whole.degraded.is_empty() && whole.held.is_empty();
        Ok(if is_well { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    })
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
