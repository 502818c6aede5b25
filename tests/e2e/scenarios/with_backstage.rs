//! A real Backstage next to the cluster: what it shows, and when.

pub(crate) mod changes;
pub(crate) mod circle;
pub(crate) mod demo;
pub(crate) mod doctor;
pub(crate) mod down;
pub(crate) mod figures;
pub(crate) mod install;
pub(crate) mod payments;
pub(crate) mod raw;
pub(crate) mod refused;
pub(crate) mod story;

use crate::{
    backstage::{BUCKET_URL, Backstage, URL, related},
    eventually::eventually,
    suite::{SHOP, Suite},
};
use anyhow::{Context, Result, ensure};
use serde_json::Value;
use std::{collections::BTreeMap, fs};
use tempfile::NamedTempFile;

/// Waits until Backstage shows what the bucket holds and nothing else, and reports no error.
pub(crate) async fn mirrors(suite: &Suite, backstage: &Backstage, seconds: u64) -> Result<usize> {
    let catalog = suite.catalog()?;
    eventually("Backstage shows what the bucket holds", seconds, async || {
        let mut wanted = BTreeMap::new();
        for key in catalog.keys("entities/").await? {
            wanted.extend(catalog.entities(&key).await?.into_iter().map(|entity| (reference(&entity), face(&entity))));
        }
        let shown = backstage.all(&[("fields", "kind,metadata,spec")]).await?;
        let shown = shown.iter().filter(|entity| entity["kind"] != "Location" && !is_from_a_file(entity));
        let shown: BTreeMap<_, _> = shown.map(|entity| (reference(entity), face(entity))).collect();
        let differ: Vec<_> = wanted.keys().chain(shown.keys()).filter(|it| wanted.get(*it) != shown.get(*it)).collect();
        ensure!(differ.is_empty(), "{} of {} differ: {differ:?}", differ.len(), wanted.len());
        let trouble = backstage.trouble().await?;
        ensure!(trouble.is_empty(), "Backstage says:\n{trouble}");
        Ok(wanted.len())
    })
    .await
}

/// Whether it is one of tests/e2e/backstage/fraud-components.yaml, which no bucket holds.
fn is_from_a_file(entity: &Value) -> bool {
    entity["metadata"]["annotations"]["backstage.io/managed-by-location"]
        .as_str()
        .is_some_and(|it| it.starts_with("file:"))
}

/// Waits until an entity has these relations of a type, and perhaps others.
async fn relates(backstage: &Backstage, reference: &str, relation: &str, wanted: &[&str]) -> Result<()> {
    eventually(&format!("{relation} of {reference}"), 30, async || {
        let entity = backstage.present(reference).await?;
        let found = related(&entity, relation);
        ensure!(wanted.iter().all(|it| found.contains(it)), "{found:#?} lacks some of {wanted:#?}");
        Ok(())
    })
    .await
}

/// What a command of `callboard` says that is given this Backstage and this token.
fn asked(suite: &Suite, command: &str, token: &str, more: &[&str]) -> Result<String> {
    let file = NamedTempFile::new()?;
    fs::write(&file, token)?;
    let file = file.path().to_str().context("the path of the token is no text")?;
    let given = ["--backstage-url", URL, "--backstage-token-file", file, "--backstage-bucket-url", BUCKET_URL];
    let as_installed = ["--component-namespace", "{namespace}"];
    suite.callboard_with(command, &[&given[..], &as_installed, more].concat())
}

/// The Component of a Cache.
fn cache_ref(name: &str) -> String {
    format!("component:{SHOP}/cache-{name}")
}

/// The Component of an App.
fn app_ref(name: &str) -> String {
    format!("component:{SHOP}/app-{name}")
}

fn reference(entity: &Value) -> String {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_lowercase();
    let metadata = &entity["metadata"];
    format!("{}:{}/{}", text(&entity["kind"]), text(&metadata["namespace"]), text(&metadata["name"]))
}

/// What users see of an entity, without what Backstage adds to it.
fn face(entity: &Value) -> [Value; 4] {
    let of = |field: &str| entity["metadata"][field].clone();
    [of("title"), of("description"), of("labels"), entity["spec"].clone()]
}
