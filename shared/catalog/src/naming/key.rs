//! The key of a bucket object.

use std::fmt;

/// The key of the one bucket object that a source object owns: a pure function of the source's identity.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    /// `<prefix>/<cluster>`.
    pub(super) root: String,
    /// `<group, or core>/<lower-case kind>/[<namespace>/]<name>`.
    pub(super) path: String,
}

impl Key {
    /// The key of the tombstone that a deletion of the source object leaves.
    pub fn tombstone(&self) -> String {
        format!("state/{}/tombstones/{}.json", self.root, self.path)
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}.yaml", self.root, self.path)
    }
}
