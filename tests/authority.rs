//! A private certificate authority. The tests of several crates share this file.

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use tokio_rustls::rustls::ServerConfig;

/// The certificate of a new authority as PEM, and TLS with a certificate of it for a server at 127.0.0.1.
pub(crate) fn certified() -> (String, ServerConfig) {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = Issuer::new(params.clone(), KeyPair::generate().unwrap());
    let pem = params.self_signed(authority.key()).unwrap().pem();
    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new(["127.0.0.1".to_owned()]).unwrap();
    let certificate = params.signed_by(&key, &authority).unwrap();
    let config = ServerConfig::builder().with_no_client_auth();
    (pem, config.with_single_cert(vec![certificate.into()], key.into()).unwrap())
}
