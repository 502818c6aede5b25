//! What a platform engineer runs at a terminal: the same that `resync` does on its ticks, and what deploy/ needs to know.

pub mod doctor;
pub mod drift;
pub mod redrive;
pub mod resync;
pub mod sources;
mod target;

pub use target::{Format, Target};

use anyhow::Context as _;
use std::{
    io::Write,
    process::ExitCode,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

/// Looking, and comparing the mesh, is one slice, however long it takes.
const FOREVER: Duration = Duration::from_secs(24 * 60 * 60);

/// Runs a command; its exit code says whether all was well.
fn run(command: impl Future<Output = anyhow::Result<ExitCode>>) -> anyhow::Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.context("failed to start the runtime")?.block_on(command)
}

fn print(text: &str) -> anyhow::Result<()> {
    std::io::stdout().write_all(text.as_bytes()).context("failed to write to stdout")
}

/// What causes what a command does: each run of a command is another event.
fn cause(command: &str) -> events::Cause {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let id = format!("{}-{}", since.as_nanos(), std::process::id());
    events::Cause::new("/callboard/command", &id, &format!("dev.callboard.command.{command}"))
}
