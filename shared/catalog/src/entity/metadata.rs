//! `metadata` of an entity.

use super::{
    name::{EntityName, EntityNamespace},
    yaml,
};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

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
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "yaml::optional_text")]
    pub description: Option<String>,
    /// Short values to filter by.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
    /// What plugins read.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", serialize_with = "yaml::texts")]
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
    /// A word to distinguish links.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub ty: Option<String>,
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
