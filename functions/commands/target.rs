//! Which catalog of which cluster a command is about.

use crate::{args::Catalog, context::Context, progress::Progress};
use bucket::S3;
use cluster::Cluster;

/// Which catalog of which cluster.
#[derive(Debug, clap::Args)]
pub struct Target {
    /// Namespace of the install
    #[arg(long, default_value = "callboard", value_name = "NAMESPACE")]
    pub install: String,
    /// Output format
    #[arg(long, short, value_enum, default_value_t = Format::Table)]
    pub output: Format,
    /// The catalog.
    #[command(flatten)]
    pub catalog: Catalog,
    /// The cluster.
    #[command(flatten)]
    pub cluster: cluster::Args,
}

/// The output format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// A table for people
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
        let cluster = Cluster::of_install(&self.cluster, &self.install).await?;
        let progress = Progress::watched();
        progress.now(format_args!("asking the API server and the store"));
        let context = self.catalog.context()?.with_cluster(cluster.clone()).with_progress(progress);
        Ok((context, cluster))
    }
}
