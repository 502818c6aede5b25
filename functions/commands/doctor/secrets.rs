//! Whether the Secrets of the functions exist.

use super::{
    config_map::own,
    finding::{Area, Finding},
    install::Install,
    line::shell,
    service::Service,
    template::{TEMPLATE, container},
    variables::STORE,
};
use cluster::Cluster;
use events::{Function, Object};
use serde_json::Value;
use std::collections::BTreeMap;

const AREA: Area = Area::Eventing;

/// Checks that the Secrets exist that the Services name. Reads their metadata only.
pub(super) async fn examine(cluster: &Cluster, install: &Install, services: &[Service]) -> Vec<Finding> {
    let mut named: BTreeMap<String, Vec<(&Service, bool)>> = BTreeMap::new();
    for service in services {
        for (name, is_optional) in secrets_of(&service.object) {
            named.entry(name).or_default().push((service, is_optional));
        }
    }
    let mut found = Vec::new();
    for (name, by) in named {
        let Some(reference) = own(cluster, "Secret", &name) else { continue };
        let subject = format!("secret {name}");
        found.extend(match cluster.get_metadata(&reference).await {
            Ok(Some(_)) => Some(AREA.ok(subject, "exists")),
            Ok(None) => absent(install, &name, &by),
            Err(error) => Some(AREA.unknown(subject, error.to_string())),
        });
    }
    found
}

/// The names of the Secrets, and whether the Service starts without.
fn secrets_of(service: &Object) -> Vec<(String, bool)> {
    let rows = |value: Option<&Value>, field: &str| value.and_then(|it| it[field].as_array().cloned());
    let rows = |field: &str| rows(container(service), field).into_iter().flatten();
    let volumes = service.at(&format!("{TEMPLATE}/volumes")).and_then(Value::as_array).cloned().into_iter().flatten();
    let named = rows("envFrom").map(|it| it["secretRef"].clone());
    let named = named.chain(rows("env").map(|it| it["valueFrom"]["secretKeyRef"].clone()));
    let named = named.chain(volumes.map(|it| it["secret"].clone()));
    let name = |it: Value| {
        let name = it["name"].as_str().or_else(|| it["secretName"].as_str())?;
        Some((name.to_owned(), it["optional"] == true))
    };
    named.filter_map(name).collect()
}

fn absent(install: &Install, name: &str, by: &[(&Service, bool)]) -> Option<Finding> {
    let subject = format!("secret {name}");
    let is_required = by.iter().any(|(_, is_optional)| !is_optional);
    let create = |rest: &str| install.within(&format!("create secret generic {} {rest}", shell(name)));
    let has_store = |service: &Service| {
        service.variables.as_ref().is_ok_and(|all| all.get(STORE).is_some_and(|endpoint| !endpoint.trim().is_empty()))
    };
    match name {
        "callboard-backstage" if is_required || by.iter().any(|(it, _)| it.serves(Function::Refresh)) => {
            let why = "it does not exist: refresh has no token for Backstage";
            Some(AREA.wrong(subject, why, create("--from-file=token=...")))
        }
        "callboard-backstage" => None,
        "callboard-s3" if !is_required && !by.iter().any(|(it, _)| has_store(it)) => {
            Some(AREA.skipped(subject, "it does not exist: an AWS role must give the functions their credentials"))
        }
        "callboard-s3" => {
            let why = "it does not exist: the functions have no credentials for the store";
            let keys = "--from-literal=AWS_ACCESS_KEY_ID=... --from-literal=AWS_SECRET_ACCESS_KEY=...";
            Some(AREA.wrong(subject, why, create(keys)))
        }
        _ if is_required => {
            Some(AREA.wrong(subject, "it does not exist, but Services name it", create("--from-literal=...=...")))
        }
        _ => None,
    }
}
