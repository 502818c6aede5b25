//! Where the bucket is.

use crate::Honours;
use clap::builder::NonEmptyStringValueParser;
use trust::CaBundle;

/// Arguments of the bucket. Credentials, region and endpoint are the AWS SDK's own: `AWS_*`, its profiles, web identity,
/// Pod Identity.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Bucket")]
#[group(id = "bucket-args")]
pub struct Args {
    /// Name of the bucket that Backstage reads
    #[arg(long, env = "CALLBOARD_BUCKET", value_name = "CALLBOARD_BUCKET", value_parser = NonEmptyStringValueParser::new())]
    pub bucket: String,

    /// URL of an S3-compatible store. Leave it unset or empty for AWS
    #[arg(long, env = "AWS_ENDPOINT_URL_S3", value_name = "URL", value_parser = endpoint)]
    pub endpoint: Option<String>,

    /// Put the bucket name into the path of the URL, not into the host. Default: true if an endpoint is set
    #[arg(long, env = "CALLBOARD_PATH_STYLE", value_name = "BOOL")]
    pub path_style: Option<bool>,

    /// PEM file of additional certificate authorities to trust for the store
    #[arg(long, env = "AWS_CA_BUNDLE", value_name = "FILE")]
    pub ca_bundle: Option<CaBundle>,

    /// Write without conditional requests, for a store that ignores them. Then only one process may write
    #[arg(long, env = "CALLBOARD_UNCONDITIONAL", default_value_t = false, action = clap::ArgAction::Set, value_name = "BOOL")]
    pub unconditional: bool,
}

impl Args {
    /// The URL of the store; `None`: AWS.
    pub fn endpoint(&self) -> Option<&str> {
        self.endpoint.as_deref().filter(|endpoint| !endpoint.is_empty())
    }

    /// The URL of the bucket, with the bucket in the path; `None`: AWS.
    ///
    /// # Errors
    /// If the bucket's name makes no URL.
    pub fn url(&self) -> Result<Option<url::Url>, url::ParseError> {
        let url = |endpoint: &str| url::Url::parse(&format!("{}/{}", endpoint.trim_end_matches('/'), self.bucket));
        self.endpoint().map(url).transpose()
    }

    /// What is known of the store's conditional writes.
    pub fn honours(&self) -> Honours {
        if self.unconditional { Honours::Nothing } else { Honours::Unknown }
    }
}

fn endpoint(text: &str) -> Result<String, String> {
    match url::Url::parse(text) {
        // A ConfigMap's key that has to be there may say nothing.
        _ if text.is_empty() => Ok(String::new()),
        Ok(url) if matches!(url.scheme(), "http" | "https") && url.has_host() => Ok(text.to_owned()),
        Ok(_) => Err("not an http or https URL".into()),
        Err(error) => Err(format!("not a valid URL: {error}")),
    }
}
