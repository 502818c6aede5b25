//! The System of a Namespace.

use super::subject::Subject;
use crate::{
    entity::{Entity, Spec, SystemSpec},
    settings::Settings,
};

/// The System of a Namespace.
pub(super) fn system(subject: Subject<'_>, settings: &Settings) -> Entity {
    let metadata = subject.metadata(settings);
    Entity::new(metadata, Spec::System(SystemSpec { owner: subject.ownership.owner }))
}
