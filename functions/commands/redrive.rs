//! `callboard redrive`: retries dead letters now.

use super::{Format, Target};
use crate::resync;
use std::{
    process::ExitCode,
    time::{Duration, Instant},
};

/// How long the retries may take.
const PATIENCE: Duration = Duration::from_secs(60 * 60);

/// Which catalog.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// Which catalog of which cluster.
    #[command(flatten)]
    pub target: Target,
}

const EXAMPLES: &str = "Examples:
  # Handle all dead letters again, and print how many failed
  callboard redrive";

/// Retries each dead letter once. Exits with 1 if some failed again.
///
/// # Errors
/// If cluster or bucket cannot be used.
pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    super::run(async {
        let (cx, cluster) = args.target.context().await?;
        let redriven = resync::redrive(&cx, &cluster, Instant::now() + PATIENCE).await?;
        match args.target.output {
            Format::Json => super::print(&format!("{:#}\n", serde_json::to_value(redriven)?))?,
            Format::Table => super::print(&format!(
                "{} handled, {} failed again and stay, {} name no object and stay, {} not retried, {} dropped after 7 days\n",
                redriven.done, redriven.left, redriven.unknown, redriven.waiting, redriven.expired
            ))?,
        }
        Ok(if redriven.left + redriven.waiting == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    })
}
