//! A Promise changed: its Component, API and Template.

use crate::per_object::{PerObject, itself};

/// The entities of one Promise.
pub(crate) const PER_OBJECT: PerObject = PerObject { describe: catalog::kratix::promise::describe, resolve: itself };
