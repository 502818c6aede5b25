//! What a resource request depends on, and what depends on it.

use crate::{entity::EntityRef, naming::names, settings::Settings};
use events::Object;
use serde_json::Value;
use std::collections::BTreeSet;

/// The Promise of a request: by the label that Kratix adds right after the request is created, otherwise by its kind.
pub(crate) fn promise_of<'a>(request: &'a Object, settings: &'a Settings) -> Option<&'a str> {
    let by_kind = || Some(settings.kinds.of(request.reference())?.promise.as_str());
    request.label("kratix.io/promise-name").filter(|name| !name.is_empty()).or_else(by_kind)
}

/// Its Promise and the requests that its pipeline created.
pub(crate) fn depends_on(request: &Object, settings: &Settings) -> BTreeSet<EntityRef> {
    let promise = promise_of(request, settings).map(|promise| names::promise(&settings.layout, promise));
    let database = database_of(request)
        .map(|name| names::component(&settings.layout, "postgresql", request.reference().namespace(), name));
    promise.into_iter().chain(database).map(|named| named.entity_ref()).collect()
}

/// The App of Kratix's workshop names its database, app-stack names the request for it.
fn database_of(request: &Object) -> Option<&str> {
    let reference = request.reference();
    let name = match (reference.kind().to_ascii_lowercase().as_str(), reference.group()) {
        ("app", "marketplace.kratix.io" | "workshop.kratix.io") => request.text("/status/database/dbName"),
        ("appstack", "marketplace.kratix.io") => {
            let database = request.at("/status/dependencies/database")?;
            let is_asked_for = database.get("requested") != Some(&Value::Bool(false));
            database.get("requestName").and_then(Value::as_str).filter(|_| is_asked_for)
        }
        _ => None,
    };
    name.filter(|name| events::names::is_subdomain(name) && *name != "null")
}

/// The requests for which it was created.
pub(crate) fn dependency_of(request: &Object, settings: &Settings) -> BTreeSet<EntityRef> {
    ["kratix.io/component-of", "kratix.io/parent"]
        .iter()
        .filter_map(|labels| parent(request, labels, settings))
        .collect()
}

/// `None` if the kind that the parent's Promise offers is unknown. Then the parent's name in the catalog is unknown,
/// too.
fn parent(request: &Object, labels: &str, settings: &Settings) -> Option<EntityRef> {
    let label = |part| request.label(&format!("{labels}-{part}")).filter(|value| !value.is_empty());
    let kind = settings.kinds.offered_by(label("promise-name")?)?;
    let namespace = label("resource-namespace").or(request.reference().namespace());
    Some(names::component(&settings.layout, kind, namespace, label("resource-name")?).entity_ref())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::naming::Layout;
    use serde_json::json;

    fn databases(kind: &str, group: &str, status: &Value) -> Vec<String> {
        let settings = Settings::new(
            Layout::new("entities", "main").unwrap(),
            EntityRef::parse("group:default/platform", "", "").unwrap(),
        );
        let request = json!({"apiVersion": format!("{group}/v1"), "kind": kind, "status": status,
            "metadata": {"name": "x", "namespace": "shop"}});
        let all = depends_on(&Object::try_from(request).unwrap(), &settings);
        all.iter().map(ToString::to_string).filter(|entity| entity.contains("postgresql")).collect()
    }

    #[test]
    fn the_app_of_the_workshop_and_the_app_stack_name_their_databases() {
        let app = json!({"database": {"dbName": "xdb"}});
        for (kind, group) in
            [("app", "marketplace.kratix.io"), ("App", "marketplace.kratix.io"), ("App", "workshop.kratix.io")]
        {
            assert_eq!(databases(kind, group, &app), ["component:shop/postgresql-xdb"]);
        }
        for requested in [json!(true), Value::Null] {
            let stack = json!({"dependencies": {"database": {"requestName": "x-db", "requested": requested}}});
            assert_eq!(databases("AppStack", "marketplace.kratix.io", &stack), ["component:shop/postgresql-x-db"]);
        }
    }

    #[test]
    fn a_status_that_only_looks_so_names_no_database() {
        let app = json!({"database": {"dbName": "xdb"}});
        let stack = |name: &str, requested: bool| json!({"dependencies": {"database": {"requestName": name, "requested": requested}}});
        for (kind, group, status) in [
            ("App", "example.org", app.clone()),
            ("AppStack", "marketplace.kratix.io", app),
            ("AppStack", "marketplace.kratix.io", stack("x-db", false)),
            ("AppStack", "example.org", stack("x-db", true)),
            ("App", "marketplace.kratix.io", stack("x-db", true)),
            ("AppStack", "marketplace.kratix.io", stack("X db", true)),
            ("app", "marketplace.kratix.io", json!({"database": {"dbName": "x/db"}})),
            ("app", "marketplace.kratix.io", json!({"database": {"dbName": "null"}})),
            ("app", "marketplace.kratix.io", json!({"database": {"dbName": ""}})),
        ] {
            assert_eq!(databases(kind, group, &status), [""; 0], "{kind} {group} {status}");
        }
    }
}
