//! Kubernetes objects in, Backstage entities out.
//!
//! Pure: no clock, no environment, no I/O, everything sorted. The same object and settings give the same bytes.
//! [`kratix::request::describe`] and [`kratix::promise::describe`] make the descriptor of one source object, whole.
//! [`Mesh`] makes the descriptors of the event mesh, in which an object's entity depends on other objects.
//!
//! The rooms, from the ground up. A room imports only from those above it in this list:
//!
//! - `alone`: the work on one object, which fails alone;
//! - `markdown`: texts that are read as Markdown, without what leads elsewhere;
//! - `secret`: which fields and texts may hold a secret, and what is shown of them;
//! - `entity`: Backstage's entities, names and refs, its rules for them, and their YAML;
//! - `naming`: the key in the bucket and the entity names that a source object's identity gives;
//! - `settings`: what the platform engineer decides;
//! - `attributes`, [`cesql`], `filter`: which events pass a Trigger, answered with yes, no or maybe;
//! - `form`, `api`: a schema as a form, and as a document of OpenAPI or AsyncAPI;
//! - `overrides`: what people write into the annotations of a source object;
//! - `notes`: what had to be omitted, and which overrides are not valid;
//! - `status`: the state, the conditions and the links that an object's status gives;
//! - `descriptor`: the descriptor of one source object;
//! - [`kratix`], [`mesh`]: what the source objects mean.

mod alone;
mod api;
mod attributes;
mod bounded;
pub mod cesql;
mod descriptor;
mod entity;
mod filter;
mod form;
mod json_schema;
pub mod kratix;
mod markdown;
pub mod mesh;
mod naming;
mod notes;
mod overrides;
mod secret;
mod settings;
mod status;

pub use attributes::{Answer, Attributes, Known};
pub use descriptor::{Absence, Described, Descriptor};
pub use entity::{
    ApiSpec, ComponentSpec, Dependencies, Entity, EntityName, EntityNamespace, EntityRef, GroupSpec, InvalidEntityRef,
    Link, Metadata, Ownership, Spec, SystemSpec, TemplateSpec,
    rules::{Invalid, check},
    yaml::{NotYaml, document},
};
pub use filter::Filter;
pub use kratix::offered::Offered;
pub use mesh::Mesh;
pub use naming::{InvalidLayout, Key, Layout, Located};
pub use notes::Notes;
pub use overrides::Overrides;
pub use secret::masked;
pub use settings::{
    AnnotationKeys, ComponentNamespace, EventTypes, Internals, InvalidSetting, RequestKind, RequestKinds, Selection,
    Settings, SourceUrl,
};
