//! Backstage's entities, as far as we write them (`@backstage/catalog-model` 1.10).

mod name;
mod reference;
pub(crate) mod rules;
pub(crate) mod yaml;

pub use name::{EntityName, EntityNamespace};
pub use reference::{EntityRef, InvalidEntityRef};

use serde::Serialize;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

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

/// `metadata` of an entity.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Metadata {
    /// From identity alone.
    pub name: EntityName,
    /// From identity alone.
    pub namespace: EntityNamespace,
    /// What people read instead of the name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// One or more sentences.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Short values to filter by.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
    /// What plugins read.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub annotations: BTreeMap<String, String>,
    /// Words to filter by.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub tags: BTreeSet<String>,
    /// Where to go from here.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub links: BTreeSet<Link>,
}

/// A link of an entity.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Link {
    /// An absolute http or https URL.
    pub url: String,
    /// What people read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// The key of an icon of Backstage.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub icon: Option<String>,
    /// A word to tell links apart.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub ty: Option<String>,
}

/// `spec` of an entity, one variant for each kind that we write.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Spec {
    /// `Component`.
    Component(ComponentSpec),
    /// `API`.
    Api(ApiSpec),
    /// `Template` of the scaffolder.
    Template(TemplateSpec),
    /// `Group`.
    Group(GroupSpec),
    /// `Resource`.
    Resource(ResourceSpec),
    /// `System`.
    System(SystemSpec),
}

/// `spec` of a Component.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ComponentSpec {
    /// Such as `service` or `promise`.
    #[serde(rename = "type")]
    pub ty: String,
    /// Such as `production`.
    pub lifecycle: String,
    /// Who answers for it.
    pub owner: EntityRef,
    /// The System it is part of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub system: Option<EntityRef>,
    /// APIs it provides.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub provides_apis: BTreeSet<EntityRef>,
    /// APIs it consumes.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub consumes_apis: BTreeSet<EntityRef>,
    /// Entities it cannot do without.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub depends_on: BTreeSet<EntityRef>,
    /// Entities that cannot do without it; Backstage's processor reads it though its schema does not name it.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub dependency_of: BTreeSet<EntityRef>,
}

/// `spec` of an API.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ApiSpec {
    /// `openapi` or `asyncapi` have renderers in Backstage.
    #[serde(rename = "type")]
    pub ty: String,
    /// Such as `production`.
    pub lifecycle: String,
    /// Who answers for it.
    pub owner: EntityRef,
    /// The System it is part of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub system: Option<EntityRef>,
    /// The document itself, never empty.
    pub definition: String,
}

/// `spec` of a scaffolder Template.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TemplateSpec {
    /// Such as `service`.
    #[serde(rename = "type")]
    pub ty: String,
    /// Who answers for it.
    pub owner: EntityRef,
    /// The pages of the form, each a JSON Schema.
    pub parameters: Vec<Value>,
    /// The steps, each with an action.
    pub steps: Vec<Value>,
}

/// `spec` of a Group.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct GroupSpec {
    /// Such as `team`.
    #[serde(rename = "type")]
    pub ty: String,
    /// Groups below it.
    pub children: Vec<EntityRef>,
}

/// `spec` of a Resource.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ResourceSpec {
    /// Such as `eventing.knative.dev:Trigger`.
    #[serde(rename = "type")]
    pub ty: String,
    /// Who answers for it.
    pub owner: EntityRef,
    /// The System it is part of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub system: Option<EntityRef>,
    /// Entities it cannot do without.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub depends_on: BTreeSet<EntityRef>,
    /// Entities that cannot do without it; Backstage's processor reads it though its schema does not name it.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub dependency_of: BTreeSet<EntityRef>,
}

/// `spec` of a System.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SystemSpec {
    /// Who answers for it.
    pub owner: EntityRef,
}

impl Entity {
    /// An entity of the kind that its spec says.
    pub fn new(metadata: Metadata, spec: Spec) -> Self {
        let (api_version, kind) = match spec {
            Spec::Component(_) => ("backstage.io/v1alpha1", "Component"),
            Spec::Api(_) => ("backstage.io/v1alpha1", "API"),
            Spec::Group(_) => ("backstage.io/v1alpha1", "Group"),
            Spec::Resource(_) => ("backstage.io/v1alpha1", "Resource"),
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

impl Metadata {
    /// Metadata that says no more than the name.
    pub fn new(namespace: EntityNamespace, name: EntityName) -> Self {
        Self {
            name,
            namespace,
            title: None,
            description: None,
            labels: BTreeMap::new(),
            annotations: BTreeMap::new(),
            tags: BTreeSet::new(),
            links: BTreeSet::new(),
        }
    }
}
