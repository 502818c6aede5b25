//! What `drift` and `resync` compare.

use super::Target;
use events::Scope;

/// A part of the cluster, and the catalog that has it.
#[derive(Debug, clap::Args)]
pub struct Selection {
    /// Only this kind, e.g. app.marketplace.kratix.io
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
    match text.split_once('.') {
        Some((kind, group)) if !kind.is_empty() && group.contains('.') => Ok(text.to_ascii_lowercase()),
        _ => Err("give kind and group, such as app.marketplace.kratix.io".to_owned()),
    }
}

impl Selection {
    pub(super) fn scope(&self) -> Scope {
        let Self { kind, namespace, name, .. } = self;
        Scope { kind: kind.clone(), namespace: namespace.clone(), name: name.clone() }
    }
}
