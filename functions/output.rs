//! What a command writes to its standard output.

use anyhow::Context;
use std::io::{self, ErrorKind, Write};

/// Writes the text. A reader that has left, as `head` does, has what it wants.
///
/// # Errors
/// If it cannot be written for another reason.
pub fn print(text: &str) -> anyhow::Result<()> {
    let mut stdout = io::stdout().lock();
    quiet(stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush())).context("failed to write to stdout")
}

fn quiet(written: io::Result<()>) -> io::Result<()> {
    match written {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        written => written,
    }
}
