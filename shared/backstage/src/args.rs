//! Where Backstage is, and how it sees the bucket.

use crate::token_source::{FromEnvironment, TokenSource};
use anyhow::{Context, ensure};
use std::path::PathBuf;
use trust::{CaBundle, Token};
use url::Url;

/// For clap no `Option`: a ConfigMap's key that has to be there may say nothing.
type Given<T> = Option<T>;

/// The name below `catalog.providers.awsS3` where none is given.
const PROVIDER: &str = "callboard";

/// Arguments of Backstage. What is empty is unset.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Backstage")]
#[group(id = "backstage-args")]
pub struct Args {
    /// URL of the Backstage backend, without /api. Callboard connects to it directly and ignores proxy settings
    #[arg(long = "backstage-url", env = "CALLBOARD_BACKSTAGE_URL", value_name = "URL", value_parser = backend,
        default_value = "", hide_default_value = true)]
    pub url: Given<Url>,

    /// File with the token for the Backstage catalog. Callboard reads it before each request
    #[arg(long = "backstage-token-file", env = "CALLBOARD_BACKSTAGE_TOKEN_FILE", value_name = "FILE", value_parser = file,
        default_value = "", hide_default_value = true)]
    pub token_file: Given<PathBuf>,

    /// The token itself, if there is no token file. Set it as a variable, not as an argument
    #[arg(long = "backstage-token", env = "CALLBOARD_BACKSTAGE_TOKEN", value_name = "TOKEN", hide_env_values = true,
        value_parser = FromEnvironment, default_value = "", hide_default_value = true)]
    pub token: Given<Token>,

    /// URL of the bucket as Backstage sees it, with the bucket in the path (on AWS without s3ForcePathStyle: in the
    /// host). Default: the URL of the store and the bucket
    #[arg(long = "backstage-bucket-url", env = "CALLBOARD_BACKSTAGE_BUCKET_URL", value_name = "URL", value_parser = url,
        default_value = "", hide_default_value = true)]
    pub bucket_url: Given<Url>,

    /// Name of the provider below catalog.providers.awsS3 in app-config, or `default` if it has no name
    #[arg(long = "backstage-provider", env = "CALLBOARD_BACKSTAGE_PROVIDER", value_name = "NAME", value_parser = provider,
        default_value = PROVIDER)]
    pub provider: String,

    /// PEM file of additional certificate authorities to trust for Backstage
    #[arg(id = "backstage-ca-bundle", long = "backstage-ca-bundle", env = "CALLBOARD_BACKSTAGE_CA_BUNDLE", value_name = "FILE", value_parser = ca_bundle,
        default_value = "", hide_default_value = true)]
    pub ca_bundle: Given<CaBundle>,
}

impl Args {
    /// Where the token is. That a file is not there yet is no error: the Secret may come later.
    pub(crate) fn source(&self) -> anyhow::Result<TokenSource> {
        let source = TokenSource { file: self.token_file.clone(), environment: self.token.clone() };
        let is_given = source.file.is_some() || source.environment.is_some();
        ensure!(is_given, "CALLBOARD_BACKSTAGE_URL is set, but no token: set CALLBOARD_BACKSTAGE_TOKEN_FILE");
        Ok(source)
    }

    /// The bucket's URL as Backstage sees it; `ours` is the one as we see it.
    pub(crate) fn bucket(&self, ours: Option<&Url>) -> anyhow::Result<Url> {
        let bucket = self.bucket_url.clone().or_else(|| ours.cloned());
        bucket.context(
            "CALLBOARD_BACKSTAGE_URL is set, but not how it sees the bucket: set CALLBOARD_BACKSTAGE_BUCKET_URL",
        )
    }
}

fn given<T>(text: &str, parse: impl FnOnce(&str) -> Result<T, String>) -> Result<Option<T>, String> {
    match text.trim() {
        "" => Ok(None),
        text => parse(text).map(Some),
    }
}

fn url(text: &str) -> Result<Option<Url>, String> {
    given(text, |text| {
        let url: Url = text.parse().map_err(|error| format!("not a valid URL: {error}"))?;
        if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
            return Err("not an http or https URL".to_owned());
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err("a URL with a user is not allowed".to_owned());
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err("a URL with a query or a fragment is not allowed".to_owned());
        }
        Ok(url)
    })
}

fn backend(text: &str) -> Result<Option<Url>, String> {
    match url(text)? {
        Some(url) if url.path().trim_end_matches('/').ends_with("/api") => Err("give it without /api".to_owned()),
        url => Ok(url),
    }
}

fn file(text: &str) -> Result<Option<PathBuf>, String> {
    given(text, |text| Ok(text.into()))
}

fn ca_bundle(text: &str) -> Result<Option<CaBundle>, String> {
    given(text, str::parse)
}

fn provider(text: &str) -> Result<String, String> {
    Ok(given(text, |text| Ok(text.to_owned()))?.unwrap_or_else(|| PROVIDER.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::{CommandFactory, Parser};

    #[derive(Debug, Parser)]
    struct Cli {
        #[command(flatten)]
        backstage: Args,
    }

    fn parsed(flags: &[&str]) -> Result<Args, String> {
        let cli = Cli::try_parse_from([&["callboard"], flags].concat());
        cli.map(|cli| cli.backstage).map_err(|error| error.to_string())
    }

    #[test]
    fn what_is_empty_is_unset() {
        let empty = ["url", "token-file", "bucket-url", "provider", "ca-bundle"].map(|it| format!("--backstage-{it}="));
        for flags in [vec![], empty.iter().map(String::as_str).collect()] {
            let args = parsed(&flags).unwrap();
            assert!(args.url.is_none() && args.token_file.is_none() && args.token.is_none(), "{args:?}");
            assert!(args.bucket_url.is_none() && args.ca_bundle.is_none() && args.provider == "callboard", "{args:?}");
        }
    }

    #[test]
    fn only_a_url_that_can_be_called_is_taken() {
        assert!(url("http://backstage.backstage.svc:7007").is_ok() && backend("https://x.org/backstage/").is_ok());
        for (bad, says) in [
            ("backstage", "not a valid URL"),
            ("backstage:7007", "not an http"),
            ("ftp://backstage", "not an http"),
            ("http://me:secret@backstage", "user"),
            ("http://me@backstage", "user"),
            ("http://backstage?token=x", "query"),
            ("http://backstage#x", "fragment"),
            ("http://backstage/api/", "without /api"),
        ] {
            let refused = backend(bad).unwrap_err();
            assert!(refused.contains(says), "{bad}: {refused}");
        }
    }

    #[test]
    fn a_token_is_taken_from_the_environment_alone_and_not_shown() {
        let refused = parsed(&["--backstage-token", "geheim"]).unwrap_err();
        assert!(refused.contains("command line") && !refused.contains("geheim"), "{refused}");
        let token =
            Cli::command().get_arguments().find(|it| it.get_long() == Some("backstage-token")).cloned().unwrap();
        assert!(token.is_hide_env_values_set());
        let args = Args { token: Token::new("geheim").unwrap(), ..parsed(&[]).unwrap() };
        assert!(!format!("{args:?}").contains("geheim"));
    }
}
