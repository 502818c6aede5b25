//! `callboard doctor`: looks at an install from the bucket to Backstage, and says of each part what is wrong and what mends it.

mod backstage;
mod bucket;
mod cluster;
mod eventing;
mod finding;
mod install;
mod line;
mod provider;
mod rights;
mod variables;

pub use backstage::Patience;
pub use bucket::Place;
pub use finding::{Area, Finding, State};
pub use install::Install;
pub use variables::Variables;

use super::{Format, Target, sources::Broker};
use crate::context::Context;
use ::backstage::Backstage;
use ::bucket::{Fault, Honours, Listed, Store, Versioning};
use ::cluster::Cluster;
use events::Function;
use std::process::ExitCode;

/// What to look at.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// Broker of the install. If it is in another namespace: NAMESPACE/NAME
    #[arg(long, default_value = "callboard", value_name = "BROKER")]
    pub broker: Broker,
    /// Which catalog of which cluster.
    #[command(flatten)]
    pub target: Target,
    /// Backstage.
    #[command(flatten)]
    pub backstage: ::backstage::Args,
}

const EXAMPLES: &str = "Examples:
  # Check the bucket, the cluster, eventing and Backstage
  callboard doctor

  # Only what is wrong, for a script
  callboard doctor --output json | jq '.checks[] | select(.state == \"wrong\")'";

/// An install to look at.
pub struct Patient<'a, S> {
    /// Which catalog of which cluster; a cluster that cannot be asked is told by a finding.
    pub context: &'a Context<S>,
    /// The cluster, or why there is none.
    pub cluster: Result<Cluster, String>,
    /// Its namespace and Broker.
    pub install: Install,
    /// The variables by which this looks.
    pub variables: Variables,
    /// Its bucket.
    pub place: Place,
    /// What is known of the store's conditional writes.
    pub honours: Honours,
    /// Whether the bucket keeps what is overwritten.
    pub versioning: Result<Versioning, Fault>,
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
            install: Install {
                namespaces: kept.namespaces.chosen(),
                cluster: named(&args.target.cluster),
                ..Install::new(&args.target.install, args.broker.clone())
            },
            variables: Variables::of(args),
            place: Place { bucket: kept.bucket.bucket.clone(), endpoint: kept.bucket.endpoint().map(str::to_owned) },
            honours: kept.bucket.honours(),
            versioning: context.bucket.store().versioning().await,
            backstage: kept.backstage(&args.backstage).map_err(|error| format!("{error:#}")),
            patience: Patience::default(),
        };
        let found = patient.examined().await;
        super::print(&match args.target.output {
            Format::Json => finding::document(&found),
            Format::Table => finding::table(&found),
        })?;
        let is_well = finding::count(&found, State::Wrong) == 0;
        Ok(if is_well { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    })
}

/// Which cluster, for commands that would take another one by themselves.
fn named(args: &::cluster::Args) -> String {
    let file = args.kubeconfig.as_ref().filter(|file| std::env::var_os("KUBECONFIG").as_ref() != Some(*file));
    let file = file.map(|file| ("--kubeconfig", file.to_string_lossy().into_owned()));
    let context = args.context.clone().map(|context| ("--context", context));
    let given: Vec<_> =
        file.into_iter().chain(context).map(|(name, it)| format!("{name} {}", line::shell(&it))).collect();
    given.join(" ")
}

impl<S: Store> Patient<'_, S> {
    /// All findings.
    pub async fn examined(&self) -> Vec<Finding> {
        let Self { context, place, honours, .. } = self;
        let (mut found, listed) = bucket::examine(&context.bucket, place, &context.settings.layout, *honours).await;
        found.push(bucket::versioning(&self.versioning, place));
        found.extend(self.beyond_the_bucket(listed).await);
        found
    }

    async fn beyond_the_bucket(&self, listed: Option<Vec<Listed>>) -> Vec<Finding> {
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
        let services = install::services(cluster, &self.install).await;
        let known = services.as_ref().ok().map(Vec::as_slice);
        let requests = [Function::Apps, Function::Resync];
        let read = known.into_iter().flatten().filter(|it| requests.iter().any(|function| it.serves(*function)));
        let install = Install { accounts: read.map(|it| it.account.clone()).collect(), ..self.install.clone() };
        found.extend(cluster::examine(cluster, &install, known).await);
        let backstage = Some(self.variables.backstage()).filter(|url| !url.is_empty());
        match &services {
            Ok(services) => {
                found.extend(variables::compared(&self.variables, services));
                found.extend(variables::secrets(cluster, &install, services).await);
                let functions = [Function::Apps, Function::Promises, Function::Mesh, Function::Resync];
                found.extend(eventing::examine(cluster, &install, services, &functions, backstage).await);
            }
            Err(finding) => {
                found.push((**finding).clone());
                found.extend(eventing::examine(cluster, &install, &[], &[], None).await);
            }
        }
        found
    }
}
