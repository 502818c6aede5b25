//! Sets of event types: those that a condition can let pass.

use std::collections::BTreeSet;

/// The types which two conditions leave, of which both must hold.
pub(crate) fn both(one: Option<BTreeSet<String>>, other: Option<BTreeSet<String>>) -> Option<BTreeSet<String>> {
    match (one, other) {
        (Some(one), Some(other)) => Some(&one & &other),
        (one, other) => one.or(other),
    }
}

/// The types which two conditions leave, of which one must hold.
pub(crate) fn either(one: Option<BTreeSet<String>>, other: Option<BTreeSet<String>>) -> Option<BTreeSet<String>> {
    Some(&one? | &other?)
}
