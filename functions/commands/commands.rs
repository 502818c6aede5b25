//! The commands for a terminal: a resync now, dead letters again, a check of the install, and manifests for deploy/.

mod broker;
mod consumers;
pub mod doctor;
pub mod drift;
mod mesh;
pub mod redrive;
mod report;
pub mod resync;
mod selection;
pub mod sources;
mod target;
mod terminal;

pub use broker::Broker;
pub use selection::Selection;
pub use target::{Format, Target};

use crate::{ending::Ending, output::print};
use anyhow::Context as _;
use std::time::{SystemTime, UNIX_EPOCH};

/// Runs a command.
fn run(command: impl Future<Output = anyhow::Result<Ending>>) -> anyhow::Result<Ending> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.context("failed to start the runtime")?.block_on(command)
}

/// The cause of what a command does. Each run of a command is another event.
fn cause(command: &str) -> events::Cause {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let id = format!("{}-{}", since.as_nanos(), std::process::id());
    events::Cause::new("/callboard/command", &id, &format!("dev.callboard.command.{command}"))
}
