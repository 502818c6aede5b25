//! Certificates to trust for the sink.

use rustls::RootCertStore;
use rustls::pki_types::{CertificateDer, pem::PemObject};
use std::str::FromStr;

/// The value of `K_CA_CERTS`, each certificate usable; an empty one adds none.
#[derive(Debug, Clone)]
pub struct CaCerts(RootCertStore);

impl CaCerts {
    pub(crate) fn roots(&self) -> RootCertStore {
        self.0.clone()
    }
}

impl FromStr for CaCerts {
    type Err = String;

    fn from_str(pem: &str) -> Result<Self, String> {
        let mut roots = RootCertStore::empty();
        for (n, certificate) in CertificateDer::pem_slice_iter(pem.as_bytes()).enumerate() {
            let certificate = certificate.map_err(|error| format!("no PEM: {error}"))?;
            roots.add(certificate).map_err(|error| format!("certificate {} cannot be used: {error}", n + 1))?;
        }
        if roots.is_empty() && !pem.trim().is_empty() {
            return Err("no certificate in it".to_owned());
        }
        Ok(Self(roots))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_certificate_is_refused_at_start() {
        let refused = |pem: &str| pem.parse::<CaCerts>().unwrap_err();
        assert_eq!(refused("/etc/ca.pem"), "no certificate in it");
        assert!(refused("-----BEGIN CERTIFICATE-----\n!!\n-----END CERTIFICATE-----\n").starts_with("no PEM"));
        assert!(refused("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n").starts_with("certificate 1"));
        assert!("".parse::<CaCerts>().unwrap().roots().is_empty());
    }
}
