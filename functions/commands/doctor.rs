//! `callboard doctor`: checks an install from the bucket to Backstage, and prints what is wrong and what fixes it.

mod backstage;
mod bindings;
mod bucket;
mod cluster;
mod condition;
mod config_map;
mod eventing;
mod finding;
mod install;
mod line;
mod list;
mod patience;
mod place;
mod provider;
mod rights;
mod secrets;
mod service;
mod settings;
mod template;
mod unserved;
mod variables;

pub use finding::{Area, Finding, State};
pub use install::Install;
pub use patience::Patience;
pub use place::Place;
pub use variables::Variables;

use super::{Broker, Format, Target};
use crate::{
    context::Context,
    table::{Needs, Reads, row},
};
use ::backstage::Backstage;
use ::bucket::{Fault, Honours, Listed, Store, Versioning};
use ::cluster::Cluster;
use events::Function;
use std::process::ExitCode;

/// What to check.
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

/// What is checked.
pub struct Checkup<'a, S> {
    /// Which catalog of which cluster. A cluster that does not answer is a finding.
    pub context: &'a Context<S>,
    /// The cluster, or why there is none.
    pub cluster: Result<Cluster, String>,
    /// Its namespace and Broker.
    pub install: Install,
    /// The variables of this command.
    pub variables: Variables,
    /// Its bucket.
    pub place: Place,
    /// What is known of the store's conditional writes.
    pub honours: Honours,
    /// Whether the bucket keeps what is overwritten.
    pub versioning: Result<Versioning, Fault>,
    /// Backstage, `None` if none is given, or why its settings cannot be used.
    pub backstage: Result<Option<Backstage>, String>,
    /// How long Backstage is waited for.
    pub patience: Patience,
}

/// Checks everything. Exits with 1 if something is wrong. What could not be checked is reported, but is no such reason.
///
/// # Errors
/// If a setting cannot be used.
pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    super::run(async {
        let catalog = &args.target.catalog;
        let cluster = Cluster::of_install(&args.target.cluster, &args.target.install).await;
        let context = catalog.context()?.with_cluster(cluster.as_ref().ok().cloned());
        let checkup = Checkup {
            context: &context,
            cluster: cluster.map_err(|error| format!("{error:#}")),
            install: Install {
                namespaces: catalog.namespaces.chosen(),
                cluster: named(&args.target.cluster),
                ..Install::new(&args.target.install, args.broker.clone())
            },
            variables: variables(args),
            place: Place {
                bucket: catalog.bucket.bucket.clone(),
                endpoint: catalog.bucket.endpoint().map(str::to_owned),
            },
            honours: catalog.bucket.honours(),
            versioning: context.bucket.store().versioning().await,
            backstage: catalog.backstage(&args.backstage).map_err(|error| format!("{error:#}")),
            patience: Patience::default(),
        };
        let found = checkup.examined().await;
        super::print(&match args.target.output {
            Format::Json => finding::document(&found),
            Format::Table => finding::table(&found),
        })?;
        let is_fine = finding::count(&found, State::Wrong) == 0;
        Ok(if is_fine { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    })
}

/// The arguments that name the cluster, for commands that would choose another one.
fn named(args: &::cluster::Args) -> String {
    let file = args.kubeconfig.as_ref().filter(|file| std::env::var_os("KUBECONFIG").as_ref() != Some(*file));
    let file = file.map(|file| ("--kubeconfig", file.to_string_lossy().into_owned()));
    let context = args.context.clone().map(|context| ("--context", context));
    let given: Vec<_> =
        file.into_iter().chain(context).map(|(name, it)| format!("{name} {}", line::shell(&it))).collect();
    given.join(" ")
}

/// The variables of a command line.
fn variables(args: &Args) -> Variables {
    let (catalog, backstage) = (&args.target.catalog, &args.backstage);
    let (namespaces, unconditional) = (catalog.namespaces.chosen().join(","), catalog.bucket.unconditional.to_string());
    Variables::new(|name| match name {
        variables::BUCKET => Some(&catalog.bucket.bucket),
        variables::STORE => catalog.bucket.endpoint(),
        "CALLBOARD_PREFIX" => Some(&catalog.entities.prefix),
        "CALLBOARD_CLUSTER" => Some(&catalog.entities.cluster),
        "CALLBOARD_NAMESPACES" => Some(namespaces.as_str()),
        "CALLBOARD_OWNER" => Some(&catalog.owner),
        "CALLBOARD_UNCONDITIONAL" => Some(unconditional.as_str()),
        variables::URL => backstage.url.as_ref().map(|url| url.as_str()),
        variables::BUCKET_URL => backstage.bucket_url.as_ref().map(|url| url.as_str()),
        _ => Some(&backstage.provider),
    })
}

impl<S: Store> Checkup<'_, S> {
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
                found.push(Area::Backstage.unknown("Backstage", "not given").with_fix(set));
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
        let services = service::services(cluster, &self.install).await;
        let known = services.as_ref().ok().map(Vec::as_slice);
        let reads_requests = |it: &&service::Service| {
            Function::ALL
                .into_iter()
                .any(|function| row(function).reads.contains(&Reads::Requests) && it.serves(function))
        };
        let read = known.into_iter().flatten().filter(reads_requests);
        let install = Install { accounts: read.map(|it| it.account.clone()).collect(), ..self.install.clone() };
        found.extend(cluster::examine(cluster, &install, known).await);
        let backstage = Some(self.variables.backstage()).filter(|url| !url.is_empty());
        match &services {
            Ok(services) => {
                found.extend(settings::compared(&self.variables, services));
                found.extend(secrets::examine(cluster, &install, services).await);
                let needed = |function: &Function| row(*function).needs != Needs::Backstage;
                let functions: Vec<_> = Function::ALL.into_iter().filter(needed).collect();
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
