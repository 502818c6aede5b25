//! The variables by which the functions and this command must agree, and the Secrets that the functions need.

use super::{
    Args,
    finding::{Area, Finding},
    install::{Install, Service, TEMPLATE, container, literal},
    line::shell,
};
use cluster::{Cluster, Error};
use events::{Function, Object, ObjectRef};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

const AREA: Area = Area::Eventing;

const BUCKET: &str = "CALLBOARD_BUCKET";
const STORE: &str = "AWS_ENDPOINT_URL_S3";
const URL: &str = "CALLBOARD_BACKSTAGE_URL";
const BUCKET_URL: &str = "CALLBOARD_BACKSTAGE_BUCKET_URL";

/// Each with what it is where it is not set.
const VARIABLES: [(&str, &str); 10] = [
    (BUCKET, ""),
    (STORE, ""),
    ("CALLBOARD_PREFIX", "entities"),
    ("CALLBOARD_CLUSTER", "main"),
    ("CALLBOARD_NAMESPACES", ""),
    ("CALLBOARD_OWNER", ""),
    ("CALLBOARD_UNCONDITIONAL", "false"),
    (URL, ""),
    (BUCKET_URL, ""),
    ("CALLBOARD_BACKSTAGE_PROVIDER", "callboard"),
];

/// Variables by name, as they take effect.
#[derive(Debug, Clone)]
pub struct Variables(BTreeMap<&'static str, String>);

/// ConfigMaps by name that were read; `None`: there is none.
pub(super) type Read = BTreeMap<String, Result<Option<Object>, Error>>;

impl Variables {
    /// Those which are given, each by its name.
    pub fn new<'a>(given: impl Fn(&str) -> Option<&'a str>) -> Self {
        let effective = |(name, usual)| {
            let text = given(name).map(|it| normal(name, it)).filter(|it| !it.is_empty());
            (name, text.unwrap_or_else(|| String::from(usual)))
        };
        let mut all: BTreeMap<_, _> = VARIABLES.into_iter().map(effective).collect();
        if all[BUCKET_URL].is_empty() && !all[STORE].is_empty() {
            all.insert(BUCKET_URL, format!("{}/{}", all[STORE], all[BUCKET]));
        }
        Self(all)
    }

    /// Those of a command line.
    pub(super) fn of(args: &Args) -> Self {
        let (kept, backstage) = (&args.target.kept, &args.backstage);
        let (namespaces, unconditional) = (kept.namespaces.chosen().join(","), kept.bucket.unconditional.to_string());
        Self::new(|name| match name {
            BUCKET => Some(&kept.bucket.bucket),
            STORE => kept.bucket.endpoint(),
            "CALLBOARD_PREFIX" => Some(&kept.catalog.prefix),
            "CALLBOARD_CLUSTER" => Some(&kept.catalog.cluster),
            "CALLBOARD_NAMESPACES" => Some(namespaces.as_str()),
            "CALLBOARD_OWNER" => Some(&kept.owner),
            "CALLBOARD_UNCONDITIONAL" => Some(unconditional.as_str()),
            URL => backstage.url.as_ref().map(|url| url.as_str()),
            BUCKET_URL => backstage.bucket_url.as_ref().map(|url| url.as_str()),
            _ => Some(&backstage.provider),
        })
    }

    /// The URL of Backstage; empty: not given.
    pub(super) fn backstage(&self) -> &str {
        &self.0[URL]
    }
}

fn normal(name: &str, text: &str) -> String {
    let text = text.trim();
    match name {
        "CALLBOARD_NAMESPACES" => {
            let all: BTreeSet<_> = text.split(',').map(str::trim).filter(|it| !it.is_empty()).collect();
            all.into_iter().collect::<Vec<_>>().join(",")
        }
        STORE | URL | BUCKET_URL => text.trim_end_matches('/').to_owned(),
        _ => text.to_owned(),
    }
}

/// The variables of a Service: of its ConfigMaps, and its own, which go first. A Secret is not looked into.
pub(super) async fn of(
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

/// What a ConfigMap says.
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
        Ok(None) => Err(AREA.wrong(subject, "it is not there, and Services name it", install.reapply())),
        Err(error) => Err(AREA.unknown(subject, error.to_string())),
    }
}

/// An object of our namespace.
fn own(cluster: &Cluster, kind: &str, name: &str) -> Option<ObjectRef> {
    ObjectRef::new("v1", kind, Some(cluster.namespace()), name).ok()
}

/// Where the install has other variables than `here`, so that it is not what is examined.
pub(super) fn compared(here: &Variables, services: &[Service]) -> Vec<Finding> {
    let (mut found, mut is_compared) = (Vec::new(), false);
    let mut others: BTreeMap<(&str, String), Vec<&str>> = BTreeMap::new();
    for service in services {
        let theirs = match &service.variables {
            Ok(variables) => Variables::new(|name| variables.get(name).map(String::as_str)),
            Err(finding) if found.contains(finding) => continue,
            Err(finding) => {
                found.push(finding.clone());
                continue;
            }
        };
        is_compared = true;
        let reads_backstage = service.serves(Function::Refresh) && !here.backstage().is_empty();
        let differs = |(name, value): &(&str, String)| {
            (reads_backstage || !name.starts_with("CALLBOARD_BACKSTAGE_")) && here.0[name] != *value
        };
        for other in theirs.0.into_iter().filter(differs) {
            others.entry(other).or_default().push(service.name());
        }
    }
    if is_compared && others.is_empty() && found.is_empty() {
        found.push(AREA.ok("variables", "those of the install"));
    }
    found.extend(others.into_iter().map(|((name, theirs), who)| differing(name, &here.0[name], &theirs, &who)));
    found
}

fn differing(name: &str, ours: &str, theirs: &str, who: &[&str]) -> Finding {
    let told = |value: &str| if value.is_empty() { "unset".to_owned() } else { value.to_owned() };
    let detail = format!("{} here, {} for {}", told(ours), told(theirs), who.join(", "));
    let export = format!("export {name}={}   # as the install has it", shell(theirs));
    match (ours.is_empty(), theirs.is_empty()) {
        // The same place has another address where a port is forwarded.
        (false, false) if [STORE, URL].contains(&name) => {
            AREA.unknown(name, format!("{detail}: the same place?")).with_mend(export)
        }
        (false, true) => AREA.wrong(name, detail, literal(name, ours)),
        (true, _) => AREA.wrong(name, detail, export),
        (false, false) => AREA.wrong(name, detail, format!("{export}\n{}", literal(name, ours))),
    }
}

/// The Secrets that Services name are there; nobody reads what is in them.
pub(super) async fn secrets(cluster: &Cluster, install: &Install, services: &[Service]) -> Vec<Finding> {
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
            Ok(Some(_)) => Some(AREA.ok(subject, "there")),
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
            let why = "it is not there: refresh has no token for Backstage";
            Some(AREA.wrong(subject, why, create("--from-file=token=...")))
        }
        "callboard-backstage" => None,
        "callboard-s3" if !is_required && !by.iter().any(|(it, _)| has_store(it)) => {
            Some(AREA.unknown(subject, "it is not there: a role of AWS must give the functions their credentials"))
        }
        "callboard-s3" => {
            let why = "it is not there: the functions have no credentials for the store";
            let keys = "--from-literal=AWS_ACCESS_KEY_ID=... --from-literal=AWS_SECRET_ACCESS_KEY=...";
            Some(AREA.wrong(subject, why, create(keys)))
        }
        _ if is_required => {
            Some(AREA.wrong(subject, "it is not there, and Services name it", create("--from-literal=...=...")))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_takes_effect_alike_is_alike() {
        let [given, usual] = [
            [(BUCKET, "c"), (STORE, "http://s3:1/"), ("CALLBOARD_NAMESPACES", " b,a,,b"), ("CALLBOARD_PREFIX", "")],
            [(BUCKET, "c"), (STORE, "http://s3:1"), ("CALLBOARD_NAMESPACES", "a,b"), (BUCKET_URL, "http://s3:1/c/")],
        ]
        .map(|rows| Variables::new(move |name| rows.into_iter().find(|(it, _)| *it == name).map(|(_, value)| value)));
        assert_eq!(given.0, usual.0);
        assert_eq!(given.0["CALLBOARD_BACKSTAGE_PROVIDER"], "callboard");
    }
}
