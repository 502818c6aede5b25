//! `callboard redrive`: retries dead letters now.

use super::{Format, Target, terminal::shown};
use crate::{ending::Ending, resync};
use std::time::{Duration, Instant};

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

/// Retries each dead letter once, and prints what became of them.
///
/// # Errors
/// If cluster or bucket cannot be used.
pub fn run(args: &Args) -> anyhow::Result<Ending> {
    super::run(async {
        let (cx, cluster) = args.target.context().await?;
        let redriven = shown(&cx.progress, resync::redrive(&cx, &cluster, Instant::now() + PATIENCE)).await?;
        match args.target.output {
            Format::Json => super::print(&format!("{:#}\n", serde_json::to_value(redriven)?))?,
            Format::Table => super::print(&format!(
                "{} handled, {} failed again and stay, {} name no object and stay, {} not retried, {} dropped after 7 days\n",
                redriven.done, redriven.left, redriven.unknown, redriven.waiting, redriven.expired
            ))?,
        }
        Ok(Ending::of(redriven.left + redriven.unknown > 0, redriven.waiting > 0))
    })
}
