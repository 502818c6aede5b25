//! What a SinkBinding tells a function about where its own events go.

use crate::{CaCerts, Overrides};
use http::Uri;
use std::path::PathBuf;

/// Where events of our own go, beside replies.
#[derive(clap::Args, Debug, Clone)]
#[group(id = "sink-args")]
pub struct SinkArgs {
    /// URL to which events are posted that are no replies; a SinkBinding sets it; unset: they are not sent
    #[arg(long, env = "K_SINK", value_name = "URL", value_parser = url)]
    pub sink: Option<Uri>,

    /// Extensions to set on these events, {"extensions": {...}}; a SinkBinding sets it
    #[arg(long, env = "K_CE_OVERRIDES", value_name = "JSON")]
    pub sink_overrides: Option<Overrides>,

    /// Certificates (PEM) to trust for that URL, beside those of the system; a SinkBinding sets it
    #[arg(long, env = "K_CA_CERTS", value_name = "PEM", allow_hyphen_values = true)]
    pub sink_ca_certs: Option<CaCerts>,

    /// File with the token to send along, read anew each time; no file: no token
    #[arg(long, env = "CALLBOARD_SINK_TOKEN_FILE", value_name = "FILE", default_value = "/oidc/token")]
    pub sink_token_file: PathBuf,
}

fn url(text: &str) -> Result<Uri, String> {
    let uri: Uri = text.parse().map_err(|error| format!("no URL: {error}"))?;
    match (uri.scheme_str(), uri.authority()) {
        (Some("http" | "https"), Some(authority)) if !authority.as_str().contains('@') => Ok(uri),
        (Some("http" | "https"), Some(_)) => Err("a URL with a user is not taken".to_owned()),
        _ => Err("no http or https URL".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_url_that_can_be_posted_to_is_taken() {
        assert!(url("http://broker-ingress.knative-eventing.svc.cluster.local/callboard/callboard").is_ok());
        for bad in ["", "/path", "broker:80", "ftp://broker", "http://", "http://me:secret@broker/"] {
            assert!(url(bad).is_err(), "{bad}");
        }
    }
}
