//! What a key in a listing says.

use super::key::Key;

/// What a key in a listing says of its source object. The version of its API and the case of its kind are not in it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Located {
    /// The key itself.
    pub key: Key,
    /// The API group; empty for the core group.
    pub group: String,
    /// The kind, in lower case.
    pub kind: String,
    /// The namespace; `None` for a cluster-scoped object.
    pub namespace: Option<String>,
    /// The name.
    pub name: String,
}
