//! Kubernetes objects in, Backstage entities out.
//!
//! Pure: no clock, no environment, no I/O, everything sorted; the same object and settings give the same bytes.
//! [`app::describe`] and [`promise::describe`] make the descriptor of one source object, whole.

pub mod app;
mod crd;
mod descriptor;
mod entity;
mod entity_ref;
mod form;
mod key;
mod links;
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

pub use descriptor::{Described, Descriptor, Notes};
pub use entity::{ApiSpec, ComponentSpec, Entity, GroupSpec, Link, Metadata, Spec, TemplateSpec};
pub use entity_ref::{EntityRef, InvalidEntityRef};
pub use key::{InvalidLayout, Key, Layout, Located};
pub use name::{EntityName, EntityNamespace};
pub use offered::Offered;
pub use overrides::Overrides;
pub use settings::{InvalidSetting, RequestKind, RequestKinds, Selection, Settings, SourceUrl};
pub use validity::{Invalid, check};
pub use yaml::{NotYaml, document};
