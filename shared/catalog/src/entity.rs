//! Backstage's entities, as far as Callboard writes them (`@backstage/catalog-model` 1.10).

mod metadata;
mod name;
mod reference;
pub(crate) mod rules;
mod spec;
pub(crate) mod web_url;
pub(crate) mod yaml;

pub use metadata::{Link, Metadata};
pub use name::{EntityName, EntityNamespace};
pub use reference::{EntityRef, InvalidEntityRef};
pub use spec::{ApiSpec, ComponentSpec, Dependencies, GroupSpec, Ownership, Spec, SystemSpec, TemplateSpec};

use serde::Serialize;

/// One entity. Its apiVersion and kind follow from its spec.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Entity {
    api_version: &'static str,
    kind: &'static str,
    /// What every kind has.
    pub metadata: Metadata,
    /// What the kind has.
    pub spec: Spec,
}

impl Entity {
    /// An entity of the kind that its spec says.
    pub fn new(metadata: Metadata, spec: Spec) -> Self {
        let (api_version, kind) = match spec {
            Spec::Component(_) => ("backstage.io/v1alpha1", "Component"),
            Spec::Api(_) => ("backstage.io/v1alpha1", "API"),
            Spec::Group(_) => ("backstage.io/v1alpha1", "Group"),
            Spec::System(_) => ("backstage.io/v1alpha1", "System"),
            Spec::Template(_) => ("scaffolder.backstage.io/v1beta3", "Template"),
        };
        Self { api_version, kind, metadata, spec }
    }

    /// Its full ref.
    pub fn entity_ref(&self) -> EntityRef {
        EntityRef::new(self.kind, &self.metadata.namespace, &self.metadata.name)
    }
}
