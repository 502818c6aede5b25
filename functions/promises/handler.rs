//! A Promise changed: its Component, API and Template.

use crate::per_object::{PerObject, itself};

/// The entities of one Promise.
pub(crate) const PER_OBJECT: PerObject = PerObject {
    // A Promise is in no namespace, so it has no System of one.
    describe: |promise, _, settings| catalog::kratix::promise::describe(promise, settings),
    resolve: itself,
};
