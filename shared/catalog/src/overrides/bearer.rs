//! What kind of object carries overrides: that decides which have an effect.

/// What kind of object carries overrides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Bearer {
    /// A resource request.
    Request,
    Promise,
    Namespace,
    EventType,
    /// Any other object of the mesh for which Callboard writes a Component.
    Mesh,
    /// An object for which Callboard writes no entity, as its Component is elsewhere, or nowhere.
    Nothing,
}

impl Bearer {
    /// Whether what it says of its Component counts. That of a request counts for the Triggers that deliver to it.
    pub(super) fn may_name_component(self) -> bool {
        matches!(self, Self::Request | Self::Mesh | Self::Nothing)
    }
}
