//! The identity of an object, without a version. Cheap to share.

use events::ObjectRef;
use std::{
    cmp::Ordering,
    fmt,
    hash::{DefaultHasher, Hash, Hasher},
    ops::Deref,
    sync::Arc,
};

/// The identity of an object of the event mesh, whatever version names it. Cheap to clone, hash and compare.
#[derive(Debug, Clone)]
pub struct Id(Arc<Hashed>);

#[derive(Debug)]
struct Hashed {
    object: ObjectRef,
    hash: u64,
}

impl Id {
    /// The identity of what this reference names.
    pub fn of(object: &ObjectRef) -> Self {
        let object = object.unversioned();
        let mut hasher = DefaultHasher::new();
        object.hash(&mut hasher);
        Self(Arc::new(Hashed { object, hash: hasher.finish() }))
    }

    /// The Namespace of that name; `None` if no Namespace can have it.
    pub(super) fn of_namespace(name: &str) -> Option<Self> {
        Some(Self::of(&ObjectRef::new("v1", "Namespace", None, name).ok()?))
    }
}

impl PartialEq for Id {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || self.0.hash == other.0.hash && self.0.object == other.0.object
    }
}

impl Eq for Id {}

impl Hash for Id {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        hasher.write_u64(self.0.hash);
    }
}

impl Ord for Id {
    fn cmp(&self, other: &Self) -> Ordering {
        if Arc::ptr_eq(&self.0, &other.0) { Ordering::Equal } else { self.0.object.cmp(&other.0.object) }
    }
}

impl PartialOrd for Id {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Deref for Id {
    type Target = ObjectRef;

    fn deref(&self) -> &ObjectRef {
        &self.0.object
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.object.fmt(f)
    }
}
