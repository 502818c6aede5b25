//! Kubernetes objects in, Backstage entities out.
//!
//! Pure: no clock, no environment, no I/O, everything sorted; the same object and settings give the same bytes.
//! [`app::describe`] and [`promise::describe`] make the descriptor of one source object, whole.

mod answer;
pub mod app;
mod asyncapi;
mod attributes;
pub mod cesql;
mod crd;
mod descriptor;
mod entity;
mod entity_ref;
mod filter;
mod form;
mod key;
mod links;
pub mod mesh;
mod metadata;
mod name;
mod offered;
mod openapi;
mod overrides;
pub mod promise;
mod relations;
mod scheme;
mod secret;
mod settings;
mod state;
mod template;
mod validity;
mod wish;
mod yaml;

pub use answer::Answer;
pub use attributes::{Attributes, Known};
pub use descriptor::{Described, Descriptor, Notes};
pub use entity::{
    ApiSpec, ComponentSpec, Entity, GroupSpec, Link, Metadata, ResourceSpec, Spec, SystemSpec, TemplateSpec,
};
pub use entity_ref::{EntityRef, InvalidEntityRef};
pub use filter::Filter;
pub use key::{InvalidLayout, Key, Layout, Located};
pub use mesh::Mesh;
pub use name::{EntityName, EntityNamespace};
pub use offered::Offered;
pub use overrides::Overrides;
pub use settings::{EventTypes, Internals, InvalidSetting, RequestKind, RequestKinds, Selection, Settings, SourceUrl};
pub use validity::{Invalid, check};
pub use yaml::{NotYaml, document};
