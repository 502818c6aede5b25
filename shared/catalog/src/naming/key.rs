//! The key of a bucket object.

use std::{
    cmp::Ordering,
    fmt,
    hash::{Hash, Hasher},
};

/// The key of the one bucket object that a source object owns: a pure function of the source's identity.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    /// `<prefix>/<cluster>`.
    pub(super) root: String,
    /// `<group, or core>/<lower-case kind>/[<namespace>/]<name>`, a name that is too long for one segment in two.
    pub(super) path: String,
    pub(super) kind: RealKind,
}

/// The kind in its real case, if that is known. Kinds that differ in case alone have the same key.
#[derive(Debug, Clone)]
pub(super) struct RealKind(pub(super) Option<String>);

impl Key {
    /// The kind in its real case. `None` if the key is from a listing.
    pub fn kind(&self) -> Option<&str> {
        self.kind.0.as_deref()
    }

    /// The same, of a kind whose real case is not known.
    pub fn of_any_case(self) -> Self {
        Self { kind: RealKind(None), ..self }
    }

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

/// It makes no other key.
impl PartialEq for RealKind {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for RealKind {}

impl PartialOrd for RealKind {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for RealKind {
    fn cmp(&self, _: &Self) -> Ordering {
        Ordering::Equal
    }
}

impl Hash for RealKind {
    fn hash<H: Hasher>(&self, _: &mut H) {}
}
