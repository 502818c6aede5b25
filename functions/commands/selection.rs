//! What `drift` and `resync` compare.

use super::Target;
use crate::{context::Context, kinds, resync::Findings};
use anyhow::{Context as _, bail};
use cluster::{Cluster, Error};
use events::{Scope, names};

/// A part of the cluster, and the catalog that has it.
#[derive(Debug, clap::Args)]
pub struct Selection {
    /// Only this kind, in the singular or plural, e.g. app.marketplace.kratix.io, or namespace of the core group
    #[arg(long, value_name = "KIND.GROUP", value_parser = kind)]
    pub kind: Option<String>,
    /// Only this namespace
    #[arg(long, short)]
    pub namespace: Option<String>,
    /// Only objects of this name
    #[arg(long)]
    pub name: Option<String>,
    /// Which catalog of which cluster.
    #[command(flatten)]
    pub target: Target,
}

fn kind(text: &str) -> Result<String, String> {
    let text = text.to_ascii_lowercase();
    let (kind, group) = text.split_once('.').unwrap_or((&text, "core"));
    match names::is_label(kind) && names::is_subdomain(group) {
        true => Ok(text),
        false => Err("give kind and group, such as app.marketplace.kratix.io".to_owned()),
    }
}

impl Selection {
    /// What is selected. The cluster knows the plural of a kind.
    ///
    /// # Errors
    /// If the cluster does not answer.
    pub(super) async fn scope(&self, cluster: &Cluster) -> anyhow::Result<Scope> {
        let kind = match &self.kind {
            Some(kind) => Some(meant(cluster, kind).await?),
            None => None,
        };
        Ok(Scope { kind, namespace: self.namespace.clone(), name: self.name.clone() })
    }

    /// Makes sure that something was compared. Otherwise a mistake in the selection looks as if all were right.
    ///
    /// # Errors
    /// If a part was selected, and there is nothing of it, neither in the cluster nor in the bucket.
    pub(super) fn has_selected<S>(&self, cx: &Context<S>, scope: &Scope, found: &Findings) -> anyhow::Result<()> {
        if *scope == Scope::default() || !found.is_empty() {
            return Ok(());
        }
        let mut what = "neither the cluster nor the bucket has a cataloged object".to_owned();
        let parts = [("kind", &scope.kind), ("namespace", &scope.namespace), ("name", &scope.name)];
        for (part, value) in parts.iter().filter_map(|(part, value)| Some((part, value.as_ref()?))) {
            what = format!("{what} with the {part} {value}");
        }
        if !cx.keeps(scope.namespace.as_deref()) {
            bail!("{what}: CALLBOARD_NAMESPACES does not have this namespace");
        }
        bail!("{what}: compare all without --kind, --namespace and --name")
    }
}

/// `<kind>.<group>` in the singular. What the cluster does not have may still be in the bucket.
async fn meant(cluster: &Cluster, text: &str) -> anyhow::Result<String> {
    let (name, group) = text.split_once('.').unwrap_or((text, ""));
    match cluster.called(group, name).await {
        Ok(Some(kind)) => Ok(kinds::kind_name(kind.kind(), kind.group())),
        Ok(None) | Err(Error::Unserved { .. }) => Ok(text.to_owned()),
        Err(error) => Err(error).with_context(|| format!("the kind {text} cannot be looked up")),
    }
}
