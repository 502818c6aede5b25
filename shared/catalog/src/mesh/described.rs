//! What an object of the event mesh means: its descriptor, from what the whole index knows.

use super::{
    Known, Life, Made, Mesh, copied,
    face::{Face, called},
    id::Id,
    node::Node,
    relations::Relations,
    role::Role,
};
use crate::{
    attributes::Answer,
    descriptor::{Described, metadata},
    entity::{Entity, EntityRef, Metadata, Ownership, Spec, SystemSpec},
    naming::names::Named,
    notes::Notes,
    overrides::{self, Overrides},
    settings::Settings,
    status::{State, links},
};
use events::Object;
use std::collections::BTreeSet;

/// An object with all that is needed to make its entity.
pub(super) struct Subject<'a> {
    pub(super) id: &'a Id,
    pub(super) object: &'a Object,
    pub(super) relations: &'a Relations,
    pub(super) named: Named,
    pub(super) wishes: Overrides,
    pub(super) ownership: Ownership,
}

impl Mesh {
    /// What an object means now.
    pub fn made(&self, id: &Id) -> Made {
        match self.nodes.get(id) {
            Some(Known { it: node, .. }) => {
                Made { described: self.described(id, node), version: node.version.clone(), life: Life::Lives }
            }
            None => {
                let version = self.dead.peek(id).map(|known| known.it.clone()).unwrap_or_default();
                let described = Described::empty(self.settings.layout.key(id));
                Made { described, version, life: Life::Gone }
            }
        }
    }

    fn described(&self, id: &Id, node: &Node) -> Described {
        let settings = &self.settings;
        let Some(object) = node.object() else { return Described::empty(settings.layout.key(id)) };
        let mut notes = Notes::default();
        let relations = Relations::of(&object, node.relations.face.role, &self.roles, settings, &mut notes);
        let Some(named) = self.named(id, &relations.face) else { return Described::nothing(&object, settings, notes) };
        let wishes = Overrides::of(&object, &named.namespace, &mut notes);
        let owner = overrides::owner::owner(&object, &wishes, settings, &mut notes);
        let system = wishes.system.clone().or_else(|| self.system(id)).or_else(|| settings.system.clone());
        let subject = Subject {
            id,
            object: &object,
            relations: &relations,
            named,
            wishes,
            ownership: Ownership { owner, system },
        };
        let entity = match relations.face.role {
            Role::EventType => self.api(subject),
            Role::Trigger | Role::Subscription => Some(self.resource(subject)),
            Role::Namespace => Some(system_of(subject, settings)),
            _ => Some(self.component(subject)),
        };
        Described::new(&object, settings, entity.into_iter().collect(), notes)
    }

    /// What its entity is called; `None` where it has none. A System is there for those who are in it.
    fn named(&self, id: &Id, face: &Face) -> Option<Named> {
        face.entity.as_ref()?;
        let is_needed = face.role != Role::Namespace || self.links.members.count(&id.name().into()) > 0;
        called(id, face.role, &self.settings.layout).filter(|_| is_needed)
    }

    /// The System of the namespace in which an object lies.
    fn system(&self, id: &Id) -> Option<EntityRef> {
        self.node(&Id::of_namespace(id.namespace()?)?)?.relations.face.entity.clone()
    }

    /// The refs of what is cataloged of these.
    pub(super) fn refs<'a>(&'a self, ids: impl IntoIterator<Item = &'a Id>) -> BTreeSet<EntityRef> {
        let entity = |id: &Id| self.node(id)?.relations.face.entity.clone();
        ids.into_iter().filter_map(entity).collect()
    }

    /// The refs of all that are consumed, and, as an annotation, of those that only may be.
    pub(super) fn consumable<'a>(
        &'a self,
        answers: impl IntoIterator<Item = (&'a Id, Answer)>,
    ) -> (BTreeSet<EntityRef>, Option<(String, String)>) {
        let entity = |id: &Id| self.node(id)?.relations.face.entity.as_ref();
        let answers: Vec<_> = answers.into_iter().filter_map(|(id, answer)| Some((entity(id)?, answer))).collect();
        let maybe = answers.iter().filter(|(_, answer)| *answer == Answer::Maybe).map(|(entity, _)| entity.as_str());
        let maybe: Vec<_> = maybe.collect::<BTreeSet<_>>().into_iter().collect();
        let noted = (!maybe.is_empty()).then(|| ("callboard.dev/may-consume".to_owned(), maybe.join(", ")));
        (answers.into_iter().map(|(entity, _)| entity.clone()).collect(), noted)
    }
}

fn system_of(subject: Subject<'_>, settings: &Settings) -> Entity {
    let metadata = subject.metadata(settings);
    Entity::new(metadata, Spec::System(SystemSpec { owner: subject.ownership.owner }))
}

impl Subject<'_> {
    /// What every entity of the mesh has: but for Namespaces, of which all tools make notes, also its labels and annotations,
    /// as far as an entity can have them.
    pub(super) fn metadata(&self, settings: &Settings) -> Metadata {
        let (object, wishes) = (self.object, &self.wishes);
        let mut metadata = self.named.metadata();
        metadata.title = Some(object.reference().name().to_owned());
        if self.relations.face.role != Role::Namespace {
            metadata.labels.extend(copied::labels(object));
            metadata.annotations.extend(copied::annotations(object));
        }
        if let Some(namespace) = object.reference().namespace() {
            metadata.annotations.insert("backstage.io/kubernetes-namespace".to_owned(), namespace.to_owned());
        }
        if self.relations.face.role == Role::Service {
            metadata.links.extend(links::of_status(object).into_iter().filter(|link| !link.url.contains(".svc.")));
        }
        match self.relations.face.role {
            Role::EventType | Role::Namespace => metadata::fill_plain(&mut metadata, object, wishes, settings),
            _ => metadata::fill_component(&mut metadata, object, State::of_knative(object), wishes, settings),
        }
        metadata
    }

    /// The lifecycle that it wishes for, or has.
    pub(super) fn lifecycle(&self) -> String {
        let lifecycle = if self.object.is_deleting() { "deprecated" } else { "production" };
        self.wishes.lifecycle.clone().unwrap_or_else(|| lifecycle.to_owned())
    }

    /// The type that it wishes for, or this one.
    pub(super) fn ty(&self, ty: impl FnOnce() -> String) -> String {
        self.wishes.ty.clone().unwrap_or_else(ty)
    }

    /// `<group>:<kind>`, as Knative's Event Mesh plugin has it.
    pub(super) fn group_and_kind(&self) -> String {
        format!("{}:{}", self.id.group(), self.id.kind())
    }

    /// These refs but its own.
    pub(super) fn others(&self, refs: impl IntoIterator<Item = EntityRef>) -> BTreeSet<EntityRef> {
        let own = self.named.entity_ref();
        refs.into_iter().filter(|entity| *entity != own).collect()
    }
}
