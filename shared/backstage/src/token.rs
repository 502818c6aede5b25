//! The token by which Backstage knows us.

use clap::{Arg, Command, builder::TypedValueParser, error::ErrorKind, parser::ValueSource};
use http::HeaderValue;
use std::{
    ffi::OsStr,
    fmt,
    fs::File,
    io::{self, Read},
    path::{Path, PathBuf},
};

/// More is no token.
const MAX_TOKEN: u64 = 64 * 1024;

/// A token of the environment, which is never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

impl Token {
    /// One that can stand in a header; a text of blanks is none.
    ///
    /// # Errors
    /// If it is no line of visible ASCII; the token is not in the error.
    pub fn new(text: &str) -> Result<Option<Self>, &'static str> {
        match text.trim() {
            "" => Ok(None),
            token if token.bytes().all(|it| it.is_ascii_graphic()) => Ok(Some(Self(token.to_owned()))),
            _ => Err("it is no line of visible ASCII"),
        }
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token")
    }
}

/// Takes the token from the environment alone: others see the command line. No error of it shows the value.
#[derive(Debug, Clone)]
pub(crate) struct FromEnvironment;

impl TypedValueParser for FromEnvironment {
    type Value = Option<Token>;

    fn parse_ref(&self, command: &Command, arg: Option<&Arg>, value: &OsStr) -> Result<Self::Value, clap::Error> {
        self.parse_ref_(command, arg, value, ValueSource::CommandLine)
    }

    fn parse_ref_(
        &self,
        command: &Command,
        _: Option<&Arg>,
        value: &OsStr,
        source: ValueSource,
    ) -> Result<Self::Value, clap::Error> {
        let error = |why| {
            let why = format!("CALLBOARD_BACKSTAGE_TOKEN: {why}\n");
            clap::Error::raw(ErrorKind::InvalidValue, why).with_cmd(command)
        };
        if source == ValueSource::CommandLine {
            return Err(error("a token on the command line is seen by others; set the variable"));
        }
        Token::new(value.to_str().unwrap_or("\0")).map_err(error)
    }
}

/// Where the token is.
#[derive(Debug, Clone)]
pub(crate) struct Source {
    /// Goes first where it is there. It is read each time, since it may be rotated, or not be there yet.
    pub file: Option<PathBuf>,
    pub environment: Option<Token>,
}

impl Source {
    pub(crate) fn token(&self) -> Result<Token, String> {
        match (&self.file, &self.environment) {
            (None, None) => Err("there is no token; set CALLBOARD_BACKSTAGE_TOKEN_FILE".to_owned()),
            (None, Some(token)) => Ok(token.clone()),
            (Some(file), instead) => match (read(file), instead) {
                (Err(error), Some(token)) if error.kind() == io::ErrorKind::NotFound => Ok(token.clone()),
                (Err(error), _) => Err(format!(
                    "cannot read the token {}: {error}; see CALLBOARD_BACKSTAGE_TOKEN_FILE",
                    file.display()
                )),
                (Ok(token), _) => Ok(token),
            },
        }
    }
}

/// The token of a file. A few KiB out of memory, as projected volumes are: not worth a thread.
fn read(file: &Path) -> io::Result<Token> {
    let invalid = |why| io::Error::new(io::ErrorKind::InvalidData, why);
    let mut token = String::new();
    File::open(file)?.take(MAX_TOKEN + 1).read_to_string(&mut token)?;
    if token.len() as u64 > MAX_TOKEN {
        return Err(invalid("it has more than 64 KiB"));
    }
    Token::new(&token).map_err(invalid)?.ok_or_else(|| invalid("it is empty"))
}

impl Token {
    /// The header `authorization`, which is not shown either.
    pub(crate) fn header(&self) -> HeaderValue {
        let value = HeaderValue::try_from(format!("Bearer {}", self.0));
        let mut value = value.expect("visible ASCII may stand in a header");
        value.set_sensitive(true);
        value
    }

    /// A text of others without the token.
    pub(crate) fn struck_from(&self, text: &str) -> String {
        text.replace(&self.0, "***")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{io::Write, os::unix::ffi::OsStrExt};
    use tempfile::NamedTempFile;

    fn of(content: &[u8]) -> Result<Token, String> {
        let mut file = NamedTempFile::new().unwrap();
        file.write_all(content).unwrap();
        Source { file: Some(file.path().to_owned()), environment: None }.token()
    }

    #[test]
    fn a_token_is_never_shown() {
        let token = of(b"abc.def\n").unwrap();
        assert_eq!(format!("{token:?} {:?}", token.header()), "Token Sensitive");
        assert_eq!(token.header().as_bytes(), b"Bearer abc.def");
        assert_eq!(token.struck_from("Bearer abc.def, abc"), "Bearer ***, abc");
    }

    #[test]
    fn the_file_goes_first_and_the_variable_stands_in_for_one_that_is_missing() {
        let environment = Token::new("env").unwrap();
        let mut file = NamedTempFile::new().unwrap();
        let source = Source { file: Some(file.path().to_owned()), environment: environment.clone() };
        assert!(source.token().unwrap_err().contains("it is empty"));
        file.write_all(b"file").unwrap();
        assert_eq!(source.token().unwrap(), Token("file".to_owned()));
        drop(file);
        assert_eq!(source.token().unwrap(), Token("env".to_owned()));
        let missing = Source { file: Some("/nowhere/token".into()), environment: None }.token().unwrap_err();
        assert!(missing.starts_with("cannot read the token /nowhere/token: "), "{missing}");
    }

    #[test]
    fn the_variables_value_is_not_shown_either() {
        let of = |value: &[u8]| {
            let value = OsStr::from_bytes(value);
            FromEnvironment.parse_ref_(&Command::new("callboard"), None, value, ValueSource::EnvVariable)
        };
        assert_eq!(of(b" abc\n").unwrap(), Some(Token("abc".to_owned())));
        assert_eq!(of(b"").unwrap(), None);
        for bad in [&b"secret\nb"[..], b"secret\xff"] {
            let refused = of(bad).unwrap_err().to_string();
            assert!(refused.contains("CALLBOARD_BACKSTAGE_TOKEN: ") && !refused.contains("secret"), "{refused}");
        }
    }

    #[test]
    fn what_is_no_token_is_refused_and_not_shown() {
        for bad in [&b" \n"[..], b"secret\nb", b"secret\xff", "secretä".as_bytes(), &[b'a'; 64 * 1024 + 1]] {
            let refused = of(bad).unwrap_err();
            assert!(!refused.contains("secret") && refused.len() < 200, "{refused}");
        }
    }
}
