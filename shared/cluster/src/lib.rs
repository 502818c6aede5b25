//! Kubernetes, read only: discovery, get and paged lists, and who may do what. There is no watch; events are the watch.
//!
//! The client's types end here, except [`Client`] and [`Body`], from which tests make a cluster at the wire.

mod access;
mod args;
mod cluster;
mod connect;
mod discovery;
mod error;
mod kind;
mod list;
mod page_size;
mod wire;

pub use access::Access;
pub use args::Args;
pub use cluster::{Cluster, Named};
pub use error::Error;
pub use kind::Kind;
pub use kube::{Client, client::Body};
pub use list::{Page, Skipped};
