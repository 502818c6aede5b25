//! What Backstage shows of an entity.

use crate::Trouble;
use serde::Deserialize;
use serde_json::Value;

/// What is asked for of an entity.
pub(crate) const FIELDS: [&str; 5] =
    ["kind", "metadata.name", "metadata.namespace", "metadata.annotations.backstage.io/managed-by-location", "status"];

/// An entity that is in the catalog.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(from = "Entity")]
pub struct Seen {
    /// Its full ref, in lower case.
    pub reference: String,
    /// The target of the Location that it is read from (`backstage.io/managed-by-location` without `url:`); empty if it has none.
    pub target: String,
    /// What Backstage says is wrong with it: the errors in its `status.items`.
    pub troubles: Vec<Trouble>,
}

/// An entity that the catalog has never accepted, of the module `unprocessed`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(from = "Unprocessed")]
pub struct Pending {
    /// Its full ref.
    pub reference: String,
    /// The target of the Location that it comes from; empty if it has none.
    pub target: String,
    /// Why; empty while Backstage has not come to it.
    pub troubles: Vec<Trouble>,
}

#[derive(Deserialize)]
struct Entity {
    kind: String,
    metadata: Metadata,
    /// Anyone may write into it.
    #[serde(default)]
    status: Value,
}

#[derive(Deserialize)]
struct Metadata {
    name: String,
    namespace: Option<String>,
    #[serde(default)]
    annotations: Annotations,
}

#[derive(Default, Deserialize)]
struct Annotations {
    #[serde(rename = "backstage.io/managed-by-location")]
    managed_by: Option<String>,
}

/// A row of `refresh_state`, whose `entity_ref` is null. It has an empty text in `errors` before it was processed.
#[derive(Deserialize)]
struct Unprocessed {
    unprocessed_entity: Entity,
    #[serde(default)]
    errors: Value,
}

impl From<Entity> for Seen {
    fn from(entity: Entity) -> Self {
        let metadata = entity.metadata;
        let namespace = metadata.namespace.as_deref().unwrap_or("default");
        let reference = format!("{}:{namespace}/{}", entity.kind, metadata.name).to_lowercase();
        let items = entity.status["items"].as_array().into_iter().flatten();
        let troubles = items.filter(|item| item["level"] == "error").map(Trouble::of_status).collect();
        Self { reference, target: target(metadata.annotations.managed_by.as_deref()), troubles }
    }
}

impl From<Unprocessed> for Pending {
    fn from(row: Unprocessed) -> Self {
        let Seen { reference, target, .. } = row.unprocessed_entity.into();
        let errors = row.errors.as_array().into_iter().flatten();
        Self { reference, target, troubles: errors.map(Trouble::of_error).collect() }
    }
}

fn target(managed_by: Option<&str>) -> String {
    managed_by.and_then(|it| it.strip_prefix("url:")).unwrap_or_default().to_owned()
}
