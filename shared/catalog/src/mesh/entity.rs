//! The entity of an object of the mesh, made from what the whole graph knows.

mod api;
mod component;
mod delivery;
mod described;
mod inherited;
mod routes;
mod subject;
mod system;
mod words;

pub(crate) use described::described;
