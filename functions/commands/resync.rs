//! `callboard resync`: a whole run, now.

use super::FOREVER;
use super::{
    Format, Target,
    drift::{RefusedBy, table},
};
use crate::{
    context::Context,
    mesh,
    resync::{self, Findings, Mode},
};
use bucket::Store;
use cluster::Cluster;
use events::{Function, ResyncRequest, Scope};
use serde_json::json;
use std::{
    process::ExitCode,
    time::{Duration, Instant},
};

/// How long a slice writes: as a Service does, so that a long run lists anew what changed meanwhile.
const SLICE: Duration = Duration::from_secs(60);

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
    pub only: Only,
    /// Which catalog of which cluster.
    #[command(flatten)]
    pub target: Target,
}

const EXAMPLES: &str = "Examples:
  # Compare everything, and repair the bucket
  callboard resync

  # Repair the entities of one object
  callboard resync --kind app.marketplace.kratix.io --namespace shop --name cart

  # Approve deletions that are held
  callboard resync --approve 0123456789abcdef";

/// A part of the cluster.
#[derive(Debug, Clone, clap::Args)]
#[group(id = "only-args")]
pub struct Only {
    /// Only this kind, e.g. app.marketplace.kratix.io
    #[arg(long, value_name = "KIND.GROUP", value_parser = kind)]
    pub kind: Option<String>,
    /// Only this namespace
    #[arg(long, short)]
    pub namespace: Option<String>,
    /// Only objects of this name
    #[arg(long)]
    pub name: Option<String>,
}

fn kind(text: &str) -> Result<String, String> {
    match text.split_once('.') {
        Some((kind, group)) if !kind.is_empty() && group.contains('.') => Ok(text.to_ascii_lowercase()),
        _ => Err("give kind and group, such as app.marketplace.kratix.io".to_owned()),
    }
}

impl Only {
    pub(super) fn scope(&self) -> Scope {
        let Self { kind, namespace, name } = self.clone();
        Scope { kind, namespace, name }
    }
}

/// Makes the bucket true. Exits with 1 where something could not be brought in line, or is held.
///
/// # Errors
/// If cluster or bucket cannot be used.
pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    super::run(async {
        let (cx, cluster) = args.target.context().await?;
        if let Some(uid) = &args.accept_cluster {
            let is = cluster.uid().await?;
            anyhow::ensure!(
                *uid == is,
                "the cluster that is asked has the uid {is}, not {uid}: choose another --context"
            );
            resync::accept_cluster(&cx, uid).await?;
        }
        if let Some(id) = &args.approve {
            let approved = resync::approve_held(&cx, Function::Resync, id).await?
                || resync::approve_held(&cx, Function::Mesh, id).await?;
            anyhow::ensure!(approved, "nothing is held under the id {id}, or no longer");
        }
        let mut request = ResyncRequest::new(super::cause("resync"), args.only.scope());
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
            request.cursor = None; // It was of the kinds of resync.
            whole.join(of_mesh(&cx, &cluster, &request, Mode::Repair).await?);
        }
        print(&whole, args.target.output)?;
        let is_well = whole.failed.is_empty() && whole.degraded.is_empty() && whole.held.is_empty();
        Ok(if is_well { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    })
}

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

fn print(found: &Findings, format: Format) -> anyhow::Result<()> {
    match format {
        Format::Json => {
            let told = json!({
                "compared": found.compared, "changes": found.changes, "drift": found.drift, "failed": found.failed,
                "omitted": found.omitted, "degraded": found.degraded, "held": found.held,
            });
            super::print(&format!("{told:#}\n"))
        }
        Format::Table => {
            let told = table(found, &RefusedBy::new());
            let (compared, changed) = (found.compared, found.changes.len());
            super::print(&format!("{told}{compared} objects compared, {changed} bucket objects written or deleted\n"))
        }
    }
}
