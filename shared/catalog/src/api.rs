//! Documents that define an API: OpenAPI for what a Promise offers, AsyncAPI for the events of an EventType.

pub(crate) mod asyncapi;
pub(crate) mod crd;
pub(crate) mod openapi;
mod trap;
