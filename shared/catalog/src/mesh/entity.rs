//! The entity of an object of the mesh, made from what the whole graph knows.

mod api;
mod component;
mod described;
mod inherited;
mod resource;
mod routes;
mod subject;
mod system;

pub(crate) use described::described;
