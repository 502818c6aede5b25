//! `callboard drift`: what a resync would find, and what Backstage refused. It writes nothing.

use super::{
    Format, Selection,
    mesh::{FOREVER, of_mesh},
    report::{RefusedBy, table},
};
use crate::{
    refresh,
    resync::{self, Mode},
};
use events::{Failed, ResyncRequest};
use serde_json::json;
use std::{process::ExitCode, time::Instant};

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

/// Prints how bucket and cluster differ. Exits with 1 if they do, or if something could not be compared.
///
/// # Errors
/// If cluster or bucket cannot be used.
pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    super::run(async {
        let backstage = args.selection.target.catalog.backstage(&args.backstage)?;
        let (cx, cluster) = args.selection.target.context().await?;
        let request = ResyncRequest::new(super::cause("drift"), args.selection.scope());
        let mut found = resync::slice(&cx, &cluster, &request, Mode::Look, Instant::now() + FOREVER).await?.findings;
        if !found.is_refused {
            found.join(of_mesh(&cx, &cluster, &request, Mode::Look).await?);
        }
        let refused = match &backstage {
            Some(backstage) => refresh::refused(&cx, backstage, &args.selection.scope()).await,
            None => Ok(RefusedBy::new()),
        };
        let refused = refused.unwrap_or_else(|error| {
            found.failed.push(Failed { key: "Backstage".to_owned(), reason: format!("{error:#}") });
            RefusedBy::new()
        });
        match args.selection.target.output {
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
        let is_clean =
            found.drift.is_empty() && found.failed.is_empty() && found.degraded.is_empty() && found.held.is_empty();
        Ok(if is_clean && refused.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    })
}
