//! What a platform of Kratix looks like in Backstage.

use super::{app_ref, mirrors, relates};
use crate::{backstage::Backstage, suite::Suite};
use anyhow::{Context, Result, ensure};

const PROMISE: &str = "component:default/app";
const API: &str = "api:default/app-promise-api";
const TEMPLATE: &str = "template:default/app-promise-template";

/// The Promise, what it offers and its form; its Apps, what they consume and need, and who owns them.
pub(crate) async fn shown(suite: &Suite) -> Result<()> {
    let backstage = Backstage::new()?;
    let (todo, cart) = (app_ref("todo"), app_ref("cart"));
    for app in [&todo, &cart] {
        relates(&backstage, app, "consumesApi", &[API]).await?;
        relates(&backstage, app, "dependsOn", &[PROMISE]).await?;
        relates(&backstage, app, "ownedBy", &["group:default/platform"]).await?;
    }
    relates(&backstage, PROMISE, "providesApi", &[API]).await?;
    relates(&backstage, PROMISE, "dependencyOf", &[&todo, &cart]).await?;
    relates(&backstage, API, "apiProvidedBy", &[PROMISE]).await?;
    relates(&backstage, API, "apiConsumedBy", &[&todo, &cart]).await?;

    let app = backstage.present(&todo).await?;
    let link = &app["metadata"]["links"][0]["url"];
    ensure!(link == "http://todo.local.gd:8080", "{app:#}");
    ensure!(app["metadata"]["labels"]["callboard.dev/state"] == "reconciled", "{app:#}");
    let api = backstage.present(API).await?;
    let definition = api["spec"]["definition"].as_str().context("the API has no definition")?;
    ensure!(api["spec"]["type"] == "openapi" && definition.contains("/apis/marketplace.kratix.io/v1"), "{api:#}");
    let template = backstage.present(TEMPLATE).await?;
    ensure!(template["spec"]["steps"][0]["action"] == "kube:apply", "{template:#}");
    let image = &template["spec"]["parameters"][1]["properties"]["spec"]["properties"]["image"];
    ensure!(image["description"] == "The container image to run", "{template:#}");
    mirrors(suite, &backstage, 10).await.map(drop)
}
