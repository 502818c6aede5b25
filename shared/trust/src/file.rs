//! A small file, read up to a limit.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// The content of a file that has at most `limit` KiB. A few KiB out of memory, as projected volumes are, are not worth
/// a thread.
pub(crate) fn read(file: &Path, limit: u64) -> io::Result<Vec<u8>> {
    let mut content = Vec::new();
    File::open(file)?.take(limit * 1024 + 1).read_to_end(&mut content)?;
    if content.len() as u64 > limit * 1024 {
        return Err(invalid(format!("it has more than {limit} KiB")));
    }
    Ok(content)
}

/// An error of what a file holds.
pub(crate) fn invalid(why: impl Into<String>) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, why.into())
}
