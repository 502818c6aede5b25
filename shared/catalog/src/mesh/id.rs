//! Which object: the identity without a version, cheap to share.

use events::ObjectRef;
use std::{fmt, ops::Deref, sync::Arc};

/// The identity of an object of the event mesh, whatever version names it. Cheap to clone.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Id(Arc<ObjectRef>);

impl Id {
    /// The identity of what this reference names.
    pub fn of(object: &ObjectRef) -> Self {
        Self(Arc::new(object.unversioned()))
    }

    /// The Namespace of that name; `None` where no Namespace can have it.
    pub(super) fn of_namespace(name: &str) -> Option<Self> {
        Some(Self::of(&ObjectRef::new("v1", "Namespace", None, name).ok()?))
    }
}

impl Deref for Id {
    type Target = ObjectRef;

    fn deref(&self) -> &ObjectRef {
        &self.0
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
