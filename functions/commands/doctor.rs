//! `callboard doctor`: looks at an install from the bucket to Backstage, and says of each part what is wrong and what mends it.

mod backstage;
mod bucket;
mod cluster;
mod eventing;
mod finding;
mod install;
mod provider;
mod rights;

pub use backstage::Patience;
pub use bucket::Place;
pub use finding::{Area, Finding, State};
pub use install::Install;

use super::{Format, Target};
use crate::context::Context;
use ::backstage::Backstage;
use ::bucket::{Honours, Listed, Store};
use ::cluster::Cluster;
use events::Function;
use std::process::ExitCode;

/// What to look at.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Which catalog of which cluster.
    #[command(flatten)]
    pub target: Target,
    /// The Broker of the install
    #[arg(long, default_value = "callboard")]
    pub broker: String,
    /// Backstage.
    #[command(flatten)]
    pub backstage: ::backstage::Args,
}

/// An install to look at.
pub struct Patient<'a, S> {
    /// Which catalog of which cluster; a cluster that cannot be asked is told by [`Self::cluster`].
    pub context: &'a Context<S>,
    /// The cluster, or why there is none.
    pub cluster: Result<Cluster, String>,
    /// Its namespace and Broker.
    pub install: Install,
    /// Its bucket.
    pub place: Place,
    /// What is known of the store's conditional writes.
    pub honours: Honours,
    /// Backstage, `None` where none is given, or what is wrong with how it is given.
    pub backstage: Result<Option<Backstage>, String>,
    /// How long Backstage is waited for.
    pub patience: Patience,
}

/// Looks at everything. Exits with 1 where something is wrong; what could not be looked at is told, and is no such reason.
///
/// # Errors
/// If a setting cannot be used.
pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    super::run(async {
        let kept = &args.target.kept;
        let cluster = Cluster::of_install(&args.target.cluster, &args.target.install).await;
        let context = kept.context()?.with_cluster(cluster.as_ref().ok().cloned());
        let patient = Patient {
            context: &context,
            cluster: cluster.map_err(|error| format!("{error:#}")),
            install: Install { namespace: args.target.install.clone(), broker: args.broker.clone() },
            place: Place { bucket: kept.bucket.bucket.clone(), endpoint: kept.bucket.endpoint().map(str::to_owned) },
            honours: kept.bucket.honours(),
            backstage: kept.backstage(&args.backstage).map_err(|error| format!("{error:#}")),
            patience: Patience::default(),
        };
        let (mut found, listed) = patient.bucket().await;
        if found.iter().all(|it| it.state != State::Wrong) {
            found.push(bucket::versioning(context.bucket.store(), &patient.place).await);
        }
        found.extend(patient.beyond_the_bucket(&listed).await);
        super::print(&match args.target.output {
            Format::Json => finding::document(&found),
            Format::Table => finding::table(&found),
        })?;
        let is_well = finding::count(&found, State::Wrong) == 0;
        Ok(if is_well { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    })
}

impl<S: Store> Patient<'_, S> {
    /// All findings, but for whether the bucket keeps versions.
    pub async fn examined(&self) -> Vec<Finding> {
        let (mut found, listed) = self.bucket().await;
        found.extend(self.beyond_the_bucket(&listed).await);
        found
    }

    async fn bucket(&self) -> (Vec<Finding>, Vec<Listed>) {
        let Self { context, place, honours, .. } = self;
        bucket::examine(&context.bucket, place, &context.settings.layout, *honours).await
    }

    async fn beyond_the_bucket(&self, listed: &[Listed]) -> Vec<Finding> {
        let mut found = match &self.cluster {
            Ok(cluster) => self.cluster(cluster).await,
            Err(why) => vec![cluster::unreached(why)],
        };
        match &self.backstage {
            Ok(Some(backstage)) => {
                found.extend(backstage::examine(self.context, &self.place, backstage, listed, self.patience).await);
            }
            Ok(None) => {
                let set = "export CALLBOARD_BACKSTAGE_URL=... CALLBOARD_BACKSTAGE_TOKEN_FILE=...";
                found.push(Area::Backstage.unknown("Backstage", "not given").with_mend(set));
            }
            Err(why) => {
                let set = "export CALLBOARD_BACKSTAGE_TOKEN_FILE=... CALLBOARD_BACKSTAGE_BUCKET_URL=...";
                found.push(Area::Backstage.wrong("settings", why, set));
            }
        }
        found
    }

    async fn cluster(&self, cluster: &Cluster) -> Vec<Finding> {
        let mut found = match cluster::whose(self.context, cluster).await {
            Ok(finding) => vec![finding],
            Err(finding) => return vec![*finding],
        };
        let mut functions = vec![Function::Apps, Function::Promises, Function::Mesh, Function::Resync];
        if matches!(self.backstage, Ok(Some(_))) {
            functions.push(Function::Refresh);
        }
        let services = install::services(cluster).await;
        let namespaces: Vec<_> = self.context.namespaces.iter().flatten().cloned().collect();
        let known = services.as_ref().ok().map(Vec::as_slice);
        found.extend(cluster::examine(cluster, &self.install, known, &namespaces).await);
        match &services {
            Ok(services) => found.extend(eventing::examine(cluster, &self.install, services, &functions).await),
            Err(finding) => {
                found.push((**finding).clone());
                found.extend(eventing::examine(cluster, &self.install, &[], &[]).await);
            }
        }
        found
    }
}
