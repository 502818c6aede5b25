//! An object of the event mesh, as the graph keeps it: what other entities need to know of it, and the rest packed.

use super::{
    relations::Relations,
    role::{Role, Roles},
};
use crate::{alone::alone, notes::Notes, settings::Settings};
use events::{Object, Version};
use serde_json::{Value, json};

/// An object of the event mesh.
#[derive(Debug, Clone)]
pub(crate) struct Node {
    pub(crate) version: Version,
    pub(crate) relations: Relations,
    /// The parts of the object that entities need, as JSON.
    packed: Box<[u8]>,
    /// Whether it could not be read: nothing but its identity is known.
    pub(crate) is_failed: bool,
}

impl Node {
    pub(crate) fn of(object: &Object, roles: &Roles, settings: &Settings) -> Self {
        alone(object.reference(), || Self::read(object, roles, settings))
            .unwrap_or_else(|| Self { is_failed: true, ..Self::read(&object.bare(), roles, settings) })
    }

    fn read(object: &Object, roles: &Roles, settings: &Settings) -> Self {
        let role = roles.of(object.reference().group(), object.reference().kind());
        let relations = Relations::of(object, role, roles, settings, &mut Notes::default());
        let packed = serde_json::to_vec(&kept(object, role)).unwrap_or_default().into();
        Self { version: object.version(), relations, packed, is_failed: false }
    }

    /// Whether they mean the same, whatever their versions.
    pub(crate) fn is_like(&self, other: &Self) -> bool {
        self.version.uid == other.version.uid
            && self.packed == other.packed
            && self.relations == other.relations
            && self.is_failed == other.is_failed
    }

    /// The object, as far as entities need it.
    pub(crate) fn object(&self) -> Option<Object> {
        Object::try_from(serde_json::from_slice::<Value>(&self.packed).ok()?).ok()
    }
}

/// The parts of an object that entities need.
fn kept(object: &Object, role: Role) -> Value {
    let copy = |pointers: &[&str]| -> Value {
        let fields = pointers.iter().filter_map(|pointer| {
            let name = pointer.rsplit('/').next()?;
            Some((name.to_owned(), object.at(pointer)?.clone()))
        });
        fields.collect::<serde_json::Map<_, _>>().into()
    };
    let mut spec = match role {
        Role::EventType | Role::Trigger | Role::Subscription | Role::Flow | Role::RequestReply => {
            object.at("/spec").cloned().unwrap_or_default()
        }
        // Its expressions may hold anything.
        Role::Transform => {
            let mut spec = copy(&["/spec/sink"]);
            if let Some(reply) = object.at("/spec/reply").filter(|reply| reply.is_object()) {
                spec["reply"] = json!({"discard": reply.get("discard")});
            }
            spec
        }
        // A definition may come later, and make a source or a channel of it.
        Role::Broker | Role::Channel | Role::Source | Role::Workload => {
            copy(&["/spec/channelTemplate", "/spec/delivery", "/spec/sink", "/spec/subject"])
        }
        Role::Service => copy(&["/spec/traffic"]),
        Role::Sink | Role::Namespace => json!({}),
    };
    if matches!(role, Role::Source | Role::Service | Role::Workload) {
        spec["template"] = template(object);
    }
    let mut metadata = copy(&[
        "/metadata/name",
        "/metadata/namespace",
        "/metadata/uid",
        "/metadata/labels",
        "/metadata/annotations",
        "/metadata/ownerReferences",
        "/metadata/deletionTimestamp",
    ]);
    if let Some(annotations) = metadata.pointer_mut("/annotations").and_then(Value::as_object_mut) {
        annotations.remove("kubectl.kubernetes.io/last-applied-configuration");
    }
    let status = match role {
        Role::EventType | Role::Namespace => json!({}),
        // Kinds of Kubernetes itself, whose groups have no dot, never become a source or a channel.
        Role::Workload if !object.reference().group().contains('.') => json!({}),
        _ => {
            let mut status = copy(&["/status/ceAttributes", "/status/url"]);
            status["conditions"] = conditions(object);
            status
        }
    };
    let reference = object.reference();
    json!({
        "apiVersion": reference.api_version(),
        "kind": reference.kind(),
        "metadata": metadata,
        "spec": spec,
        "status": status,
    })
}

/// Of the template of its Pods: by which id Backstage's Kubernetes plugin finds them, and the first image.
fn template(object: &Object) -> Value {
    let at = |pointer: &str| object.at(&format!("/spec/template/{pointer}")).cloned();
    let id = |field: &str| at(&format!("metadata/{field}/backstage.io~1kubernetes-id"));
    let ids = |field: &str| json!({"backstage.io/kubernetes-id": id(field)});
    let metadata = json!({"annotations": ids("annotations"), "labels": ids("labels")});
    json!({"metadata": metadata, "spec": {"containers": [{"image": at("spec/containers/0/image")}]}})
}

/// Without times and messages, whose changes mean nothing.
fn conditions(object: &Object) -> Value {
    let conditions = object.at("/status/conditions").and_then(Value::as_array).into_iter().flatten();
    let kept = |condition: &Value| {
        let field = |name: &str| condition.get(name).cloned().unwrap_or_default();
        json!({"type": field("type"), "status": field("status"), "reason": field("reason")})
    };
    conditions.map(kept).collect()
}
