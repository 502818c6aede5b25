//! From a Template in Backstage to an App, and from the App back to Backstage.

use super::app_ref;
use crate::{
    backstage::Backstage,
    cluster::run,
    eventually::eventually,
    scenarios::requests::deployed,
    suite::{SHOP, Suite},
};
use anyhow::{Context, Result, ensure};
use serde_json::json;
use std::process::Command;

/// The Template as Backstage serves it, rendered by the engine of its scaffolder. The action `kube:apply` itself is stood in for
/// by kubectl: the npm package that carries it is not on every registry, and what it does is to apply the manifest.
pub(crate) async fn closed(suite: &Suite) -> Result<()> {
    let backstage = Backstage::new()?;
    let template = backstage.present("template:default/app-promise-template").await?;
    let spec = json!({"name": "ordered", "image": "nginx:3", "service": {"port": 9090}});
    let values = json!({"objname": "ordered", "objnamespace": SHOP, "spec": spec});
    for page in template["spec"]["parameters"].as_array().context("the Template has no form")? {
        jsonschema::validate(page, &values).map_err(|error| anyhow::anyhow!("the form refuses the values: {error}"))?;
        let broken = json!({"objname": "Not a name", "spec": []});
        ensure!(!jsonschema::is_valid(page, &broken), "the form takes what is wrong: {page:#}");
    }
    let asked = json!({"template": template, "values": values}).to_string();
    let manifest = run(&mut Command::new("tests/e2e/backstage/render"), &asked)?;
    suite.cluster.apply(&manifest).await?;
    let app = suite.cluster.get(&["apps.marketplace.kratix.io", "ordered", "--namespace", SHOP])?;
    ensure!(app["spec"]["image"] == "nginx:3" && app["spec"]["service"]["port"] == 9090, "{app:#}");
    let component = app_ref("ordered");
    eventually("its Component shows", 10, async || backstage.present(&component).await).await?;
    deployed(suite, "ordered", "nginx:3").await?;
    eventually("and that it runs", 30, async || {
        let entity = backstage.present(&component).await?;
        let (state, link) =
            (&entity["metadata"]["labels"]["callboard.dev/state"], &entity["metadata"]["links"][0]["url"]);
        ensure!(state == "reconciled" && link == "http://ordered.local.gd:8080", "{entity:#}");
        Ok(())
    })
    .await?;
    suite.cluster.delete(&["apps.marketplace.kratix.io", "ordered", "--namespace", SHOP])?;
    eventually("it goes with the App", 10, async || backstage.absent(&component).await).await
}
