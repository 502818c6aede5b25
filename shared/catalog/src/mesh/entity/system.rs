//! The System of a Namespace.

use super::subject::Subject;
use crate::{
    entity::{Entity, Spec, SystemSpec},
    mesh::graph::Graph,
    settings::Settings,
};

/// The System of a Namespace.
pub(super) fn system(graph: &Graph, subject: Subject<'_>, settings: &Settings) -> Entity {
    let description = format!("Kubernetes namespace {}", subject.object.reference().name());
    let metadata = subject.metadata(graph, settings, Some(description));
    Entity::new(metadata, Spec::System(SystemSpec { owner: subject.ownership.owner }))
}
