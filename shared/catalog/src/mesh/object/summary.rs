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
use events::{Function, Object, ObjectRef};
use serde_json::Value;

/// What other entities show of an object.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Summary {
    pub(crate) role: Role,
    /// The entity that the mesh writes for it.
    pub(crate) entity: Option<EntityRef>,
    /// The Component that its annotation `callboard.dev/component` names.
    pub(crate) named: Option<EntityRef>,
    /// The Component that `apps` writes for it, if it gets to know it: a kind of resource requests, as far as its name
    /// says.
    pub(crate) request: Option<EntityRef>,
    /// The Component as which it is cataloged otherwise, and that the mesh does not write: that of what surely is a
    /// resource request, or the one that its labels name.
    pub(crate) elsewhere: Option<EntityRef>,
    /// The objects that own it.
    pub(crate) owners: Box<[Id]>,
}

impl Summary {
    pub(crate) fn of(object: &Object, role: Role, settings: &Settings, is_broken: bool, notes: &mut Notes) -> Self {
        let owners = owners(object);
        let (named, labelled) = (named(object, settings, notes), labelled(object, role, settings));
        let called = name_of(object.reference(), role, &settings.layout);
        let entity = called.map(|named| named.entity_ref()).filter(|_| {
            let is_asked_for = object.annotation("callboard.dev/ignore") == Some("false");
            let is_hidden = internal(object, role, &owners) && settings.internals == Internals::Hidden && !is_asked_for;
            let is_elsewhere = match role {
                Role::Source => false,
                Role::Service => named.is_some() || labelled.is_some(),
                role => role.has_component() && named.is_some(),
            };
            !is_broken && !is_elsewhere && !is_hidden && overrides::selection::is_wanted(object, settings, notes)
        });
        let is_alone = role.has_component() && role != Role::Source;
        let request = request(object, role, settings);
        let surely = request.clone().filter(|_| is_surely_request(object, settings));
        let elsewhere = surely.or(labelled).filter(|_| !is_alone || entity.is_none());
        Self { role, entity, named, request, elsewhere, owners }
    }

    /// The Component that it says it belongs to.
    pub(crate) fn belongs_to(&self) -> Option<&EntityRef> {
        self.named.as_ref().or(self.elsewhere.as_ref())
    }

    /// Why it has no entity.
    pub(crate) fn absence(&self, object: &Object, settings: &Settings) -> Absence {
        match (self.role, &self.entity, self.belongs_to()) {
            (Role::Workload, ..) => Absence::Kind,
            (Role::Namespace, Some(_), _) => Absence::Empty,
            (role, None, Some(component)) if role.has_component() && role != Role::Source => {
                Absence::Elsewhere(component.clone())
            }
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
        Role::Namespace => Some(names::system(layout, name)),
        Role::Workload => None,
        Role::Broker
        | Role::Channel
        | Role::Flow
        | Role::RequestReply
        | Role::Service
        | Role::Sink
        | Role::Source
        | Role::Subscription
        | Role::Transform
        | Role::Trigger => Some(names::component(layout, kind, namespace, name)),
    }
}

/// The Component that an object names as its own.
fn named(object: &Object, settings: &Settings, notes: &mut Notes) -> Option<EntityRef> {
    let namespace = settings.layout.namespace(object.reference().namespace());
    let named = parse::reference(object.annotation("callboard.dev/component")?, "component", namespace.as_str());
    named.map_err(|why| notes.invalid("callboard.dev/component", why)).ok()
}

/// Whether a Promise is known that offers it.
fn is_surely_request(object: &Object, settings: &Settings) -> bool {
    object.label("kratix.io/promise-name").is_some_and(|name| !name.is_empty())
        || settings.kinds.of(object.reference()).is_some()
}

/// The Component that `apps` writes for a resource request.
fn request(object: &Object, role: Role, settings: &Settings) -> Option<EntityRef> {
    let reference = object.reference();
    let is_request = role == Role::Workload && Function::taking(reference) == Some(Function::Apps);
    let is_written = is_request && overrides::selection::is_wanted(object, settings, &mut Notes::default());
    let named = || names::component(&settings.layout, reference.kind(), reference.namespace(), reference.name());
    is_written.then(|| named().entity_ref())
}

/// The Component that the labels or annotations of an object name, or those of the Pods that it makes.
fn labelled(object: &Object, role: Role, settings: &Settings) -> Option<EntityRef> {
    let is_said = |key| object.annotation(key).or_else(|| object.label(key)).filter(|text| !text.is_empty());
    let id = is_said(KUBERNETES_ID).or_else(|| id_of_pods(object));
    // Callboard writes the Component of a Knative Service of func, and Serving copies its labels. What func deploys
    // without Serving has no Component of Callboard's.
    let is_of_serving = || SERVING.iter().any(|label| object.label(label).is_some());
    let by_func = || is_said("function.knative.dev/name").filter(|_| role == Role::Workload && !is_of_serving());
    let id = id.or_else(by_func)?;
    let namespace = settings.component_namespace.of(object.reference(), &settings.layout);
    EntityRef::parse(id, "component", namespace.as_str()).ok()
}

/// By which Backstage's Kubernetes plugin finds the objects of a Component.
const KUBERNETES_ID: &str = "backstage.io/kubernetes-id";

/// The id in the template of its Pods. That plugin finds Pods by their labels.
fn id_of_pods(object: &Object) -> Option<&str> {
    let at = |field: &str| object.at(&format!("/spec/template/metadata/{field}"))?.get(KUBERNETES_ID)?.as_str();
    at("annotations").or_else(|| at("labels")).filter(|text| !text.is_empty())
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
