//! A bearer token.

use crate::file::{invalid, read};
use http::HeaderValue;
use std::{fmt, io, path::Path};

/// The largest file, in KiB, that can be a token.
const MAX_TOKEN: u64 = 64;

/// A token that can stand in a header, and is never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

impl Token {
    /// The token without the blanks around it; `None` if there are only blanks.
    ///
    /// # Errors
    /// If it is not one line of visible ASCII. The error does not show the token.
    pub fn new(text: &str) -> Result<Option<Self>, &'static str> {
        match text.trim() {
            "" => Ok(None),
            token if token.bytes().all(|it| it.is_ascii_graphic()) => Ok(Some(Self(token.to_owned()))),
            _ => Err("it is not one line of visible ASCII"),
        }
    }

    /// The token that the file holds now.
    ///
    /// # Errors
    /// If the file cannot be read, is empty or larger than 64 KiB, or is not a token. The error does not show its content.
    pub fn read(file: &Path) -> io::Result<Self> {
        let text = String::from_utf8(read(file, MAX_TOKEN)?).map_err(|_| invalid("it is not UTF-8"))?;
        Self::new(&text).map_err(invalid)?.ok_or_else(|| invalid("it is empty"))
    }

    /// The value of the header `authorization`, which is not shown either.
    pub fn header(&self) -> HeaderValue {
        let value = HeaderValue::try_from(format!("Bearer {}", self.0));
        let mut value = value.expect("a header can hold visible ASCII");
        value.set_sensitive(true);
        value
    }

    /// A third-party text without the token.
    pub fn redacted(&self, text: &str) -> String {
        text.replace(&self.0, "***")
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;
    use tempfile::NamedTempFile;

    fn of(content: &[u8]) -> io::Result<Token> {
        let mut file = NamedTempFile::new().unwrap();
        file.write_all(content).unwrap();
        Token::read(file.path())
    }

    #[test]
    fn a_token_is_never_shown() {
        let token = of(b"abc.def\n").unwrap();
        assert_eq!(format!("{token:?} {:?}", token.header()), "Token Sensitive");
        assert_eq!(token.header().as_bytes(), b"Bearer abc.def");
        assert_eq!(token.redacted("Bearer abc.def, abc"), "Bearer ***, abc");
    }

    #[test]
    fn a_missing_file_differs_from_a_file_that_is_not_a_token() {
        assert_eq!(Token::read(Path::new("/nowhere/token")).unwrap_err().kind(), io::ErrorKind::NotFound);
        assert_ne!(Token::read(Path::new("/")).unwrap_err().kind(), io::ErrorKind::NotFound);
        for bad in [&b" \n"[..], b"secret\nb", b"secret\xff", "secretä".as_bytes(), &[b'a'; 64 * 1024 + 1]] {
            let error = of(bad).unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::InvalidData);
            assert!(!error.to_string().contains("secret") && error.to_string().len() < 200, "{error}");
        }
        assert!(of(&[b'a'; 64 * 1024]).is_ok());
    }
}
