//! What a resource request stands on and what stands on it.

use crate::{EntityRef, Settings, scheme};
use events::Object;
use std::collections::BTreeSet;

/// The Promise of a request: by its label, which Kratix adds right after the request was made, else by its kind.
pub(crate) fn promise_of<'a>(request: &'a Object, settings: &'a Settings) -> Option<&'a str> {
    let by_kind = || Some(settings.kinds.of(request.reference())?.promise.as_str());
    request.label("kratix.io/promise-name").filter(|name| !name.is_empty()).or_else(by_kind)
}

/// Its Promise and the requests that its pipeline made.
pub(crate) fn depends_on(request: &Object, settings: &Settings) -> BTreeSet<EntityRef> {
    let promise = promise_of(request, settings).map(|promise| scheme::promise(&settings.layout, promise));
    // The App of Kratix's workshop names its database, app-stack names the request for it.
    let databases = ["/status/database/dbName", "/status/dependencies/database/requestName"];
    let names =
        databases.iter().filter_map(|pointer| request.text(pointer)).filter(|name| !matches!(*name, "" | "null"));
    let database = |name| scheme::request(&settings.layout, "postgresql", request.reference().namespace(), name);
    promise.into_iter().chain(names.map(database)).map(|named| named.entity_ref()).collect()
}

/// The requests that it was made for.
pub(crate) fn dependency_of(request: &Object, settings: &Settings) -> BTreeSet<EntityRef> {
    ["kratix.io/component-of", "kratix.io/parent"]
        .iter()
        .filter_map(|labels| parent(request, labels, settings))
        .collect()
}

/// `None` where the kind that the parent's Promise offers is unknown, and with it the parent's name in the catalog.
fn parent(request: &Object, labels: &str, settings: &Settings) -> Option<EntityRef> {
    let label = |part| request.label(&format!("{labels}-{part}")).filter(|value| !value.is_empty());
    let kind = settings.kinds.offered_by(label("promise-name")?)?;
    let namespace = label("resource-namespace").or(request.reference().namespace());
    Some(scheme::request(&settings.layout, kind, namespace, label("resource-name")?).entity_ref())
}
