//! `callboard` without a command: serves functions.

use crate::{
    args::Catalog,
    context::Context,
    refresh::Refresh,
    resync::Pace,
    serving::{Functions, Serving},
};
use bucket::S3;
use events::Function;

/// What a Service needs.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Serving")]
pub struct Serve {
    /// Function to serve
    #[arg(long, env = "FUNCTION", value_enum, default_value_t = Serving::All)]
    pub function: Serving,
    /// HTTP and telemetry.
    #[command(flatten)]
    pub runtime: runtime::Args,
    /// The catalog.
    #[command(flatten)]
    pub catalog: Catalog,
    /// The cluster.
    #[command(flatten)]
    pub cluster: cluster::Args,
    /// Where events go that are not replies.
    #[command(flatten)]
    pub sink: runtime::SinkArgs,
    /// Backstage.
    #[command(flatten)]
    pub backstage: backstage::Args,
}

impl Serve {
    /// The surroundings of the functions, without the cluster. Call it after telemetry is set up, or they count nothing.
    ///
    /// # Errors
    /// Names the setting that cannot be used.
    pub fn context(&self) -> anyhow::Result<Context<S3>> {
        let timeout = self.runtime.timeout;
        // The other functions share a ConfigMap with `refresh`, and have no token.
        let notifies = self.function.includes(Function::Refresh);
        let backstage = if notifies { self.catalog.backstage(&self.backstage)? } else { None };
        let refresh = backstage.map(|backstage| Refresh::new(backstage, timeout * 3 / 4));
        let context = self.catalog.context()?.with_sink(runtime::Sink::new(&self.sink)?).with_refresh(refresh);
        Ok(context.with_pace(Pace::new(timeout / 2)))
    }
}

impl Serve {
    /// What a person looks for first in a log: which process this is, and what it works on.
    fn log_start(&self) {
        let Catalog { bucket, entities, .. } = &self.catalog;
        tracing::info!(
            version = env!("CARGO_PKG_VERSION"),
            function = self.function.as_str(),
            port = self.runtime.port,
            aws.s3.bucket = bucket.bucket,
            store = trust::shown(bucket.endpoint().unwrap_or("AWS")),
            prefix = entities.prefix,
            cluster = entities.cluster,
            "callboard serves"
        );
    }
}

/// Serves until the process is asked to end.
///
/// # Errors
/// If a setting, the cluster or the port cannot be used.
// One thread: docs/decisions/0006.
#[tokio::main(flavor = "current_thread")]
pub async fn run(args: &Serve) -> anyhow::Result<()> {
    let telemetry = runtime::telemetry::init(args.function.as_str(), &args.runtime)?;
    let context = args.context()?.with_cluster(cluster::Cluster::of_service(&args.cluster).await?);
    let functions = Functions::start(args.function, context)?;
    let listener = runtime::listen(&args.runtime).await?;
    args.log_start();
    runtime::serve(listener, runtime::router(functions, &args.runtime), runtime::terminated()).await;
    telemetry.shutdown().await;
    Ok(())
}
