//! `callboard drift`: what a resync would find, and what Backstage refused. It writes nothing.

use super::{
    Format, Selection, consumers,
    mesh::{FOREVER, of_mesh},
    report::{RefusedBy, table},
    terminal::shown,
};
use crate::{
    context::Context,
    ending::Ending,
    refresh,
    resync::{self, Findings, Mode},
};
use backstage::Backstage;
use bucket::Store;
use cluster::Cluster;
use events::{Failed, ResyncRequest, Scope};
use serde_json::json;
use std::time::Instant;

/// What to compare.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// What to compare.
    #[command(flatten)]
    pub selection: Selection,
    /// Backstage. If it is given, the report has what it refused.
    #[command(flatten)]
    pub backstage: backstage::Args,
}

const EXAMPLES: &str = "Examples:
  # All differences
  callboard drift

  # The differences of one kind in one namespace
  callboard drift --kind app.marketplace.kratix.io --namespace shop";

/// Prints how bucket and cluster differ, and what Backstage refused.
///
/// # Errors
/// If cluster or bucket cannot be used, or nothing is selected.
pub fn run(args: &Args) -> anyhow::Result<Ending> {
    super::run(async {
        let selection = &args.selection;
        let backstage = selection.target.catalog.backstage(&args.backstage)?;
        let (cx, cluster) = selection.target.context().await?;
        let asked = async {
            let request = ResyncRequest::new(super::cause("drift"), selection.scope(&cluster).await?);
            let (found, refused) = compared(&cx, &cluster, backstage.as_ref(), &request).await?;
            anyhow::Ok((request, found, refused))
        };
        let (request, found, refused) = shown(&cx.progress, asked).await?;
        if refused.is_empty() {
            selection.has_selected(&cx, &request.scope, &found)?;
        }
        match selection.target.output {
            Format::Json => {
                let report = json!({
                    "compared": found.compared, "drift": found.drift, "failed": found.failed,
                    "degraded": found.degraded, "held": found.held, "refused": refused,
                });
                super::print(&format!("{report:#}\n"))?;
            }
            Format::Table => {
                let differences = table(&found, &refused);
                super::print(&format!("{differences}{} objects compared\n", found.compared))?;
            }
        }
        let differs = !found.drift.is_empty() || !found.held.is_empty() || !refused.is_empty();
        Ok(Ending::of(differs, !found.failed.is_empty() || !found.degraded.is_empty()))
    })
}

async fn compared<S: Store>(
    cx: &Context<S>,
    cluster: &Cluster,
    backstage: Option<&Backstage>,
    request: &ResyncRequest,
) -> anyhow::Result<(Findings, RefusedBy)> {
    let mut found = resync::slice(cx, cluster, request, Mode::Look, Instant::now() + FOREVER).await?.findings;
    if !found.is_refused {
        found.join(of_mesh(cx, cluster, request, Mode::Look).await?);
    }
    let Some(backstage) = backstage else { return Ok((found, RefusedBy::new())) };
    cx.progress.now(format_args!("Backstage: what it refused"));
    let refused = refused(cx, backstage, &request.scope).await.unwrap_or_else(|error| {
        found.failed.push(Failed { key: "Backstage".to_owned(), reason: format!("{error:#}") });
        RefusedBy::new()
    });
    Ok((found, refused))
}

/// What Backstage refused, and the Components of consumers that it does not have.
async fn refused<S: Store>(cx: &Context<S>, backstage: &Backstage, scope: &Scope) -> anyhow::Result<RefusedBy> {
    let mut refused = refresh::refused(cx, backstage, scope).await?;
    for (key, missing) in consumers::missing(cx, backstage, scope).await? {
        refused.entry(key).or_default().extend(missing);
    }
    Ok(refused)
}
