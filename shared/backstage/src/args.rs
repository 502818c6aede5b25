//! Where Backstage is, and how it sees the bucket.

use std::path::PathBuf;
use url::Url;

/// Arguments of Backstage.
#[derive(Debug, Clone, clap::Args)]
#[group(id = "backstage-args")]
pub struct Args {
    /// URL of Backstage's backend, without /api
    #[arg(long = "backstage-url", env = "CALLBOARD_BACKSTAGE_URL", value_name = "URL")]
    pub url: Option<Url>,
    /// File with the token for Backstage's catalog, read anew each time
    #[arg(long = "backstage-token-file", env = "CALLBOARD_BACKSTAGE_TOKEN_FILE", value_name = "FILE")]
    pub token_file: Option<PathBuf>,
    /// The bucket's URL as Backstage sees it, with the bucket in the path; unset: the store's URL and the bucket
    #[arg(long = "backstage-bucket-url", env = "CALLBOARD_BACKSTAGE_BUCKET_URL", value_name = "URL")]
    pub bucket_url: Option<Url>,
    /// The name below catalog.providers.awsS3 in Backstage's configuration
    #[arg(long = "backstage-provider", env = "CALLBOARD_BACKSTAGE_PROVIDER", default_value = "callboard")]
    pub provider: String,
}
