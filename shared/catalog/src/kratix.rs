//! What the objects of Kratix mean: Promises, and the requests for what they offer.

pub(crate) mod offered;
pub mod promise;
mod relations;
pub mod request;
mod template;
