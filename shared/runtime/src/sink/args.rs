//! What a SinkBinding says of where the own events of a function go.

use crate::Overrides;
use http::Uri;
use std::path::PathBuf;
use trust::CaBundle;

/// Where Callboard sends its own events, except replies.
#[derive(clap::Args, Debug, Clone)]
#[command(next_help_heading = "Sink")]
#[group(id = "sink-args")]
pub struct SinkArgs {
    /// URL that receives the events which are not replies. A SinkBinding sets it. Unset: Callboard does not send them
    #[arg(long, env = "K_SINK", value_name = "URL", value_parser = url)]
    pub sink: Option<Uri>,

    /// CloudEvents extensions to set on these events, as {"extensions": {...}}. A SinkBinding sets it
    #[arg(long, env = "K_CE_OVERRIDES", value_name = "JSON")]
    pub sink_overrides: Option<Overrides>,

    /// Additional certificate authorities (PEM) to trust for the sink. A SinkBinding sets it
    #[arg(long, env = "K_CA_CERTS", value_name = "PEM", value_parser = ca_certs, allow_hyphen_values = true)]
    pub sink_ca_certs: Option<CaBundle>,

    /// File with the token for the sink. Callboard reads it before each request. Without the file it sends no token
    #[arg(long, env = "CALLBOARD_SINK_TOKEN_FILE", value_name = "FILE", default_value = "/oidc/token")]
    pub sink_token_file: PathBuf,
}

fn url(text: &str) -> Result<Uri, String> {
    let uri: Uri = text.parse().map_err(|error| format!("not a valid URL: {error}"))?;
    match (uri.scheme_str(), uri.authority()) {
        (Some("http" | "https"), Some(authority)) if !authority.as_str().contains('@') => Ok(uri),
        (Some("http" | "https"), Some(_)) => Err("a URL with a user is not allowed".to_owned()),
        _ => Err("not an http or https URL".to_owned()),
    }
}

/// The certificates of the value itself; an empty one adds none.
fn ca_certs(pem: &str) -> Result<CaBundle, String> {
    if pem.trim().is_empty() { Ok(CaBundle::default()) } else { CaBundle::from_pem(pem) }
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

    #[test]
    fn certificates_are_the_value_and_may_be_left_empty() {
        assert!(ca_certs("\n").is_ok());
        assert_eq!(ca_certs("/etc/ca.pem").unwrap_err(), "it has no certificate");
    }
}
