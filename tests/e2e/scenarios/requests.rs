//! The objects of users: Promises and requests.

use crate::{
    eventually::eventually,
    suite::{SHOP, Suite, image},
};
use anyhow::{Result, ensure};

pub(crate) const APP: &str = include_str!("../fixtures/app.yaml");
pub(crate) const CACHE: &str = include_str!("../fixtures/cache.yaml");
pub(crate) const QUEUE: &str = include_str!("../fixtures/queue.yaml");
pub(crate) const REDIS: &str = include_str!("../fixtures/redis.yaml");

/// A Promise of the fixtures, installed and available.
pub(crate) async fn promise(suite: &Suite, fixture: &str, name: &str) -> Result<()> {
    suite.cluster.apply(&fixture.replace("PIPELINE_IMAGE", &image("PIPELINE", "busybox"))).await?;
    eventually(&format!("the Promise {name} is available"), 60, async || {
        let status = suite.cluster.get(&["promise", name])?["status"]["status"].clone();
        ensure!(status == "Available", "its status is {status}");
        Ok(())
    })
    .await
}

pub(crate) fn app(name: &str, image: &str) -> String {
    titled_app(name, image, "")
}

/// An App that has this title in the catalog.
pub(crate) fn titled_app(name: &str, image: &str, title: &str) -> String {
    object("marketplace.kratix.io/v1", "app", name, title, &format!("{{name: {name}, image: '{image}'}}"))
}

pub(crate) fn redis(name: &str, image: &str) -> String {
    object("e2e.callboard.dev/v1", "redis", name, "", &format!("{{image: '{image}'}}"))
}

/// A Cache that has this title in the catalog.
pub(crate) fn cache(name: &str, title: &str) -> String {
    object("e2e.callboard.dev/v1", "Cache", name, title, "{}")
}

/// A document of each of these Caches: `<prefix>-<number>`.
pub(crate) fn caches(prefix: &str, numbers: impl Iterator<Item = usize>, title: &str) -> String {
    numbers.map(|number| cache(&format!("{prefix}-{number}"), title)).collect()
}

fn object(api_version: &str, kind: &str, name: &str, title: &str, spec: &str) -> String {
    let annotations = if title.is_empty() { "{}".to_owned() } else { format!("{{callboard.dev/title: '{title}'}}") };
    format!(
        "---\napiVersion: {api_version}\nkind: {kind}\n\
         metadata: {{name: {name}, namespace: {SHOP}, annotations: {annotations}}}\nspec: {spec}\n"
    )
}

/// Waits until an App's pipeline has run for this image.
pub(crate) async fn deployed(suite: &Suite, name: &str, image: &str) -> Result<()> {
    eventually(&format!("the pipeline of {name} has run"), 120, async || {
        let app = suite.cluster.get(&["apps.marketplace.kratix.io", name, "--namespace", SHOP])?;
        let message = &app["status"]["message"];
        ensure!(*message == format!("Deployed {image}"), "its message is {message}");
        Ok(())
    })
    .await
}
