//! What the metadata of a bucket object says.

use super::{Held, Outcome};
use crate::Head;
use catalog::Descriptor;
use events::Version;
use std::collections::BTreeMap;

/// A bucket object that Callboard wrote, as HEAD shows it. The fields of any other object are empty.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Stored {
    pub(crate) etag: String,
    /// The kind of the source, in its real case; empty if an older Callboard wrote it.
    pub(crate) kind: String,
    /// The version of the source it was made from.
    pub(crate) version: Version,
    /// Hex SHA-256 of its bytes.
    pub(crate) sha256: String,
    /// The hash of the event that led to it.
    pub(crate) cause: String,
    /// What writing it did.
    pub(crate) outcome: Outcome,
}

impl From<Head> for Stored {
    fn from(mut head: Head) -> Self {
        let mut take = |key| head.metadata.remove(key).unwrap_or_default();
        Self {
            kind: take("kind"),
            version: Version { uid: take("uid"), resource_version: take("resource-version") },
            sha256: take("sha256"),
            cause: take("cause"),
            outcome: Outcome::decode(&take("outcome")),
            etag: head.etag,
        }
    }
}

impl Stored {
    /// Whether its metadata names these bytes and this uid of the source.
    pub(crate) fn matches(&self, wanted: &Descriptor, version: &Version) -> bool {
        self.sha256 == wanted.sha256() && self.version.uid == version.uid
    }

    /// Whether Callboard wrote it.
    pub(crate) fn is_managed(&self) -> bool {
        !self.sha256.is_empty() && !self.cause.is_empty()
    }

    pub(crate) fn held(&self) -> Held {
        Held::Object { version: self.version.clone(), sha256: self.sha256.clone() }
    }

    /// The metadata to write with the object.
    pub(crate) fn metadata(&self) -> BTreeMap<String, String> {
        let fields = [
            ("kind", self.kind.clone()),
            ("uid", self.version.uid.clone()),
            ("resource-version", self.version.resource_version.clone()),
            ("sha256", self.sha256.clone()),
            ("cause", self.cause.clone()),
            ("outcome", self.outcome.encode()),
        ];
        fields.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
    }
}
