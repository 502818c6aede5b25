//! The descriptor of an object of the mesh.

use super::{
    api::api, component::component, delivery::delivery, inherited::Inherited, subject::Subject, system::system,
};
use crate::{
    alone::BUG,
    descriptor::Described,
    entity::{EntityRef, Ownership},
    mesh::{
        graph::Graph,
        id::Id,
        object::{
            node::Node,
            relations::Relations,
            role::{Role, Roles},
            summary::{Summary, name_of},
        },
    },
    naming::names::{self, Named},
    notes::Notes,
    overrides::{self, Overrides, bearer::Bearer},
    settings::Settings,
};

/// What an object means for the bucket.
pub(crate) fn described(graph: &Graph, roles: &Roles, settings: &Settings, id: &Id, node: &Node) -> Described {
    let named = name_of(id, node.relations.summary.role, &settings.layout);
    let named = named.unwrap_or_else(|| names::component(&settings.layout, id.kind(), id.namespace(), id.name()));
    let main = named.entity_ref();
    match node.is_failed {
        true => Described::failed(settings.layout.key(id), &main, BUG),
        false => Described::alone(id, &main, settings, || made(graph, roles, settings, id, node)),
    }
}

fn made(graph: &Graph, roles: &Roles, settings: &Settings, id: &Id, node: &Node) -> Described {
    let Some(object) = node.object() else { return Described::empty(settings.layout.key(id)) };
    let mut notes = Notes::default();
    let relations = Relations::of(&object, node.relations.summary.role, roles, settings, &mut notes);
    let Some(named) = named(graph, settings, id, &relations.summary) else {
        let is_wanted = overrides::selection::is_wanted(&object, settings, &mut Notes::default());
        let is_elsewhere = relations.summary.belongs_to().is_some() || relations.summary.role == Role::Workload;
        // Those of a resource request are read by `apps`.
        if is_wanted && is_elsewhere && relations.summary.request.is_none() {
            overrides::effect::note_missing(&object, Bearer::Nothing, &mut notes);
        }
        let absence = relations.summary.absence(&object, settings);
        return Described::nothing(&object, settings, absence, notes);
    };
    let overrides = Overrides::of(&object, bearer(relations.summary.role), &named.namespace, settings, &mut notes);
    let owner = overrides::owner::owner(&object, &overrides, settings, &mut notes);
    let system_ref = overrides.system.clone().or_else(|| system_of(graph, id)).or_else(|| settings.system.clone());
    let ownership = Ownership { owner, system: system_ref };
    let inherited = match relations.summary.role {
        // On a Namespace many tools write.
        Role::Namespace => Inherited::default(),
        _ => Inherited::of(&object, settings),
    };
    inherited.note(&named.entity_ref(), &mut notes);
    let subject = Subject { id, object: &object, relations: &relations, named, overrides, ownership, inherited };
    let entity = match relations.summary.role {
        Role::EventType => api(graph, node, subject, settings, &mut notes),
        Role::Trigger | Role::Subscription => Some(delivery(graph, subject, settings, &mut notes)),
        Role::Namespace => Some(system(graph, subject, settings)),
        _ => Some(component(graph, subject, settings)),
    };
    Described::new(&object, settings, entity.into_iter().collect(), notes)
}

/// What kind of object it is to overrides.
fn bearer(role: Role) -> Bearer {
    match role {
        Role::EventType => Bearer::EventType,
        Role::Namespace => Bearer::Namespace,
        _ => Bearer::Mesh,
    }
}

/// The name of its entity; `None` if it has none. A System exists for the entities in it.
fn named(graph: &Graph, settings: &Settings, id: &Id, summary: &Summary) -> Option<Named> {
    summary.entity.as_ref()?;
    let is_needed = summary.role != Role::Namespace || graph.has_members(id.name());
    name_of(id, summary.role, &settings.layout).filter(|_| is_needed)
}

/// The System of the namespace of an object.
fn system_of(graph: &Graph, id: &Id) -> Option<EntityRef> {
    graph.node(&Id::of_namespace(id.namespace()?)?)?.relations.summary.entity.clone()
}
