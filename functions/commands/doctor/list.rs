//! The objects of a kind in a namespace.

use super::finding::{Area, Finding};
use crate::kinds;
use cluster::{Cluster, Error};
use events::Object;

/// What installs Knative.
const INSTALL: &str =
    concat!("open ", env!("CARGO_PKG_REPOSITORY"), "/blob/main/docs/how-to/install.md   # Knative comes first");

/// The objects of a kind in a namespace, or the finding that they cannot be listed.
pub(super) async fn list(
    cluster: &Cluster,
    namespace: &str,
    (group, kind): (&str, &str),
) -> Result<Vec<Object>, Box<Finding>> {
    let subject = format!("{kind}s");
    let failed = |error: Error| Box::new(Area::Eventing.unknown(&subject, error.to_string()));
    let Some(found) = cluster.kind(group, kind).await.map_err(failed)? else {
        let part = if group == "serving.knative.dev" { "serving" } else { "eventing" };
        let why = format!("the API server does not serve this kind. Knative {part} is not installed");
        return Err(Box::new(Area::Eventing.wrong(subject, why, INSTALL)));
    };
    let all = kinds::each(cluster, &found, Some(namespace), |object| Some(object.clone()));
    all.await.map_err(failed)
}
