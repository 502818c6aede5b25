//! `spec` of an entity: one struct for each kind that Callboard writes.

use super::{reference::EntityRef, yaml};
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeSet;

/// `spec` of an entity, one variant for each kind that Callboard writes.
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
    /// Whose it is.
    #[serde(flatten)]
    pub ownership: Ownership,
    /// APIs it provides.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub provides_apis: BTreeSet<EntityRef>,
    /// APIs it consumes.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub consumes_apis: BTreeSet<EntityRef>,
    /// What it depends on, and what depends on it.
    #[serde(flatten)]
    pub dependencies: Dependencies,
}

/// `spec` of an API.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ApiSpec {
    /// `openapi` or `asyncapi` have renderers in Backstage.
    #[serde(rename = "type")]
    pub ty: String,
    /// Such as `production`.
    pub lifecycle: String,
    /// Whose it is.
    #[serde(flatten)]
    pub ownership: Ownership,
    /// The document itself, never empty.
    #[serde(serialize_with = "yaml::text")]
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
    #[serde(serialize_with = "yaml::trees")]
    pub parameters: Vec<Value>,
    /// The steps, each with an action.
    #[serde(serialize_with = "yaml::trees")]
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

/// `spec` of a System.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SystemSpec {
    /// Who answers for it.
    pub owner: EntityRef,
}

/// Whose an entity is.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Ownership {
    /// Who answers for it.
    pub owner: EntityRef,
    /// The System it is part of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub system: Option<EntityRef>,
}

/// What an entity depends on, and what depends on it.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Dependencies {
    /// Entities it cannot do without.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub depends_on: BTreeSet<EntityRef>,
    /// Entities that cannot do without it; Backstage's processor reads it though its schema does not name it.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub dependency_of: BTreeSet<EntityRef>,
}
