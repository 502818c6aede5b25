//! What the mesh reads from one object alone.

pub(crate) mod address;
pub(crate) mod destination;
pub(crate) mod events;
pub(crate) mod node;
pub(crate) mod relations;
pub(crate) mod role;
mod routes;
mod selected;
pub(crate) mod summary;
