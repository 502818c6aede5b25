//! The table of the functions, as events know them.

use crate::ObjectRef;
use std::{fmt, str::FromStr};

/// The CloudEvents extension by which Callboard's sources name the function an event is for.
pub const CALLBOARD_EXTENSION: &str = "callboard";

/// A function. Its folder, `FUNCTION` value, Knative Service, OpenTelemetry service and event source share one name.
///
/// Adding a function takes:
///
/// 1. Here, a variant, its row in [`Function::ALL`] and in the table below, and the objects it takes in
///    [`Function::taking`].
/// 2. In the binary, a folder `functions/<name>/` and a row in `functions/table.rs`, which documents the rest.
/// 3. In `deploy/`, a Service, a ServiceAccount with its rights, a Trigger, the source that names the function in
///    the extension `callboard`, and the EventType and schema of its reply.
///
/// What everybody else needs to know of a function follows from these: `FUNCTION` and its help, the types that are
/// consumed and emitted, what `resync` compares, and what `callboard doctor` expects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Function {
    /// A Kratix resource request changed.
    Apps,
    /// A Kratix Promise changed.
    Promises,
    /// An object of the event mesh changed.
    Mesh,
    /// The periodic resync: compare cluster and bucket.
    Resync,
    /// Callboard's own events: notify Backstage.
    Refresh,
}

/// What events need to know of a function.
struct Row {
    name: &'static str,
    reply_type: &'static str,
    /// Whether the reply reports changes of the bucket, so that Backstage must be notified.
    reports_changes: bool,
}

impl Function {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Apps, Self::Promises, Self::Mesh, Self::Resync, Self::Refresh];

    const fn row(self) -> Row {
        let (name, reply_type, reports_changes) = match self {
            Self::Apps => ("apps", "dev.callboard.app.cataloged", true),
            Self::Promises => ("promises", "dev.callboard.promise.cataloged", true),
            Self::Mesh => ("mesh", "dev.callboard.mesh.cataloged", true),
            Self::Resync => ("resync", "dev.callboard.catalog.resynced", true),
            Self::Refresh => ("refresh", "dev.callboard.entity.refused", false),
        };
        Row { name, reply_type, reports_changes }
    }

    /// Its name.
    pub const fn as_str(self) -> &'static str {
        self.row().name
    }

    /// The type of the events it replies with.
    pub const fn reply_type(self) -> &'static str {
        self.row().reply_type
    }

    /// Whether its replies report changes of the bucket.
    pub(crate) const fn reports_changes(self) -> bool {
        self.row().reports_changes
    }

    /// The function that takes the changes of an object. No function takes those of Kubernetes' own kinds.
    ///
    /// Kratix's ResourceBinding and Work are shadows of a resource request, so that `apps` takes them.
    pub fn taking(object: &ObjectRef) -> Option<Self> {
        match (object.group(), object.kind()) {
            ("platform.kratix.io", "Promise") => Some(Self::Promises),
            ("platform.kratix.io", "ResourceBinding" | "Work") => Some(Self::Apps),
            ("platform.kratix.io", _) => None,
            ("" | "apps", _) => Some(Self::Mesh),
            (group, _) if is_of(group, "knative.dev") => Some(Self::Mesh),
            (group, _) if is_of(group, "k8s.io") || !group.contains('.') => None,
            _ => Some(Self::Apps),
        }
    }
}

/// Whether a group is the domain or is below it.
fn is_of(group: &str, domain: &str) -> bool {
    group.strip_suffix(domain).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

impl fmt::Display for Function {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Function {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL
            .into_iter()
            .find(|function| function.as_str() == text)
            .ok_or_else(|| format!("{text:?} is not a function"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_object_has_at_most_one_function() {
        for (api_version, kind, wanted) in [
            ("marketplace.kratix.io/v1", "app", Some(Function::Apps)),
            ("workshop.kratix.io/v1", "App", Some(Function::Apps)),
            ("example.org/v1", "Database", Some(Function::Apps)),
            ("notknative.dev/v1", "Thing", Some(Function::Apps)),
            ("platform.kratix.io/v1alpha1", "Promise", Some(Function::Promises)),
            ("platform.kratix.io/v1alpha1", "ResourceBinding", Some(Function::Apps)),
            ("platform.kratix.io/v1alpha1", "Work", Some(Function::Apps)),
            ("platform.kratix.io/v1alpha1", "Destination", None),
            ("eventing.knative.dev/v1", "Trigger", Some(Function::Mesh)),
            ("serving.knative.dev/v1", "Service", Some(Function::Mesh)),
            ("v1", "Namespace", Some(Function::Mesh)),
            ("apps/v1", "Deployment", Some(Function::Mesh)),
            ("batch/v1", "Job", None),
            ("networking.k8s.io/v1", "Ingress", None),
        ] {
            let object = ObjectRef::new(api_version, kind, None, "x").unwrap();
            assert_eq!(Function::taking(&object), wanted, "{object}");
        }
    }
}
