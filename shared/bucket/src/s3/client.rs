//! The AWS SDK's client, set up for small objects and a Broker that waits.

use crate::Args;
use aws_config::{
    BehaviorVersion, environment::EnvironmentVariableRegionProvider, meta::region::RegionProviderChain,
    profile::ProfileFileRegionProvider,
};
use aws_sdk_s3::{
    Client,
    config::{
        Credentials, RequestChecksumCalculation, ResponseChecksumValidation, SharedHttpClient,
        StalledStreamProtectionConfig, retry::RetryConfig, timeout::TimeoutConfig,
    },
};
use aws_smithy_http_client::{
    Builder,
    tls::{Provider, TlsContext, TrustStore, rustls_provider::CryptoMode},
};
use std::time::Duration;
use trust::CaBundle;

/// The SDK's own tries of one call, in addition to those of the protocol and of the Broker.
const ATTEMPTS: u32 = 3;

/// A client with these credentials, otherwise with the SDK's whole chain of them. Nothing is called yet.
pub(crate) async fn connect(args: &Args, credentials: Option<&Credentials>) -> Result<Client, String> {
    let http = http(args.ca_bundle.as_ref())?;
    let region = RegionProviderChain::first_try(EnvironmentVariableRegionProvider::new())
        .or_else(ProfileFileRegionProvider::new())
        .or_else("us-east-1");
    let mut shared = aws_config::defaults(BehaviorVersion::latest()).http_client(http).region(region);
    if let Some(credentials) = credentials {
        shared = shared.credentials_provider(credentials.clone());
    }
    let shared = shared.load().await;
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(Duration::from_secs(2))
        .operation_attempt_timeout(Duration::from_secs(5))
        .operation_timeout(Duration::from_secs(12));
    let retries = RetryConfig::standard().with_max_attempts(ATTEMPTS).with_initial_backoff(Duration::from_millis(100));
    let mut config = aws_sdk_s3::config::Builder::from(&shared)
        .timeout_config(timeouts.build())
        .retry_config(retries)
        .request_checksum_calculation(RequestChecksumCalculation::WhenRequired)
        .response_checksum_validation(ResponseChecksumValidation::WhenRequired)
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled());
    let endpoint = args.endpoint().map(str::to_owned).or_else(|| shared.endpoint_url().map(str::to_owned));
    config = config.force_path_style(args.path_style.unwrap_or(endpoint.is_some()));
    // Otherwise the SDK reads the variable itself, also if it is empty.
    if endpoint.is_some() || args.endpoint.is_some() {
        config.set_endpoint_url(endpoint);
    }
    Ok(Client::from_conf(config.build()))
}

fn http(ca_bundle: Option<&CaBundle>) -> Result<SharedHttpClient, String> {
    let trust = TrustStore::default();
    let trust = ca_bundle.into_iter().fold(trust, |trust, bundle| trust.with_pem_certificate(bundle.pem()));
    let tls = TlsContext::builder().with_trust_store(trust).build();
    let tls = tls.map_err(|error| format!("failed to set up TLS: {error}"))?;
    Ok(Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring)).tls_context(tls).build_https())
}
