//! What the bucket held at a key when this process last saw it.

use events::Version;

/// What the bucket held at a key.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub(crate) enum Held {
    /// Nothing, as far as is known.
    #[default]
    Nothing,
    /// No object, but a tombstone.
    Tombstone,
    /// An object with this metadata.
    Object {
        /// The version of the source.
        version: Version,
        /// Hex SHA-256 of the bytes.
        sha256: String,
    },
}

impl Held {
    /// A deletion without a version leaves no tombstone that counts.
    pub(crate) fn after_deletion_of(version: &Version) -> Self {
        if version.order().is_some() { Self::Tombstone } else { Self::Nothing }
    }
}
