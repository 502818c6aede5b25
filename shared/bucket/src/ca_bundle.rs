//! Certificates to trust for the store.

use rustls::{
    RootCertStore,
    pki_types::{CertificateDer, pem::PemObject},
};
use std::{fmt, fs, str::FromStr};

/// The content of a file of certificates (PEM), each of them usable: the SDK's TLS would panic on one that is not.
#[derive(Clone, PartialEq, Eq)]
pub struct CaBundle(Vec<u8>);

impl CaBundle {
    /// The file's content.
    pub(crate) fn pem(&self) -> &[u8] {
        &self.0
    }
}

impl FromStr for CaBundle {
    type Err = String;

    fn from_str(file: &str) -> Result<Self, String> {
        let pem = fs::read(file).map_err(|error| format!("failed to read {file}: {error}"))?;
        let certificates: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&pem).collect();
        let certificates = certificates.map_err(|error| format!("{file} is no PEM: {error}"))?;
        if certificates.is_empty() {
            return Err(format!("{file} holds no certificate"));
        }
        let mut roots = RootCertStore::empty();
        for (n, certificate) in certificates.into_iter().enumerate() {
            roots
                .add(certificate)
                .map_err(|error| format!("certificate {} of {file} cannot be used: {error}", n + 1))?;
        }
        Ok(Self(pem))
    }
}

impl fmt::Debug for CaBundle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CaBundle({} bytes)", self.0.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_certificate_is_refused_at_start() {
        let refused = |content: &str| {
            let file = std::env::temp_dir().join(format!("callboard-ca-{}-{}.pem", std::process::id(), content.len()));
            fs::write(&file, content).unwrap();
            let refused = file.to_str().unwrap().parse::<CaBundle>().unwrap_err();
            fs::remove_file(file).unwrap();
            refused
        };
        assert!(refused("").contains("holds no certificate"));
        assert!(refused("-----BEGIN CERTIFICATE-----\n!!\n-----END CERTIFICATE-----\n").contains("is no PEM"));
        assert!(refused("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n").contains("certificate 1 of"));
        assert!("/nowhere/ca.pem".parse::<CaBundle>().unwrap_err().contains("failed to read"));
    }
}
