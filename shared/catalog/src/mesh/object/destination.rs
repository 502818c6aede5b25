//! Where events go, as Knative's duck type `Destination` names it.

use crate::mesh::id::Id;
use crate::{notes::Notes, secret};
use events::{Object, ObjectRef};
use serde_json::Value;
use url::Url;

/// What a destination is to the object that names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Via {
    DeadLetterSink,
    Reply,
    Sink,
    Step,
    /// The workload into which a SinkBinding puts its sink.
    Subject,
    Subscriber,
}

/// A reference, a URI, or a reference with a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Destination {
    pub(crate) via: Via,
    pub(crate) to: Option<To>,
    pub(crate) uri: Option<Box<str>>,
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
        let value = object.at(pointer).filter(|value| !value.is_null())?;
        let uri = value.get("uri").and_then(Value::as_str).filter(|uri| !uri.is_empty()).map(Into::into);
        let to = object.at(&format!("{pointer}/ref")).filter(|value| !value.is_null());
        let to = to.and_then(|value| reference_of(value, object, &format!("{pointer}/ref"), notes)).map(To::from);
        (to.is_some() || uri.is_some()).then_some(Self { via, to, uri })
    }

    /// The destination at a pointer that is itself the reference, without `ref`.
    pub(crate) fn reference_at(object: &Object, pointer: &str, via: Via, notes: &mut Notes) -> Option<Self> {
        let value = object.at(pointer).filter(|value| value.get("name").is_some())?;
        let to = reference_of(value, object, pointer, notes)?.into();
        Some(Self { via, to: Some(to), uri: None })
    }

    /// What people read. A URI loses its user, password and query. It also loses its path, unless it calls a Service of
    /// the cluster, because the path may be a secret.
    pub(crate) fn in_words(&self) -> String {
        let uri = self.uri.as_deref().map(|uri| match (Url::parse(uri), uri.split(['?', '#']).next()) {
            (Ok(url), _) => shown(&url),
            (Err(_), Some(path)) if !secret::may_be_in_text(path) => path.to_owned(),
            (Err(_), _) => "a URI that may hold a secret".to_owned(),
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

fn shown(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
    let is_of_cluster = !host.contains('.') || host.ends_with(".svc") || host.contains(".svc.");
    let path = match url.path() {
        "" | "/" => url.path(),
        path if is_of_cluster => path,
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
    named.map_err(|why| notes.invalid(&field.trim_start_matches('/').replace('/', "."), why)).ok()
}
