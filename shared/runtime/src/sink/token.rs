//! The token by which the Broker knows us.

use http::HeaderValue;
use std::fs::File;
use std::io::{self, ErrorKind, Read};
use std::path::Path;

/// More is no token.
const MAX_TOKEN: u64 = 64 * 1024;

/// The header `authorization`, if there is a token. The kubelet rotates the file, so it is read each time.
pub(crate) fn bearer(file: &Path) -> io::Result<Option<HeaderValue>> {
    // A few KiB out of memory, as projected volumes are: not worth a thread.
    let file = match File::open(file) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let mut token = String::new();
    file.take(MAX_TOKEN + 1).read_to_string(&mut token)?;
    if token.trim().is_empty() || token.len() as u64 > MAX_TOKEN {
        return Err(io::Error::new(ErrorKind::InvalidData, "it is empty or has more than 64 KiB"));
    }
    let value = HeaderValue::try_from(format!("Bearer {}", token.trim()));
    let mut value = value.map_err(|error| io::Error::new(ErrorKind::InvalidData, error))?;
    value.set_sensitive(true);
    Ok(Some(value))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;
    use tempfile::NamedTempFile;

    fn of(content: &[u8]) -> io::Result<Option<HeaderValue>> {
        let mut file = NamedTempFile::new().unwrap();
        file.write_all(content).unwrap();
        bearer(file.path())
    }

    #[test]
    fn a_token_is_never_shown() {
        let value = of(b"abc.def\n").unwrap().unwrap();
        assert_eq!((value.as_bytes(), format!("{value:?}").as_str()), (&b"Bearer abc.def"[..], "Sensitive"));
    }

    #[test]
    fn no_file_is_no_token_but_a_bad_file_is_an_error() {
        assert!(bearer(Path::new("/nowhere/token")).unwrap().is_none());
        assert!(bearer(Path::new("/")).is_err());
        for bad in [&b" \n"[..], b"a\nb", b"\xff", &[b'a'; 64 * 1024 + 1]] {
            assert!(of(bad).is_err(), "{bad:.5?}");
        }
    }
}
