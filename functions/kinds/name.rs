//! The name of a kind.

use crate::table;
use events::{CORE, Function, ObjectRef, Scope};

/// A group and a kind in lower case, as in a key.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct KindName {
    /// `<group, or core>/<lower-case kind>`: the order of a run, which is that of the keys.
    pub(crate) path: String,
    pub(crate) group: String,
    pub(crate) kind: String,
}

impl KindName {
    pub(crate) fn new(group: &str, kind: &str) -> Self {
        let kind = kind.to_ascii_lowercase();
        let path = format!("{}/{kind}", if group.is_empty() { CORE } else { group });
        Self { path, group: group.to_owned(), kind }
    }

    /// `<kind>.<group>`, as people write it.
    pub(crate) fn display(&self) -> String {
        kind_name(&self.kind, &self.group)
    }

    /// The function that keeps its objects one by one: that for which a source names it, or the one that takes it. What no
    /// function takes was left by a source for `apps`. `None`: the mesh compares its kinds itself.
    pub(crate) fn function(&self, named_for: Option<Function>) -> Option<Function> {
        let object = ObjectRef::new(&format!("{}/v1", self.group), &self.kind_of_table(), None, "x").ok()?;
        let function = named_for.or_else(|| Function::taking(&object)).unwrap_or(Function::Apps);
        table::row(function).per_object.is_some().then_some(function)
    }

    /// The table knows Kratix's kinds by their real case.
    fn kind_of_table(&self) -> String {
        match (self.group.as_str(), self.kind.as_str()) {
            ("platform.kratix.io", "promise") => "Promise".to_owned(),
            (_, kind) => kind.to_owned(),
        }
    }

    /// Whether a run with this scope looks at it.
    pub(crate) fn is_in(&self, scope: &Scope) -> bool {
        scope.kind.as_ref().is_none_or(|kind| kind.eq_ignore_ascii_case(&self.display()))
    }
}

/// A kind as drift names it: `<kind>.<group>`, in lower case.
pub(crate) fn kind_name(kind: &str, group: &str) -> String {
    let kind = kind.to_ascii_lowercase();
    if group.is_empty() { kind } else { format!("{kind}.{group}") }
}
