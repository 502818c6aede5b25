//! The bucket in the cluster, as Backstage would read it.

use anyhow::{Context, Result, ensure};
use bucket::{Condition, Store};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// The most bytes of an object that are read.
const MAX: usize = 4 * 1024 * 1024;

/// The bucket of an install.
pub(crate) struct Catalog {
    store: bucket::S3,
}

impl Catalog {
    pub(crate) fn new(endpoint: &str, bucket: &str, access_key: &str, secret_key: &str) -> Self {
        let args = bucket::Args {
            bucket: bucket.to_owned(),
            endpoint: Some(endpoint.to_owned()),
            path_style: Some(true),
            ca_bundle: None,
            unconditional: false,
        };
        Self { store: bucket::S3::with_credentials(args, access_key, secret_key) }
    }

    /// The keys below a prefix.
    pub(crate) async fn keys(&self, prefix: &str) -> Result<BTreeSet<String>> {
        Ok(self.etags(prefix).await?.into_keys().collect())
    }

    /// The keys of all but the event mesh, with their ETags.
    pub(crate) async fn promised(&self) -> Result<BTreeMap<String, String>> {
        let is_of_mesh =
            |key: &str| key.split('/').nth(2).is_some_and(|group| group == "core" || group.ends_with("knative.dev"));
        Ok(self.etags("entities/").await?.into_iter().filter(|(key, _)| !is_of_mesh(key)).collect())
    }

    /// The keys below a prefix with the hashes of the events that wrote the objects.
    pub(crate) async fn causes(&self, prefix: &str) -> Result<BTreeMap<String, String>> {
        let mut causes = BTreeMap::new();
        for key in self.keys(prefix).await? {
            let head = self.store.head(&key).await.with_context(|| format!("HEAD of {key}"))?;
            let cause = head.and_then(|head| head.metadata.get("cause").cloned());
            causes.insert(key, cause.unwrap_or_default());
        }
        Ok(causes)
    }

    /// The keys below a prefix with their ETags.
    pub(crate) async fn etags(&self, prefix: &str) -> Result<BTreeMap<String, String>> {
        let (mut all, mut from) = (BTreeMap::new(), None);
        loop {
            let page = self.store.list(prefix, from.as_deref()).await.with_context(|| format!("list of {prefix}"))?;
            all.extend(page.objects.into_iter().map(|object| (object.key, object.etag)));
            from = page.next;
            if from.is_none() {
                return Ok(all);
            }
        }
    }

    /// The text of an object; an error if there is none.
    pub(crate) async fn text(&self, key: &str) -> Result<String> {
        let found = self.store.get(key, MAX).await.with_context(|| format!("GET of {key}"))?;
        let (_, bytes) = found.with_context(|| format!("there is no object {key}"))?;
        Ok(String::from_utf8(bytes)?)
    }

    /// The one entity of an object.
    pub(crate) async fn entity(&self, key: &str) -> Result<Value> {
        let text = self.text(key).await?;
        serde_saphyr::from_str(&text).with_context(|| format!("{key} is not one entity:\n{text}"))
    }

    /// All entities of an object.
    pub(crate) async fn entities(&self, key: &str) -> Result<Vec<Value>> {
        let text = self.text(key).await?;
        let documents = text.split("---\n").filter(|document| document.contains("\nkind: "));
        let all = documents.map(serde_saphyr::from_str).collect::<Result<_, _>>();
        all.with_context(|| format!("{key} holds no entities:\n{text}"))
    }

    /// An error as long as there is an object.
    pub(crate) async fn absent(&self, key: &str) -> Result<()> {
        let found = self.store.head(key).await.with_context(|| format!("HEAD of {key}"))?;
        ensure!(found.is_none(), "there is still an object {key}");
        Ok(())
    }

    /// An error as long as there is no object.
    pub(crate) async fn present(&self, key: &str) -> Result<()> {
        let found = self.store.head(key).await.with_context(|| format!("HEAD of {key}"))?;
        found.map(drop).with_context(|| format!("there is no object {key}"))
    }

    /// An error as long as an object's text lacks this.
    pub(crate) async fn contains(&self, key: &str, part: &str) -> Result<String> {
        let text = self.text(key).await?;
        ensure!(text.contains(part), "{key} does not contain {part:?}:\n{text}");
        Ok(text)
    }

    /// Writes an object that Callboard did not.
    pub(crate) async fn put(&self, key: &str, text: &str) -> Result<()> {
        let metadata = BTreeMap::new();
        let body = bucket::Body { bytes: text.into(), content_type: "application/json", metadata };
        self.store.put(key, body, Condition::Always).await.with_context(|| format!("PUT of {key}"))?;
        Ok(())
    }

    pub(crate) async fn delete(&self, key: &str) -> Result<()> {
        self.store.delete(key, Condition::Always).await.with_context(|| format!("DELETE of {key}"))?;
        Ok(())
    }
}
