//! Why an object has no entities.

use crate::{context::Context, table};
use bucket::Store;
use catalog::mesh::Id;
use events::{Function, Object};

/// Why an object has none; `None` if it has some.
pub(super) fn no_entities<S: Store>(cx: &Context<S>, object: &Object) -> Option<String> {
    let described = match table::row(Function::taking(object.reference())?).per_object {
        Some(it) => (it.describe)(object, None, &cx.settings),
        None => cx.mesh.made(&Id::of(object.reference())).described,
    };
    described.absence.map(|absence| format!("no entities: {absence}"))
}
