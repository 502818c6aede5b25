//! TLS of a client.

use crate::CaBundle;
use rustls::{ClientConfig, RootCertStore, crypto::ring};
use std::sync::Arc;

/// TLS that trusts the bundle and, for an `https` URL, the system's authorities.
///
/// An image from scratch has no authorities; the bundle is enough then.
///
/// # Errors
/// If TLS cannot be set up.
pub fn client_config(scheme: &str, bundle: Option<&CaBundle>) -> Result<ClientConfig, rustls::Error> {
    let mut roots = bundle.map_or_else(RootCertStore::empty, |bundle| bundle.roots().clone());
    if scheme == "https" {
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    }
    let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
    Ok(builder.with_safe_default_protocol_versions()?.with_root_certificates(roots).with_no_client_auth())
}
