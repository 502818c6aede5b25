//! The functions and the one table that says who takes what.

use crate::ObjectRef;
use std::{fmt, str::FromStr};

/// The CloudEvents extension by which our own sources name the function an event is for.
pub const CALLBOARD_EXTENSION: &str = "callboard";

/// A function: its folder, `FUNCTION` value, Knative Service, OpenTelemetry service and event source in one name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Function {
    /// A Kratix resource request changed.
    Apps,
    /// A Kratix Promise changed.
    Promises,
    /// An object of the event mesh changed.
    Mesh,
    /// A tick: compare cluster and bucket.
    Resync,
    /// Our own events: tell Backstage.
    Refresh,
}

impl Function {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Apps, Self::Promises, Self::Mesh, Self::Resync, Self::Refresh];

    /// Its one name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Apps => "apps",
            Self::Promises => "promises",
            Self::Mesh => "mesh",
            Self::Resync => "resync",
            Self::Refresh => "refresh",
        }
    }

    /// The type of the events it replies with.
    pub const fn reply_type(self) -> &'static str {
        match self {
            Self::Apps => "dev.callboard.app.cataloged",
            Self::Promises => "dev.callboard.promise.cataloged",
            Self::Mesh => "dev.callboard.mesh.cataloged",
            Self::Resync => "dev.callboard.catalog.resynced",
            Self::Refresh => "dev.callboard.entity.refused",
        }
    }

    /// Who takes the changes of an object; nobody takes those of Kubernetes' own kinds.
    ///
    /// Kratix's ResourceBinding and Work are shadows of a resource request and thus for `apps`.
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

/// Whether a group is the domain or lies below it.
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
            .ok_or_else(|| format!("{text:?} is no function"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_says_who_takes_what() {
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
