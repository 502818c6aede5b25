//! Certificates to trust for Backstage.

use rustls::{
    RootCertStore,
    pki_types::{CertificateDer, pem::PemObject},
};
use std::{fs, str::FromStr};

/// The certificates of a file (PEM), each of them usable.
#[derive(Debug, Clone)]
pub struct CaBundle(RootCertStore);

impl CaBundle {
    pub(crate) fn roots(&self) -> RootCertStore {
        self.0.clone()
    }
}

impl FromStr for CaBundle {
    type Err = String;

    fn from_str(file: &str) -> Result<Self, String> {
        let pem = fs::read(file).map_err(|error| format!("failed to read {file}: {error}"))?;
        let mut roots = RootCertStore::empty();
        for (n, certificate) in CertificateDer::pem_slice_iter(&pem).enumerate() {
            let certificate = certificate.map_err(|error| format!("{file} is no PEM: {error}"))?;
            let unusable = |error| format!("certificate {} of {file} cannot be used: {error}", n + 1);
            roots.add(certificate).map_err(unusable)?;
        }
        if roots.is_empty() { Err(format!("{file} holds no certificate")) } else { Ok(Self(roots)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;
    use tempfile::NamedTempFile;

    #[test]
    fn what_is_no_certificate_is_refused_at_start() {
        for (content, says) in [
            ("", "holds no certificate"),
            ("-----BEGIN CERTIFICATE-----\n!!\n-----END CERTIFICATE-----\n", "is no PEM"),
            ("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "certificate 1 of"),
        ] {
            let mut file = NamedTempFile::new().unwrap();
            file.write_all(content.as_bytes()).unwrap();
            let refused = file.path().to_str().unwrap().parse::<CaBundle>().unwrap_err();
            assert!(refused.contains(says), "{refused}");
        }
        assert!("/nowhere/ca.pem".parse::<CaBundle>().unwrap_err().starts_with("failed to read /nowhere/ca.pem: "));
    }
}
