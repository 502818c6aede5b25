//! What a run looks at.

use crate::context::Context;
use cluster::Kind;
use events::{ObjectRef, Scope};

/// Whether an object is within the scope of a run.
pub(crate) fn is_asked(scope: &Scope, namespace: Option<&str>, name: &str) -> bool {
    let is = |asked: &Option<String>, has: Option<&str>| asked.is_none() || asked.as_deref() == has;
    is(&scope.namespace, namespace) && is(&scope.name, Some(name))
}

impl<S> Context<S> {
    /// The namespaces in which a kind is listed, one after another; `None` means all together.
    pub(crate) fn namespaces_of(&self, kind: &Kind, scope: &Scope) -> Vec<Option<String>> {
        match (&self.namespaces, &scope.namespace) {
            _ if !kind.is_namespaced() => vec![None],
            (_, Some(asked)) if self.keeps(Some(asked)) => vec![Some(asked.clone())],
            (_, Some(_)) => Vec::new(),
            (Some(kept), None) => {
                let mut kept: Vec<_> = kept.iter().cloned().collect();
                // The order of positions: that of the cursor.
                kept.sort_by_key(|namespace| format!("{namespace}/"));
                kept.into_iter().map(Some).collect()
            }
            (None, None) => vec![None],
        }
    }

    /// Whether the objects of a namespace, or of none, are kept.
    pub(crate) fn keeps(&self, namespace: Option<&str>) -> bool {
        let (Some(kept), Some(namespace)) = (&self.namespaces, namespace) else { return true };
        kept.contains(namespace)
    }

    /// Whether an object is kept: a Namespace by its own name.
    pub(crate) fn keeps_object(&self, object: &ObjectRef) -> bool {
        let is_namespace = object.group().is_empty() && object.kind() == "Namespace";
        self.keeps(if is_namespace { Some(object.name()) } else { object.namespace() })
    }
}
