//! The Components to which the mesh leads, and which it does not write.

use super::{Graph, cataloged_as::CatalogedAs};
use crate::{
    entity::EntityRef,
    mesh::{
        id::Id,
        object::{destination::Via, node::Node, role::Role},
    },
};

/// A Component that the mesh does not write, and that an entity of the mesh names.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Outside {
    /// The Trigger, Subscription or source whose entity names it.
    pub by: Id,
    /// The Component.
    pub component: EntityRef,
    /// The object whose annotation `callboard.dev/component` would name another one.
    pub decided_by: Id,
}

impl Graph {
    /// All Components outside of the mesh that consume events or send them, sorted.
    pub(crate) fn outside(&self) -> Vec<Outside> {
        let mut all: Vec<_> = self.iter().filter_map(|(id, known)| self.outside_of(id, &known.it)).collect();
        all.sort();
        all
    }

    fn outside_of(&self, id: &Id, node: &Node) -> Option<Outside> {
        let summary = &node.relations.summary;
        summary.entity.as_ref()?;
        let (component, decided_by) = match summary.role {
            Role::Source => (summary.belongs_to()?.clone(), id),
            Role::Trigger | Role::Subscription => {
                let Some(CatalogedAs::Elsewhere(component)) = self.consumer(id) else { return None };
                let is_its_own = summary.belongs_to() == Some(&component);
                let subscriber = node.relations.to(Via::Subscriber).find_map(|it| it.id()).filter(|_| !is_its_own);
                (component, subscriber.unwrap_or(id))
            }
            _ => return None,
        };
        Some(Outside { by: id.clone(), component, decided_by: decided_by.clone() })
    }
}
