//! What other entities show of an object, and whether Callboard writes an entity for it.

use super::{destination::reference_of, role::Role};
use crate::mesh::id::Id;
use crate::{
    descriptor::Absence,
    entity::EntityRef,
    naming::{
        Layout,
        names::{self, Named},
    },
    notes::Notes,
    overrides::{self, parse},
    settings::{Internals, Settings},
};
use events::{Object, ObjectRef};
use serde_json::Value;

/// What other entities show of an object.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Summary {
    pub(crate) role: Role,
    /// The entity that Callboard writes for it.
    pub(crate) entity: Option<EntityRef>,
    /// The third-party Component as which it is cataloged.
    pub(crate) third_party: Option<EntityRef>,
    /// The objects that own it.
    pub(crate) owners: Box<[Id]>,
}

impl Summary {
    pub(crate) fn of(object: &Object, role: Role, settings: &Settings, is_broken: bool, notes: &mut Notes) -> Self {
        let owners = owners(object);
        let (named, labelled) = (named(object, settings, notes), labelled(object, role, settings));
        let called = name_of(object.reference(), role, &settings.layout);
        let own = called.map(|named| named.entity_ref()).filter(|_| {
            let is_internal = internal(object, role, &owners) && settings.internals == Internals::Hidden;
            let is_asked_for = object.annotation("callboard.dev/ignore") == Some("false");
            let is_elsewhere = role.has_component() && named.is_some() || role == Role::Service && labelled.is_some();
            !is_broken
                && !is_elsewhere
                && (!is_internal || is_asked_for)
                && overrides::selection::is_wanted(object, settings, notes)
        });
        let third_party = named.or_else(|| labelled.filter(|_| own.is_none()));
        Self { role, entity: own, third_party, owners }
    }

    /// Why it has no entity.
    pub(crate) fn absence(&self, object: &Object, settings: &Settings) -> Absence {
        match (self.role, &self.entity, &self.third_party) {
            (Role::Workload, ..) => Absence::Kind,
            (Role::Namespace, Some(_), _) => Absence::Empty,
            (role, None, Some(component)) if role.has_component() => Absence::Elsewhere(component.clone()),
            _ if internal(object, self.role, &self.owners) && settings.internals == Internals::Hidden => {
                Absence::Internal
            }
            _ if !overrides::selection::is_wanted(object, settings, &mut Notes::default()) => {
                Absence::unwanted(settings)
            }
            _ => Absence::Invalid,
        }
    }

    /// Whether both have the same role and the same owners, and may carry the same, whatever their Components are.
    pub(crate) fn has_same_part(&self, other: &Self) -> bool {
        self.role == other.role && self.owners == other.owners && self.may_carry() == other.may_carry()
    }

    /// Whether it may carry a hub that owns it: a Channel without an entity.
    pub(crate) fn may_carry(&self) -> bool {
        self.role == Role::Channel && self.entity.is_none()
    }
}

/// The name of the entity of an object of this role; `None` if such an object has none.
pub(crate) fn name_of(object: &ObjectRef, role: Role, layout: &Layout) -> Option<Named> {
    let (kind, namespace, name) = (object.kind(), object.namespace(), object.name());
    match role {
        Role::EventType => Some(names::event_type(layout, namespace, name)),
        Role::Trigger | Role::Subscription => Some(names::resource(layout, kind, namespace, name)),
        Role::Namespace => Some(names::system(layout, name)),
        Role::Workload => None,
        Role::Broker
        | Role::Channel
        | Role::Source
        | Role::Flow
        | Role::Transform
        | Role::RequestReply
        | Role::Sink
        | Role::Service => Some(names::component(layout, kind, namespace, name)),
    }
}

/// The Component that an object names as its own.
fn named(object: &Object, settings: &Settings, notes: &mut Notes) -> Option<EntityRef> {
    let namespace = settings.layout.namespace(object.reference().namespace());
    let named = parse::reference(object.annotation("callboard.dev/component")?, "component", namespace.as_str());
    named.map_err(|why| notes.invalid("callboard.dev/component", why)).ok()
}

/// The third-party Component that the labels or annotations of an object name.
fn labelled(object: &Object, role: Role, settings: &Settings) -> Option<EntityRef> {
    let is_said = |key| object.annotation(key).or_else(|| object.label(key)).filter(|text| !text.is_empty());
    let id = is_said("backstage.io/kubernetes-id");
    // Callboard writes the Component of a Knative Service of func, and Serving copies its labels. What func deploys
    // without Serving has no Component of Callboard's.
    let is_of_serving = || SERVING.iter().any(|label| object.label(label).is_some());
    let by_func = || is_said("function.knative.dev/name").filter(|_| role == Role::Workload && !is_of_serving());
    let id = id.or_else(by_func)?;
    EntityRef::parse(id, "component", settings.component_namespace.as_str()).ok()
}

/// The labels of what Serving creates for a Knative Service.
const SERVING: [&str; 2] = ["serving.knative.dev/route", "serving.knative.dev/service"];

/// The most owners that are looked at.
const MAX_OWNERS: usize = 16;

fn owners(object: &Object) -> Box<[Id]> {
    let owners = object.at("/metadata/ownerReferences").and_then(Value::as_array).into_iter().flatten();
    let owner = |value: &Value| reference_of(value, object, "metadata.ownerReferences", &mut Notes::default());
    owners.take(MAX_OWNERS).filter_map(|value| Some(Id::of(&owner(value)?))).collect()
}

/// Whether Knative made it for its own use: what carries a Broker, a Channel, a Sequence or a Parallel, what another
/// source or an EventTransform is made of, and the Triggers of a RequestReply.
fn internal(object: &Object, role: Role, owners: &[Id]) -> bool {
    let is_of = |groups: &[&str]| owners.iter().any(|owner| groups.contains(&owner.group()));
    match role {
        Role::Channel | Role::Subscription => {
            object.label("eventing.knative.dev/brokerEverything") == Some("true")
                || is_of(&["eventing.knative.dev", "flows.knative.dev", "messaging.knative.dev"])
        }
        Role::Source => is_of(&["eventing.knative.dev", "sources.knative.dev"]),
        Role::Trigger => is_of(&["eventing.knative.dev"]),
        _ => false,
    }
}
