//! What the platform engineer decides about entities.

mod annotation_keys;
mod component_namespace;
mod invalid;
mod request_kinds;
mod source_url;

pub use annotation_keys::AnnotationKeys;
pub use component_namespace::ComponentNamespace;
pub use invalid::InvalidSetting;
pub use request_kinds::{RequestKind, RequestKinds};
pub use source_url::SourceUrl;

use crate::{entity::EntityRef, naming::Layout};

/// The settings of the catalog; the binary reads them from arguments and environment.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Where Callboard's bucket objects are in the bucket.
    pub layout: Layout,
    /// The owner of what names no owner.
    pub owner: EntityRef,
    /// The System of what names no system.
    pub system: Option<EntityRef>,
    /// JSON pointers into the object at which there may be an owner.
    pub owner_paths: Vec<String>,
    /// Annotations that entities take over from their objects, in addition to those of Knative and Backstage.
    pub annotations: Vec<AnnotationKeys>,
    /// Where the object can be looked at.
    pub source_url: Option<SourceUrl>,
    /// What is known about kinds of resource requests.
    pub kinds: RequestKinds,
    /// Which objects are cataloged.
    pub selection: Selection,
    /// The namespace of third-party Components of which only a `backstage.io/kubernetes-id` is known.
    pub component_namespace: ComponentNamespace,
    /// How the API of an EventType is defined.
    pub event_types: EventTypes,
    /// Whether what Knative creates for its own use is cataloged, such as the Channel behind a Broker.
    pub internals: Internals,
}

/// How the API of an EventType is defined.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum EventTypes {
    /// `spec.type: asyncapi` with a document of AsyncAPI 3.0.0, which Backstage renders.
    #[default]
    AsyncApi,
    /// `spec.type: eventType` with the schema as it is, as Knative's Event Mesh plugin has it.
    EventType,
}

/// Whether objects that Knative creates for its own use are cataloged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Internals {
    /// They have no entity.
    #[default]
    Hidden,
    /// They are cataloged as those of users are.
    Shown,
}

/// Which objects are cataloged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Selection {
    /// All, except those that opt out.
    #[default]
    All,
    /// Only those that opt in.
    OptIn,
}

impl Settings {
    /// The defaults for a layout and an owner.
    pub fn new(layout: Layout, owner: EntityRef) -> Self {
        Self {
            layout,
            owner,
            system: None,
            owner_paths: Vec::new(),
            annotations: Vec::new(),
            source_url: None,
            kinds: RequestKinds::default(),
            selection: Selection::default(),
            component_namespace: ComponentNamespace::default(),
            event_types: EventTypes::default(),
            internals: Internals::default(),
        }
    }

    /// Whether entities take over an annotation of this key.
    pub(crate) fn takes_annotation(&self, key: &str) -> bool {
        self.annotations.iter().any(|keys| keys.has(key))
    }
}
