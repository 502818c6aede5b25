//! Where events go, as Knative's duck type `Destination` names it.

use super::{address::addressed, selected::Selected};
use crate::mesh::id::Id;
use crate::{
    notes::Notes,
    secret,
    status::{MAX_STATUS, cut},
};
use events::{Object, ObjectRef};
use serde_json::Value;
use url::Url;

/// What a destination is to the object that names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Via {
    DeadLetterSink,
    /// What must be ready first.
    Dependency,
    Reply,
    Sink,
    Step,
    /// The workload into which a SinkBinding puts its sink.
    Subject,
    Subscriber,
}

/// A reference, a URI, a reference with a path, or objects by their labels.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Destination {
    pub(crate) via: Via,
    pub(crate) to: Option<To>,
    pub(crate) uri: Option<Box<str>>,
    pub(crate) selected: Option<Box<Selected>>,
}

/// An object that is named, and in which version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct To {
    pub(crate) id: Id,
    pub(crate) reference: ObjectRef,
}

impl From<ObjectRef> for To {
    fn from(reference: ObjectRef) -> Self {
        Self { id: Id::of(&reference), reference }
    }
}

impl Destination {
    /// The destination at a pointer, if there is one.
    pub(crate) fn at(object: &Object, pointer: &str, via: Via, notes: &mut Notes) -> Option<Self> {
        let value = object.at(pointer).filter(|value| is_given(value))?;
        let uri = value.get("uri").and_then(Value::as_str).filter(|uri| !uri.is_empty()).map(Into::into);
        let reference = value.get("ref").filter(|reference| is_given(reference));
        if uri.is_none() && reference.is_none() {
            notes.invalid(&field(pointer), "names neither an object (ref) nor a uri");
        }
        let to = reference.and_then(|value| reference_of(value, object, &format!("{pointer}/ref"), notes));
        let to = to.or_else(|| addressed(uri.as_deref()?)).map(To::from);
        (to.is_some() || uri.is_some()).then_some(Self { via, to, uri, selected: None })
    }

    /// The destination at a pointer that is itself the reference, without `ref`.
    pub(crate) fn reference_at(object: &Object, pointer: &str, via: Via, notes: &mut Notes) -> Option<Self> {
        let value = object.at(pointer).filter(|value| is_given(value))?;
        Some(Self::to(via, reference_of(value, object, pointer, notes)?))
    }

    /// What a SinkBinding binds: an object, or those with certain labels.
    pub(crate) fn subject_at(object: &Object, pointer: &str, notes: &mut Notes) -> Option<Self> {
        let value = object.at(pointer).filter(|value| is_given(value))?;
        if value.get("name").is_some() {
            return Self::reference_at(object, pointer, Via::Subject, notes);
        }
        let selected = Selected::read(value, object.reference().namespace());
        let selected = selected.map_err(|why| notes.invalid(&field(pointer), why)).ok()?;
        Some(Self { via: Via::Subject, to: None, uri: None, selected: Some(Box::new(selected)) })
    }

    /// The destination that the text at a pointer names: a reference as JSON.
    pub(crate) fn text_at(object: &Object, pointer: &str, via: Via, notes: &mut Notes) -> Option<Self> {
        let text = object.text(pointer)?;
        let field = pointer.rsplit('/').next().unwrap_or_default().replace("~1", "/");
        match serde_json::from_str::<Value>(text) {
            Ok(value) => Some(Self::to(via, reference_of(&value, object, &field, notes)?)),
            Err(_) => {
                notes.invalid(&field, "is not JSON with apiVersion, kind and name");
                None
            }
        }
    }

    fn to(via: Via, reference: ObjectRef) -> Self {
        Self { via, to: Some(reference.into()), uri: None, selected: None }
    }

    /// What people read. A URI loses its user, password and query. It also loses its path, unless it calls a Service of
    /// the cluster, because the path may be a secret.
    pub(crate) fn in_words(&self) -> String {
        if let Some(selected) = &self.selected {
            return selected.in_words();
        }
        let uri = self.uri.as_deref().map(|uri| match (Url::parse(uri), uri.split(['?', '#']).next()) {
            (Ok(url), _) if url.has_host() => shown(&url),
            (Err(_), Some(path)) if !secret::may_be_in_text(path) => cut(path, MAX_STATUS).to_owned(),
            (Ok(_), Some(path)) if !secret::may_be_in_text(uri) => cut(path, MAX_STATUS).to_owned(),
            _ => "a URI that may hold a secret".to_owned(),
        });
        match (self.id(), uri) {
            (Some(id), Some(path)) => format!("{id} {path}"),
            (Some(id), None) => id.to_string(),
            (None, uri) => uri.unwrap_or_default(),
        }
    }

    /// The object it names.
    pub(crate) fn id(&self) -> Option<&Id> {
        self.to.as_ref().map(|To { id, .. }| id)
    }
}

/// Whether a field says anything: Knative takes an empty object for none.
fn is_given(value: &Value) -> bool {
    !value.is_null() && value.as_object().is_none_or(|fields| !fields.is_empty())
}

fn shown(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
    let is_of_cluster = !host.contains('.') || host.ends_with(".svc") || host.contains(".svc.");
    let path = match url.path() {
        "" | "/" => url.path(),
        path if is_of_cluster && path.len() <= MAX_STATUS && !secret::may_be_in_text(path) => path,
        _ => "/...",
    };
    format!("{}://{host}{port}{path}", url.scheme())
}

/// Knative's `KReference` at a value of an object. Without a namespace it means the object's. A newer API allows a
/// group instead of an apiVersion.
pub(crate) fn reference_of(value: &Value, object: &Object, field: &str, notes: &mut Notes) -> Option<ObjectRef> {
    let text = |name: &str| value.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
    let namespace = text("namespace").or(object.reference().namespace());
    let by_group = || text("group").map(|group| format!("{group}/v1"));
    let api_version = text("apiVersion").map(str::to_owned).or_else(by_group);
    let named = match (api_version, text("kind"), text("name")) {
        (Some(api_version), Some(kind), Some(name)) => {
            ObjectRef::new(&api_version, kind, namespace, name).map_err(|error| error.to_string())
        }
        _ => Err("must have apiVersion, kind and name".to_owned()),
    };
    named.map_err(|why| notes.invalid(&self::field(field), why)).ok()
}

/// A pointer as people write the field.
fn field(pointer: &str) -> String {
    match pointer.strip_prefix('/') {
        Some(path) => path.replace('/', "."),
        None => pointer.to_owned(),
    }
}
