//! The raw calls: what somebody would do who writes into the bucket and notifies Backstage by hand.

use crate::{
    backstage::Backstage,
    catalog::Catalog,
    eventually::eventually,
    scenarios::requests::cache,
    suite::{SHOP, Suite, cache_key},
};
use anyhow::{Context, Result};
use futures::future::try_join_all;
use std::collections::BTreeMap;

/// A bucket and a Backstage.
pub(crate) struct Raw<'a> {
    catalog: Catalog,
    backstage: &'a Backstage,
    /// What Callboard writes for a Cache.
    sample: String,
}

impl<'a> Raw<'a> {
    pub(crate) async fn new(suite: &Suite, backstage: &'a Backstage) -> Result<Self> {
        let (catalog, key) = (suite.catalog()?, cache_key("sample"));
        suite.cluster.apply(&cache("sample", "TITLE")).await?;
        // As it is after Kratix has labelled it.
        let sample = eventually("a sample is there", 30, async || catalog.contains(&key, "promise-name=cache").await);
        let sample = sample.await?;
        suite.cluster.delete(&["caches.e2e.callboard.dev", "sample", "--namespace", SHOP])?;
        eventually("the sample is gone", 30, async || catalog.absent(&key).await).await?;
        Ok(Self { catalog, backstage, sample })
    }

    /// Writes a new object, and lets Backstage list the bucket.
    pub(crate) async fn create(&self, name: &str, title: &str) -> Result<()> {
        self.put(name, title).await?;
        self.backstage.trigger().await
    }

    /// Writes an object that Backstage knows by this Location, and lets it read that.
    pub(crate) async fn change(&self, name: &str, title: &str, location: &str) -> Result<()> {
        self.put(name, title).await?;
        self.backstage.refresh(location).await.map(drop)
    }

    /// Deletes an object, and lets Backstage list the bucket.
    pub(crate) async fn remove(&self, name: &str) -> Result<()> {
        self.catalog.delete(&key(name)).await?;
        self.backstage.trigger().await
    }

    /// Changes many by so many writers in parallel.
    pub(crate) async fn change_all(
        &self,
        writers: usize,
        names: &[String],
        title: &str,
        locations: &BTreeMap<String, String>,
    ) -> Result<()> {
        let parts = names.chunks(names.len().div_ceil(writers)).map(async |part| {
            for name in part {
                let location = locations.get(&key(name)).with_context(|| format!("{name} has no Location"))?;
                self.change(name, title, location).await?;
            }
            anyhow::Ok(())
        });
        try_join_all(parts).await.map(drop)
    }

    /// Writes many, or takes them away, and lets Backstage list the bucket once.
    pub(crate) async fn all(&self, names: &[String], title: Option<&str>) -> Result<()> {
        for name in names {
            match title {
                Some(title) => self.put(name, title).await?,
                None => self.catalog.delete(&key(name)).await?,
            }
        }
        self.backstage.trigger().await
    }

    async fn put(&self, name: &str, title: &str) -> Result<()> {
        let text = self.sample.replace("sample", name).replace("TITLE", title).replace(SHOP, "raw");
        self.catalog.put(&key(name), &text).await
    }
}

/// Next to what Callboard keeps.
pub(crate) fn key(name: &str) -> String {
    cache_key(name).replace("/main/", "/raw/").replace(SHOP, "raw")
}

/// The Component of it.
pub(crate) fn reference(name: &str) -> String {
    format!("component:raw/cache-{name}")
}
