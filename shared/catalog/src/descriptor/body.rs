//! The content of one bucket object.

use crate::entity::{
    Entity, EntityRef,
    yaml::{self, NotYaml},
};
use events::Object;
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;

/// The content of one bucket object: a multi-document YAML of all entities of one source object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Descriptor {
    entities: Vec<EntityRef>,
    body: String,
    sha256: String,
}

impl Descriptor {
    /// The refs of its entities, sorted.
    pub fn entities(&self) -> &[EntityRef] {
        &self.entities
    }

    /// The YAML.
    pub fn body(&self) -> &str {
        &self.body
    }

    /// Hex SHA-256 of the YAML.
    pub fn sha256(&self) -> &str {
        &self.sha256
    }

    /// The same without these entities; `None` if no entity is left. Each document is one entity, and the first line is
    /// of none.
    pub(super) fn without(&self, entities: &BTreeSet<EntityRef>) -> Option<Self> {
        let mut documents = self.body.trim_end_matches('\n').split("\n---\n");
        let mut body = documents.next().unwrap_or_default().to_owned();
        let mut kept = Vec::new();
        for (entity, document) in self.entities.iter().zip(documents).filter(|(entity, _)| !entities.contains(entity)) {
            body.push_str("\n---\n");
            body.push_str(document);
            kept.push(entity.clone());
        }
        body.push('\n');
        let sha256 = hex::encode(Sha256::digest(&body));
        (!kept.is_empty()).then_some(Self { entities: kept, body, sha256 })
    }
}

/// The first line names the source and its uid. An object that was deleted and created again never has the same bytes,
/// and so never the same ETag, by which S3 knows what a conditional call would overwrite.
pub(super) fn written(source: &Object, entities: &[Entity]) -> Result<Option<Descriptor>, (EntityRef, NotYaml)> {
    let mut body = format!("{}\n", format!("# {} {}", source.reference(), source.version().uid).trim_end());
    for entity in entities {
        body.push_str("---\n");
        body.push_str(&yaml::written(entity).map_err(|why| (entity.entity_ref(), why))?);
    }
    let sha256 = hex::encode(Sha256::digest(&body));
    let entities: Vec<_> = entities.iter().map(Entity::entity_ref).collect();
    Ok((!entities.is_empty()).then_some(Descriptor { entities, body, sha256 }))
}
