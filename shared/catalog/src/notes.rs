//! What was noticed while entities were made: what had to be omitted, and which overrides are not valid.

use crate::entity::EntityRef;
use events::{InvalidOverride, Omitted};
use std::{collections::BTreeSet, fmt::Display};

/// What is noticed while entities are made.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Notes {
    pub(crate) omitted: BTreeSet<Omitted>,
    pub(crate) invalid_overrides: BTreeSet<InvalidOverride>,
}

impl Notes {
    /// An entity, or a part of it, that cannot be made.
    pub fn omit(&mut self, entity: &EntityRef, reason: &dyn Display) {
        self.omitted.insert(Omitted { entity: entity.to_string(), reason: reason.to_string() });
    }

    /// An override, or another field, that is not valid and is not applied.
    pub fn invalid(&mut self, field: &str, reason: impl Into<String>) {
        self.invalid_overrides.insert(InvalidOverride { field: field.to_owned(), reason: reason.into() });
    }
}
