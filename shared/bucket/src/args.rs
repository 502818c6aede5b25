//! Where the bucket is.

use crate::Honours;
use trust::CaBundle;

/// Arguments of the bucket. Credentials, region and endpoint are the AWS SDK's own: `AWS_*`, its profiles, web identity,
/// Pod Identity.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Bucket")]
#[group(id = "bucket-args")]
pub struct Args {
    /// Name of the bucket that Backstage reads
    #[arg(long, env = "CALLBOARD_BUCKET", value_name = "CALLBOARD_BUCKET", value_parser = name)]
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

    /// What is wrong with the URL of the store, and the right one, if it names the bucket as well. Its requests would write
    /// to other keys, or to another bucket.
    pub fn misplaced(&self) -> Option<(String, String)> {
        let endpoint = self.endpoint()?.trim_end_matches('/');
        let store = endpoint.strip_suffix(&self.bucket)?.strip_suffix('/')?;
        url::Url::parse(store).ok().filter(url::Url::has_host)?;
        Some((
            format!("{endpoint} ends with the name of the bucket: give the URL of the store alone"),
            store.to_owned(),
        ))
    }

    /// What is known of the store's conditional writes.
    pub fn honours(&self) -> Honours {
        if self.unconditional { Honours::Nothing } else { Honours::Unknown }
    }
}

/// A name as AWS has it, or had it, and other stores still do.
fn name(text: &str) -> Result<String, String> {
    let allowed = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_');
    if (3..=255).contains(&text.len()) && text.bytes().all(allowed) {
        return Ok(text.to_owned());
    }
    match text.split_once("://").and_then(|(_, rest)| rest.split('/').next()) {
        Some(name) if name.bytes().all(allowed) && !name.is_empty() => Err(format!("give the name alone: {name}")),
        _ => Err("not a name of a bucket, which has 3 to 63 lower-case letters, digits, '.' and '-'".to_owned()),
    }
}

fn endpoint(text: &str) -> Result<String, String> {
    match url::Url::parse(text) {
        // A ConfigMap's key that has to be there may say nothing.
        _ if text.is_empty() => Ok(String::new()),
        Ok(url) if !url.username().is_empty() || url.password().is_some() => {
            Err("a URL with a user is not allowed".into())
        }
        Ok(url) if url.query().is_some() || url.fragment().is_some() => {
            Err("a URL with a query or a fragment is not allowed".into())
        }
        Ok(url) if matches!(url.scheme(), "http" | "https") && url.has_host() => Ok(text.to_owned()),
        Ok(_) => Err("not an http or https URL".into()),
        Err(error) => Err(format!("not a valid URL: {error}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_can_be_a_bucket_is_one() {
        for taken in ["catalog", "my.catalog-1", "Legacy_Bucket", "abc"] {
            assert_eq!(name(taken).as_deref(), Ok(taken));
        }
        for (refused, why) in [
            ("s3://catalog", "give the name alone: catalog"),
            ("s3://catalog/entities", "give the name alone: catalog"),
            ("https://x/y", "give the name alone: x"),
            ("", "not a name"),
            ("ab", "not a name"),
            ("a/b/c", "not a name"),
            ("a bucket", "not a name"),
            ("s3://", "not a name"),
        ] {
            let said = name(refused).unwrap_err();
            assert!(said.contains(why), "{refused}: {said}");
        }
    }

    #[test]
    fn only_a_url_without_a_secret_is_a_store() {
        for url in ["", "http://minio:9000", "https://x.example/storage/v1/s3"] {
            assert_eq!(endpoint(url).as_deref(), Ok(url));
        }
        for url in ["minio:9000", "s3://catalog", "http://key:secret@minio:9000", "http://minio?x", "http://minio#x"] {
            let said = endpoint(url).unwrap_err();
            assert!(!said.contains("secret"), "{said}");
        }
    }

    #[test]
    fn the_url_of_a_store_does_not_name_the_bucket() {
        let args = |endpoint: &str| Args {
            bucket: "catalog".into(),
            endpoint: Some(endpoint.into()),
            path_style: None,
            ca_bundle: None,
            unconditional: false,
        };
        for endpoint in ["http://minio:9000/catalog", "http://minio:9000/catalog/"] {
            assert_eq!(args(endpoint).misplaced().unwrap().1, "http://minio:9000");
        }
        for endpoint in ["http://minio:9000", "http://catalog", "http://x/other-catalog", "http://x/storage/v1/s3", ""]
        {
            assert_eq!(args(endpoint).misplaced(), None, "{endpoint}");
        }
    }
}
