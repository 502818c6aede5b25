//! Callboard in the catalog that it keeps.

use super::{EVENTING, SERVING, SOURCES, key, may_consume, refers, refs};
use crate::suite::{NAMESPACE, Suite};
use anyhow::{Result, ensure};
use serde_json::Value;
use std::collections::BTreeSet;

/// Each function, and what it emits.
const EMITTED: [(&str, &[&str]); 4] = [
    ("apps", &["app.cataloged"]),
    ("promises", &["promise.cataloged"]),
    ("mesh", &["mesh.cataloged", "catalog.drifted", "deletion.held"]),
    ("resync", &["catalog.resynced", "catalog.drifted", "deletion.held"]),
];

pub(crate) async fn cataloged(suite: &Suite) -> Result<()> {
    let catalog = suite.catalog()?;
    for (function, types) in EMITTED {
        let types: Vec<String> = types.iter().map(|ty| api(ty)).collect();
        let types: Vec<&str> = types.iter().map(String::as_str).collect();
        refers(suite, &service(function), "providesApis", &types).await?;
    }
    for ty in ["app.cataloged", "resync.requested", "deletion.approved"] {
        catalog.present(&key(EVENTING, "eventtype", NAMESPACE, &format!("dev.callboard.{ty}"))).await?;
    }
    // The tick's EventType is Knative's own.
    let ticks = refs(&catalog.entity(&key(SOURCES, "pingsource", NAMESPACE, "tick")).await?, "providesApis");
    ensure!(ticks.len() == 1, "{ticks:?}");
    let asked: BTreeSet<String> = ["resync.requested", "deletion.approved"].map(api).into_iter().chain(ticks).collect();
    let resync = refs(&catalog.entity(&service("resync")).await?, "consumesApis");
    ensure!(resync == asked, "resync consumes {resync:#?}");
    // An extension says which function an event of a source is for. No EventType can say so.
    let reported =
        refs(&catalog.entity(&key(SOURCES, "apiserversource", NAMESPACE, "promises")).await?, "providesApis");
    ensure!(reported.len() == 3, "{reported:?}");
    for function in ["apps", "promises", "mesh"] {
        let may = may_consume(&catalog.entity(&service(function)).await?);
        ensure!(reported.is_subset(&may), "{function} may consume {may:#?}");
    }
    dangling(suite).await
}

/// Each ref into a namespace of the cluster leads somewhere; those into the namespace of Components are others'.
async fn dangling(suite: &Suite) -> Result<()> {
    let (catalog, mut entities) = (suite.catalog()?, Vec::new());
    for key in catalog.keys("entities/").await? {
        if key.split('/').nth(2).is_some_and(|group| group == "core" || group.ends_with("knative.dev")) {
            entities.push(catalog.entity(&key).await?);
        }
    }
    let known: BTreeSet<String> = entities.iter().map(own_ref).collect();
    let fields = ["providesApis", "consumesApis", "dependsOn", "dependencyOf"];
    let named = entities.iter().flat_map(|entity| fields.into_iter().flat_map(|field| refs(entity, field)));
    let systems = entities.iter().filter_map(|entity| entity["spec"]["system"].as_str().map(str::to_owned));
    let is_foreign = |it: &String| it.starts_with("component:default/");
    let dangling: BTreeSet<String> = named.chain(systems).filter(|it| !known.contains(it) && !is_foreign(it)).collect();
    ensure!(dangling.is_empty(), "these are of nobody: {dangling:#?}");
    println!("{} entities of the mesh, no dangling reference", known.len());
    Ok(())
}

fn own_ref(entity: &Value) -> String {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let metadata = &entity["metadata"];
    format!("{}:{}/{}", text(&entity["kind"]).to_lowercase(), text(&metadata["namespace"]), text(&metadata["name"]))
}

fn api(ty: &str) -> String {
    format!("api:{NAMESPACE}/dev.callboard.{ty}")
}

fn service(function: &str) -> String {
    key(SERVING, "service", NAMESPACE, function)
}
