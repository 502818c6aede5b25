//! The variables of a Service, from its ConfigMaps and its own.

use super::{
    finding::{Area, Finding},
    install::Install,
    template::container,
};
use cluster::{Cluster, Error};
use events::{Object, ObjectRef};
use serde_json::Value;
use std::collections::BTreeMap;

const AREA: Area = Area::Eventing;

/// The ConfigMaps that were read, by name. `None`: there is none.
pub(super) type Read = BTreeMap<String, Result<Option<Object>, Error>>;

/// The variables of a Service: those of its ConfigMaps, and its own, which take precedence. Secrets are not read.
pub(super) async fn variables(
    cluster: &Cluster,
    install: &Install,
    service: &Object,
    read: &mut Read,
) -> Result<BTreeMap<String, String>, Finding> {
    let rows = |field: &str| container(service).and_then(|it| it[field].as_array()).into_iter().flatten();
    let mut variables = BTreeMap::new();
    for named in rows("envFrom").filter_map(|it| it.get("configMapRef")) {
        variables.extend(configured((cluster, install), named, read).await?);
    }
    for row in rows("env") {
        let Some(name) = row["name"].as_str() else { continue };
        let value = match row.pointer("/valueFrom/configMapKeyRef") {
            Some(named) => {
                let mut all = configured((cluster, install), named, read).await?;
                all.remove(named["key"].as_str().unwrap_or_default())
            }
            None => row["value"].as_str().map(str::to_owned),
        };
        variables.extend(value.map(|value| (name.to_owned(), value)));
    }
    Ok(variables)
}

/// The variables in a ConfigMap.
async fn configured(
    (cluster, install): (&Cluster, &Install),
    named: &Value,
    read: &mut Read,
) -> Result<BTreeMap<String, String>, Finding> {
    let name = named["name"].as_str().unwrap_or_default();
    if !read.contains_key(name) {
        let found = match own(cluster, "ConfigMap", name) {
            Some(reference) => cluster.get(&reference).await,
            None => Ok(None),
        };
        read.insert(name.to_owned(), found);
    }
    let subject = format!("configmap {name}");
    match &read[name] {
        Ok(Some(found)) => {
            let data = found.at("/data").and_then(Value::as_object).into_iter().flatten();
            Ok(data.filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned()))).collect())
        }
        Ok(None) if named["optional"] == true => Ok(BTreeMap::new()),
        Ok(None) => Err(AREA.wrong(subject, "it does not exist, but Services name it", install.reapply())),
        Err(error) => Err(AREA.unknown(subject, error.to_string())),
    }
}

/// An object in the namespace of the install.
pub(super) fn own(cluster: &Cluster, kind: &str, name: &str) -> Option<ObjectRef> {
    ObjectRef::new("v1", kind, Some(cluster.namespace()), name).ok()
}
