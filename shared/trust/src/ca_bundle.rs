//! Certificates to trust in addition to those of the system.

use crate::file::read;
use rustls::{
    RootCertStore,
    pki_types::{CertificateDer, pem::PemObject},
};
use std::{fmt, path::Path, str::FromStr};

/// The largest file, in KiB, that can be a bundle. All authorities of a system are about 250 KiB.
const MAX_BUNDLE: u64 = 4096;

/// Certificates of a PEM text, each of them usable. The default has none.
#[derive(Clone)]
pub struct CaBundle {
    pem: Vec<u8>,
    roots: RootCertStore,
}

impl CaBundle {
    /// The certificates of a PEM text.
    ///
    /// # Errors
    /// If it is not valid PEM, has no certificate, or has one that cannot be used.
    pub fn from_pem(pem: impl Into<Vec<u8>>) -> Result<Self, String> {
        let (pem, mut roots) = (pem.into(), RootCertStore::empty());
        for (n, certificate) in CertificateDer::pem_slice_iter(&pem).enumerate() {
            let certificate = certificate.map_err(|error| format!("it is not valid PEM: {error}"))?;
            roots.add(certificate).map_err(|error| format!("its certificate {} cannot be used: {error}", n + 1))?;
        }
        if roots.is_empty() { Err("it has no certificate".to_owned()) } else { Ok(Self { pem, roots }) }
    }

    /// The text.
    pub fn pem(&self) -> &[u8] {
        &self.pem
    }

    /// The certificates.
    pub(crate) fn roots(&self) -> &RootCertStore {
        &self.roots
    }
}

impl Default for CaBundle {
    fn default() -> Self {
        Self { pem: Vec::new(), roots: RootCertStore::empty() }
    }
}

impl fmt::Debug for CaBundle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CaBundle({} certificates)", self.roots.len())
    }
}

/// Reads the file of this name.
impl FromStr for CaBundle {
    type Err = String;

    fn from_str(file: &str) -> Result<Self, String> {
        let pem = read(Path::new(file), MAX_BUNDLE).map_err(|error| format!("failed to read {file}: {error}"))?;
        Self::from_pem(pem).map_err(|why| format!("failed to take certificates from {file}: {why}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;
    use tempfile::NamedTempFile;

    #[test]
    fn a_file_without_a_usable_certificate_fails_at_start() {
        for (content, says) in [
            ("", "it has no certificate"),
            ("/etc/ca.pem", "it has no certificate"),
            ("-----BEGIN CERTIFICATE-----\n!!\n-----END CERTIFICATE-----\n", "it is not valid PEM"),
            ("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "its certificate 1 cannot be used"),
        ] {
            let mut file = NamedTempFile::new().unwrap();
            file.write_all(content.as_bytes()).unwrap();
            let name = file.path().to_str().unwrap();
            let error = name.parse::<CaBundle>().unwrap_err();
            assert!(error.contains(says) && error.contains(name), "{error}");
        }
        assert!("/nowhere/ca.pem".parse::<CaBundle>().unwrap_err().starts_with("failed to read /nowhere/ca.pem: "));
    }
}
