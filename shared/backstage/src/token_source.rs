//! Where the token for Backstage comes from.

use clap::{Arg, Command, builder::TypedValueParser, error::ErrorKind, parser::ValueSource};
use std::{ffi::OsStr, io, path::PathBuf};
use trust::Token;

/// Takes the token from the environment alone, since other users of the machine see the command line. Its errors do not
/// show the value.
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
            return Err(error("other users can see a token on the command line; set this variable instead"));
        }
        Token::new(value.to_str().unwrap_or("\0")).map_err(error)
    }
}

/// The file and the variable that can hold the token.
#[derive(Debug, Clone)]
pub(crate) struct TokenSource {
    /// Wins if it exists. It is read each time, since it may be rotated, or may not exist yet.
    pub file: Option<PathBuf>,
    pub environment: Option<Token>,
}

impl TokenSource {
    pub(crate) fn token(&self) -> Result<Token, String> {
        match (&self.file, &self.environment) {
            (None, None) => Err("there is no token; set CALLBOARD_BACKSTAGE_TOKEN_FILE".to_owned()),
            (None, Some(token)) => Ok(token.clone()),
            (Some(file), instead) => match (Token::read(file), instead) {
                (Err(error), Some(token)) if error.kind() == io::ErrorKind::NotFound => Ok(token.clone()),
                (Err(error), _) => Err(format!(
                    "failed to read the token from {}: {error}; see CALLBOARD_BACKSTAGE_TOKEN_FILE",
                    file.display()
                )),
                (Ok(token), _) => Ok(token),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{io::Write, os::unix::ffi::OsStrExt};
    use tempfile::NamedTempFile;

    #[test]
    fn the_file_wins_and_the_variable_is_used_if_the_file_is_missing() {
        let environment = Token::new("env").unwrap();
        let mut file = NamedTempFile::new().unwrap();
        let source = TokenSource { file: Some(file.path().to_owned()), environment: environment.clone() };
        assert!(source.token().unwrap_err().contains("it is empty"));
        file.write_all(b"file").unwrap();
        assert_eq!(source.token().ok(), Token::new("file").unwrap());
        drop(file);
        assert_eq!(source.token().ok(), Token::new("env").unwrap());
        let missing = TokenSource { file: Some("/nowhere/token".into()), environment: None }.token().unwrap_err();
        assert!(missing.starts_with("failed to read the token from /nowhere/token: "), "{missing}");
    }

    #[test]
    fn the_variables_value_is_not_shown_either() {
        let of = |value: &[u8]| {
            let value = OsStr::from_bytes(value);
            FromEnvironment.parse_ref_(&Command::new("callboard"), None, value, ValueSource::EnvVariable)
        };
        assert_eq!(of(b" abc\n").unwrap(), Token::new("abc").unwrap());
        assert_eq!(of(b"").unwrap(), None);
        for bad in [&b"secret\nb"[..], b"secret\xff"] {
            let refused = of(bad).unwrap_err().to_string();
            assert!(refused.contains("CALLBOARD_BACKSTAGE_TOKEN: ") && !refused.contains("secret"), "{refused}");
        }
    }
}
