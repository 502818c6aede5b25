//! What a command writes to its standard output.

use anyhow::Context;
use std::io::{self, ErrorKind, Write};

/// A stream whose reader may leave, as `head` does, and then has what it wants.
#[derive(Debug)]
pub struct Quiet<W>(pub W);

impl<W: Write> Write for Quiet<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        or_left(self.0.write(bytes), bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        or_left(self.0.flush(), ())
    }
}

fn or_left<T>(written: io::Result<T>, all: T) -> io::Result<T> {
    match written {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(all),
        written => written,
    }
}

/// Writes the text.
///
/// # Errors
/// If it cannot be written, for another reason than that the reader has left.
pub fn print(text: &str) -> anyhow::Result<()> {
    let mut stdout = Quiet(io::stdout().lock());
    stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()).context("failed to write to stdout")
}
