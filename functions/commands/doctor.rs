//! `callboard doctor`: checks an install from the bucket to Backstage, and prints what is wrong and what fixes it.

mod backstage;
mod bindings;
mod bucket;
mod cluster;
mod condition;
mod config_map;
mod configuration;
mod eventing;
mod finding;
mod given;
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
mod wait;

pub use finding::{Area, Finding, State};
pub use given::Given;
pub use install::Install;
pub use patience::Patience;
pub use place::Place;
pub use variables::Variables;

use super::{Broker, Format, consumers, terminal::shown};
use crate::{
    context::Context,
    ending::Ending,
    mesh,
    progress::Progress,
    table::{Needs, Reads, row},
};
use ::backstage::Backstage;
use ::bucket::{Fault, Honours, Listed, S3, Store, Versioning};
use ::cluster::Cluster;
use configuration::Configuration;
use events::{Function, Refusal, Scope};
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// The pause before everything is checked again.
const PAUSE: Duration = Duration::from_secs(3);

/// What to check.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// Broker of the install. If it is in another namespace: NAMESPACE/NAME
    #[arg(long, default_value = "callboard", value_name = "BROKER")]
    pub broker: Broker,
    /// Namespace of the install
    #[arg(long, default_value = "callboard", value_name = "NAMESPACE")]
    pub install: String,
    /// Check again until nothing is wrong and all is known, but no longer than this, e.g. 90s or 2m
    #[arg(long, value_name = "DURATION", value_parser = wait::duration)]
    pub wait: Option<Duration>,
    /// Output format
    #[arg(long, short, value_enum, default_value_t = Format::Table)]
    pub output: Format,
    /// The settings that differ from those of the install, or that it cannot know.
    #[command(flatten)]
    pub given: Given,
    /// The cluster.
    #[command(flatten)]
    pub cluster: ::cluster::Args,
}

const EXAMPLES: &str = "Examples:
  # Check the bucket, the cluster and eventing, as the install has them
  callboard doctor

  # After an install: wait until all of it works
  callboard doctor --wait 2m

  # Only what is wrong, for a script
  callboard doctor --output json | jq '.checks[] | select(.state == \"wrong\")'";

/// What is checked.
pub struct Checkup<'a, S> {
    /// What was found about the settings.
    pub settings: Vec<Finding>,
    /// Which catalog of which cluster; `None`: the settings do not say.
    pub context: Option<&'a Context<S>>,
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

/// Checks everything. What must be fixed is wrong. What could not be checked is unknown.
///
/// # Errors
/// If the findings cannot be printed.
pub fn run(args: &Args) -> anyhow::Result<Ending> {
    super::run(async {
        let progress = Progress::watched();
        let found = shown(&progress, waited(args, &progress)).await;
        super::print(&match args.output {
            Format::Json => finding::document(&found),
            Format::Table => finding::table(&found),
        })?;
        Ok(ending(&found))
    })
}

fn ending(found: &[Finding]) -> Ending {
    Ending::of(finding::count(found, State::Wrong) > 0, finding::count(found, State::Unknown) > 0)
}

/// The findings when all is well, or when there is no more time.
async fn waited(args: &Args, progress: &Progress) -> Vec<Finding> {
    let until = Instant::now() + args.wait.unwrap_or_default();
    loop {
        if args.wait.is_none() {
            progress.now(format_args!("checking"));
        }
        let found = examined(args).await;
        if ending(&found) == Ending::Fine || Instant::now() + PAUSE > until {
            return found;
        }
        let lacking = |it: &&Finding| matches!(it.state, State::Wrong | State::Unknown);
        let subjects: Vec<_> = found.iter().filter(lacking).map(|it| it.subject.as_str()).collect();
        progress.now(format_args!("waiting for {}", subjects.join(", ")));
        sleep(PAUSE).await;
    }
}

/// The findings now.
async fn examined(args: &Args) -> Vec<Finding> {
    let cluster = Cluster::of_install(&args.cluster, &args.install).await.map_err(|error| format!("{error:#}"));
    let install = Install { cluster: named(&args.cluster), ..Install::new(&args.install, args.broker.clone()) };
    let services = match &cluster {
        Ok(cluster) => service::services(cluster, &install).await.ok(),
        Err(_) => None,
    };
    let installed = services.filter(|all| !all.is_empty()).map(|all| configuration::installed(&all));
    let Configuration { findings, parsed, variables, is_of_install } =
        Configuration::of(&args.given, installed.as_ref());
    let mut checkup: Checkup<'_, S3> = Checkup {
        settings: findings,
        context: None,
        cluster,
        install,
        variables,
        place: Place::default(),
        honours: Honours::Unknown,
        versioning: Ok(Versioning::Off),
        backstage: Ok(None),
        patience: Patience::default(),
    };
    let Some(parsed) = parsed else { return checkup.examined().await };
    let (catalog, bucket) = (&parsed.catalog, &parsed.catalog.bucket);
    let context = match catalog.context() {
        Ok(context) => context.with_cluster(checkup.cluster.as_ref().ok().cloned()),
        Err(error) => {
            let wrong = Area::Bucket.wrong("settings", format!("{error:#}"), "callboard doctor --help");
            checkup.settings.push(wrong);
            return checkup.examined().await;
        }
    };
    let endpoint = bucket.endpoint();
    let forward = endpoint.filter(|_| is_of_install).and_then(|url| place::forward(&checkup.install, url));
    checkup.place = Place { bucket: bucket.bucket.clone(), endpoint: endpoint.map(str::to_owned), forward };
    checkup.install.namespaces = catalog.namespaces.chosen();
    checkup.honours = bucket.honours();
    checkup.versioning = context.bucket.store().versioning().await;
    checkup.backstage = catalog.backstage(&parsed.backstage).map_err(|error| format!("{error:#}"));
    Checkup { context: Some(&context), ..checkup }.examined().await
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

impl<S: Store> Checkup<'_, S> {
    /// All findings.
    pub async fn examined(&self) -> Vec<Finding> {
        let Self { context, place, honours, .. } = self;
        let (mut found, mut listed) = (self.settings.clone(), None);
        if let Some(cx) = context {
            let (findings, there) = bucket::examine(&cx.bucket, place, &cx.settings.layout, *honours).await;
            (found, listed) = ([found, findings].concat(), there);
            found.push(bucket::versioning(&self.versioning, place));
        }
        found.extend(self.beyond_the_bucket(listed).await);
        found
    }

    async fn beyond_the_bucket(&self, listed: Option<Vec<Listed>>) -> Vec<Finding> {
        let mut found = match &self.cluster {
            Ok(cluster) => self.cluster(cluster).await,
            Err(why) => vec![cluster::unreached(why)],
        };
        match (&self.backstage, self.context) {
            (Ok(Some(backstage)), Some(cx)) => {
                found.extend(backstage::examine(cx, &self.place, backstage, listed, self.patience).await);
                if found.iter().any(backstage::is_open) {
                    found.extend(self.consumers(cx, backstage).await);
                }
            }
            (Ok(_), _) => found.push(self.without_backstage()),
            (Err(why), _) => {
                let set = "export CALLBOARD_BACKSTAGE_TOKEN_FILE=... CALLBOARD_BACKSTAGE_BUCKET_URL=...";
                found.push(Area::Backstage.wrong("settings", why, set));
            }
        }
        found
    }

    /// Why Backstage is not checked.
    fn without_backstage(&self) -> Finding {
        let set = "export CALLBOARD_BACKSTAGE_URL=... CALLBOARD_BACKSTAGE_TOKEN_FILE=...";
        match self.variables.backstage() {
            "" => Area::Backstage.skipped("Backstage", "not given").with_fix(set),
            url => {
                let why = format!("the install notifies {url}. To check it, give its URL as you reach it, and a token");
                Area::Backstage.unknown("Backstage", why).with_fix(set)
            }
        }
    }

    /// The Components of consumers that Backstage does not have.
    async fn consumers(&self, cx: &Context<S>, backstage: &Backstage) -> Vec<Finding> {
        const SUBJECT: &str = "consumers";
        let Ok(cluster) = &self.cluster else {
            return vec![Area::Backstage.unknown(SUBJECT, "there is no cluster that says who consumes events")];
        };
        mesh::learn(cx, cluster).await;
        match consumers::missing(cx, backstage, &Scope::default()).await {
            Err(error) => vec![Area::Backstage.unknown(SUBJECT, format!("{error:#}"))],
            Ok(missing) if missing.is_empty() => {
                vec![Area::Backstage.ok(SUBJECT, "the catalog has each Component that the event mesh names")]
            }
            Ok(missing) => {
                let of_key =
                    |(key, all): (String, Vec<Refusal>)| all.into_iter().map(|it| wrong(&key, it)).collect::<Vec<_>>();
                missing.into_iter().flat_map(of_key).collect()
            }
        }
    }

    async fn cluster(&self, cluster: &Cluster) -> Vec<Finding> {
        let mut found = match cluster::whose(self.context, cluster).await {
            Ok(finding) => Vec::from_iter(finding),
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

/// A Component that no catalog has, and which object names it.
fn wrong(key: &str, Refusal { entity, reason, advice }: Refusal) -> Finding {
    let subject = format!("consumer {}", entity.unwrap_or_default());
    Area::Backstage.wrong(subject, format!("{reason}. {key} names it"), advice.unwrap_or_default())
}
