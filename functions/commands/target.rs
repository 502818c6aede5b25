//! Which catalog of which cluster a command is about.

use crate::{
    args::{Catalog, Namespaces},
    context::Context,
};
use bucket::{Bucket, S3};
use cluster::Cluster;

/// Which catalog of which cluster.
#[derive(Debug, clap::Args)]
pub struct Target {
    /// The cluster.
    #[command(flatten)]
    pub cluster: cluster::Args,
    /// The bucket.
    #[command(flatten)]
    pub bucket: bucket::Args,
    /// Who owns what names no owner: an entity ref such as group:default/platform
    #[arg(long, env = "CALLBOARD_OWNER", value_name = "CALLBOARD_OWNER")]
    pub owner: String,
    /// The entities.
    #[command(flatten)]
    pub catalog: Catalog,
    /// Whose objects.
    #[command(flatten)]
    pub namespaces: Namespaces,
    /// The namespace of the install
    #[arg(long, default_value = "callboard")]
    pub install: String,
    /// How to print
    #[arg(long, short, value_enum, default_value_t = Format::Table)]
    pub output: Format,
}

/// How to print.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// For people
    Table,
    /// One JSON document
    Json,
}

impl Target {
    /// The surroundings that a function of that install has.
    ///
    /// # Errors
    /// If a setting cannot be used, or there is no cluster.
    pub(super) async fn context(&self) -> anyhow::Result<(Context<S3>, Cluster)> {
        let settings = self.catalog.settings(&self.owner)?;
        let bucket = Bucket::new(S3::new(self.bucket.clone()), settings.layout.clone(), self.bucket.honours());
        let cluster = Cluster::of_install(&self.cluster, &self.install).await?;
        let context = Context::new(settings, bucket).with_namespaces(self.namespaces.chosen());
        Ok((context.with_cluster(cluster.clone()), cluster))
    }
}
