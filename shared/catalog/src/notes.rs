//! What was noticed while entities were made: what had to be omitted, and which overrides are not valid.

use crate::{
    entity::EntityRef,
    overrides::not_secret::ADVICE,
    secret::{LeftOut, masked},
};
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
        self.omitted.insert(Omitted { entity: entity.to_string(), reason: masked(&reason.to_string()).into_owned() });
    }

    /// Parts of an entity that are not shown as they were written.
    pub(crate) fn leave_out(&mut self, entity: &EntityRef, left_out: &LeftOut) {
        let LeftOut { secrets, leading } = left_out;
        if !secrets.is_empty() {
            self.omit(entity, &format!("may be secrets: {}. {ADVICE}", listed(secrets)));
        }
        if !leading.is_empty() {
            let why = "have images, HTML, or links to something else than web pages, so they are plain text";
            self.omit(entity, &format!("{why}: {}", listed(leading)));
        }
    }

    /// An override, or another field, that is not valid and is not applied.
    pub fn invalid(&mut self, field: &str, reason: impl Into<String>) {
        let reason = masked(&reason.into()).into_owned();
        self.invalid_overrides.insert(InvalidOverride { field: field.to_owned(), reason });
    }
}

/// The most places that a note names.
const MAX: usize = 10;

/// Places, cut.
pub(crate) fn listed(places: &[String]) -> String {
    let more = places.len().saturating_sub(MAX);
    let named = places.iter().take(MAX).map(|place| place.chars().take(200).collect::<String>());
    let named = named.collect::<Vec<_>>().join(", ");
    if more == 0 { named } else { format!("{named} and {more} more") }
}
