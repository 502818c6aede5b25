//! `callboard redrive`: dead letters, tried again now.

use super::{Format, Target};
use crate::resync;
use std::process::ExitCode;

/// Which catalog.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Which catalog of which cluster.
    #[command(flatten)]
    pub target: Target,
}

/// Tries each dead letter again, once. Exits with 1 where some failed again.
///
/// # Errors
/// If cluster or bucket cannot be used.
pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    super::run(async {
        let (cx, _) = args.target.context().await?;
        let redriven = resync::redrive(&cx).await?;
        match args.target.output {
            Format::Json => super::print(&format!("{:#}\n", serde_json::to_value(redriven)?))?,
            Format::Table => super::print(&format!(
                "{} dealt with, {} failed again and stay, {} given up after 7 days\n",
                redriven.done, redriven.left, redriven.expired
            ))?,
        }
        Ok(if redriven.left == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    })
}
