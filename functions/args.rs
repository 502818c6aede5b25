//! The configuration: arguments, each with an environment variable, read once.

use crate::{commands, context::Context, refresh::Refresh, resync::Pace, serving::Serving};
use anyhow::Context as _;
use backstage::Backstage;
use bucket::{Bucket, S3};
use catalog::{
    EntityNamespace, EntityRef, EventTypes, Internals, Layout, RequestKinds, Selection, Settings, SourceUrl,
};
use clap::{ArgMatches, Args as _, CommandFactory, FromArgMatches, Parser, Subcommand as _};
use events::Function;

/// What to do: a command, or to serve where there is none.
#[derive(Debug)]
#[allow(clippy::large_enum_variant, reason = "there is one, once")]
pub enum Cli {
    /// A command.
    Command(Command),
    /// CloudEvents come in by POST /, and Backstage entities go into the bucket.
    Serve(Serve),
}

/// What the binary does beside serving.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Run all functions locally, without a cluster and a cloud, and replay a story
    #[cfg(feature = "dev")]
    Dev(crate::dev::Args),
    /// Print the entities that Callboard makes of Kubernetes objects
    #[cfg(feature = "dev")]
    Preview(crate::dev::preview::Args),
    /// Compare cluster and bucket now, and repair the bucket
    Resync(Box<commands::resync::Args>),
    /// Print how cluster and bucket differ. Write nothing. Exit with 1 if they differ
    Drift(Box<commands::drift::Args>),
    /// Check the whole install, and print the commands that fix it. Exit with 1 if something is wrong
    Doctor(Box<commands::doctor::Args>),
    /// Print the ApiServerSources and RBAC for the kinds of all installed Promises
    Sources(commands::sources::Args),
    /// Retry dead letters now
    Redrive(Box<commands::redrive::Args>),
}

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
    /// Which catalog.
    #[command(flatten)]
    pub kept: Kept,
    /// The cluster.
    #[command(flatten)]
    pub cluster: cluster::Args,
    /// Where events go that are no replies.
    #[command(flatten)]
    pub sink: runtime::SinkArgs,
    /// Backstage.
    #[command(flatten)]
    pub backstage: backstage::Args,
}

impl Serve {
    /// The surroundings of the functions, without the cluster. Made after telemetry is set up, else they count nothing.
    ///
    /// # Errors
    /// Names the setting that cannot be used.
    pub fn context(&self) -> anyhow::Result<Context<S3>> {
        let timeout = self.runtime.timeout;
        // The others share a ConfigMap with it, and have no token.
        let notifies = self.function.includes(Function::Refresh);
        let backstage = if notifies { self.kept.backstage(&self.backstage)? } else { None };
        let refresh = backstage.map(|backstage| Refresh::new(backstage, timeout * 3 / 4));
        let context = self.kept.context()?.with_sink(runtime::Sink::new(&self.sink)?).with_refresh(refresh);
        Ok(context.with_pace(Pace::new(timeout / 2)))
    }
}

/// Which catalog is kept, and of whose objects.
#[derive(Debug, clap::Args)]
pub struct Kept {
    /// The bucket.
    #[command(flatten)]
    pub bucket: bucket::Args,
    /// Default owner, e.g. group:default/platform
    #[arg(long, env = "CALLBOARD_OWNER", value_name = "CALLBOARD_OWNER", help_heading = "Catalog")]
    pub owner: String,
    /// The entities.
    #[command(flatten)]
    pub catalog: Catalog,
    /// Whose objects.
    #[command(flatten)]
    pub namespaces: Namespaces,
}

impl Kept {
    /// The surroundings of a function that keeps it, without a cluster and a sink. Made after telemetry is set up, else
    /// it counts nothing.
    ///
    /// # Errors
    /// Names the setting that cannot be used.
    pub fn context(&self) -> anyhow::Result<Context<S3>> {
        let settings = self.catalog.settings(&self.owner)?;
        let bucket = Bucket::new(S3::new(self.bucket.clone()), settings.layout.clone(), self.bucket.honours());
        Ok(Context::new(settings, bucket).with_namespaces(self.namespaces.chosen()))
    }

    /// The Backstage that reads this bucket, if one is named.
    ///
    /// # Errors
    /// Names the setting that cannot be used.
    pub fn backstage(&self, args: &backstage::Args) -> anyhow::Result<Option<Backstage>> {
        let url = self.bucket.url().context("the URL of the bucket cannot be made of AWS_ENDPOINT_URL_S3")?;
        Backstage::new(args, url.as_ref())
    }
}

/// Whose objects are kept.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Catalog")]
#[group(id = "namespaces-args")]
pub struct Namespaces {
    /// Comma-separated namespaces to catalog. Default: all. Sources and RBAC must match, see `callboard sources`
    #[arg(long, env = "CALLBOARD_NAMESPACES", value_delimiter = ',', value_parser = namespace)]
    pub namespaces: Vec<String>,
}

impl Namespaces {
    /// The chosen ones, sorted; empty: all.
    pub fn chosen(&self) -> Vec<String> {
        let mut chosen: Vec<_> = self.namespaces.iter().filter(|it| !it.is_empty()).cloned().collect();
        chosen.sort();
        chosen.dedup();
        chosen
    }
}

/// Empty, as an unset variable of a ConfigMap may be, or a name that a namespace can have.
fn namespace(text: &str) -> Result<String, String> {
    let text = text.trim();
    let is_name = text.is_empty() || catalog::EntityNamespace::fit(text).as_str() == text;
    if is_name { Ok(text.to_owned()) } else { Err("no name of a namespace".to_owned()) }
}

/// What the platform engineer decides about entities.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Catalog")]
pub struct Catalog {
    /// Prefix of the entities in the bucket
    #[arg(long, env = "CALLBOARD_PREFIX", default_value = "entities")]
    pub prefix: String,
    /// Name of this cluster. Any name but main becomes part of the entity namespaces, so that several clusters can fill one Backstage
    #[arg(long, env = "CALLBOARD_CLUSTER", default_value = "main")]
    pub cluster: String,
    /// Default system, e.g. system:default/shop
    #[arg(long, env = "CALLBOARD_SYSTEM")]
    pub system: Option<String>,
    /// Comma-separated fields of an object that may name its owner, e.g. spec.owner
    #[arg(long, env = "CALLBOARD_OWNER_PATHS", value_delimiter = ',')]
    pub owner_paths: Vec<String>,
    /// URL of a page about a Kubernetes object, with {cluster}, {group}, {kind}, {namespace} and {name}
    #[arg(long, env = "CALLBOARD_SOURCE_URL")]
    pub source_url: Option<SourceUrl>,
    /// Kinds of resource requests, separated by semicolons: KIND.GROUP=PROMISE, or KIND.GROUP=PROMISE:SELECTOR with the label selector of the workload
    #[arg(long, env = "CALLBOARD_KINDS", value_delimiter = ';')]
    pub kinds: Vec<String>,
    /// Catalog only objects that opt in with kratix.io/backstage or callboard.dev/ignore=false
    #[arg(long, env = "CALLBOARD_OPT_IN", default_value_t = false, action = clap::ArgAction::Set, value_name = "BOOL")]
    pub opt_in: bool,
    /// Entity namespace of third-party Components that are known only by a backstage.io/kubernetes-id
    #[arg(long, env = "CALLBOARD_COMPONENT_NAMESPACE", default_value = "default", value_parser = entity_namespace)]
    pub component_namespace: EntityNamespace,
    /// Type of the API entity of an EventType
    #[arg(long, env = "CALLBOARD_EVENT_TYPES", value_enum, default_value_t = EventTypeApis::AsyncApi)]
    pub event_types: EventTypeApis,
    /// Also catalog the objects that Knative creates for its own use, e.g. the Channel of a Broker
    #[arg(long, env = "CALLBOARD_INTERNALS", default_value_t = false, action = clap::ArgAction::Set, value_name = "BOOL")]
    pub internals: bool,
}

/// What the API of an EventType is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum EventTypeApis {
    /// Type asyncapi: a document that Backstage renders
    #[value(name = "asyncapi")]
    AsyncApi,
    /// Type eventType: the schema unchanged
    #[value(name = "eventType")]
    EventType,
}

fn entity_namespace(text: &str) -> Result<EntityNamespace, String> {
    let fits = EntityNamespace::fit(text);
    if fits.as_str() == text { Ok(fits) } else { Err("no namespace that an entity can have".to_owned()) }
}

/// The first lines of the help.
const ABOUT: &str = "Callboard keeps a Backstage catalog up to date with what runs in your cluster.\n\n\
    Without a command it serves: CloudEvents arrive by POST /, and Backstage entities go into the bucket.";

const EXAMPLES: &str = "Examples:
  # See it work, without a cluster and a cloud
  callboard dev

  # Serve all functions
  CALLBOARD_BUCKET=catalog CALLBOARD_OWNER=group:default/platform callboard

  # Check an install, and print the commands that fix it
  callboard doctor

`callboard COMMAND --help` describes a command. You can set each option by the variable next to it.";

/// Help names the variable of an argument, never its value, which may be a secret.
fn without_value(argument: clap::Arg) -> clap::Arg {
    argument.hide_env_values(true)
}

// By hand, since clap's derive takes an optional group of arguments for absent where all of them come from the environment.
impl CommandFactory for Cli {
    fn command() -> clap::Command {
        let command = clap::Command::new("callboard")
            .version(env!("CARGO_PKG_VERSION"))
            .args_conflicts_with_subcommands(true)
            .subcommand_negates_reqs(true);
        // What is set after the derived arguments wins over the comments on their structs.
        Command::augment_subcommands(Serve::augment_args(command))
            .about(ABOUT)
            .long_about(None)
            .after_help(EXAMPLES)
            .subcommand_required(false)
            .arg_required_else_help(false)
            .mut_args(without_value)
            .mut_subcommands(|command| command.mut_args(without_value))
    }

    fn command_for_update() -> clap::Command {
        Self::command()
    }
}

impl FromArgMatches for Cli {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        match matches.subcommand_name() {
            Some(_) => Command::from_arg_matches(matches).map(Self::Command),
            None => Serve::from_arg_matches(matches).map(Self::Serve),
        }
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

impl Parser for Cli {}

impl Cli {
    /// Where to start, for somebody who calls `callboard` without arguments and has configured nothing; `None` otherwise.
    pub fn first_steps() -> Option<String> {
        let mut command = Self::command();
        let is_set = |arg: &clap::Arg| arg.get_env().is_some_and(|variable| std::env::var_os(variable).is_some());
        let required: Vec<_> = command.get_arguments().filter(|arg| arg.is_required_set()).cloned().collect();
        if std::env::args_os().len() > 1 || required.iter().any(is_set) {
            return None;
        }
        let variables = required.iter().filter_map(|arg| arg.get_env()?.to_str()).collect::<Vec<_>>().join(" and ");
        let first = ["dev", "doctor"].into_iter().filter_map(|name| {
            let about = command.find_subcommand(name)?.get_about()?;
            Some(format!("  callboard {name:<8}{about}\n"))
        });
        let first: String = first.collect();
        let usage = command.render_usage();
        Some(format!(
            "callboard: there is nothing to serve, because {variables} are not set.\n\n\
             Start with one of these:\n{first}  callboard --help  List all commands and options\n\n{usage}\n"
        ))
    }
}

impl Catalog {
    /// The settings, with this owner as the last resort.
    ///
    /// # Errors
    /// Names the setting that cannot be used.
    pub fn settings(&self, owner: &str) -> anyhow::Result<Settings> {
        let layout = Layout::new(&self.prefix, &self.cluster)?;
        let owner = EntityRef::parse(owner, "group", "default").context("CALLBOARD_OWNER cannot be used")?;
        let system = self.system.as_deref().map(|system| EntityRef::parse(system, "system", "default"));
        let mut kinds = RequestKinds::default();
        for line in self.kinds.iter().filter(|line| !line.trim().is_empty()) {
            kinds.add(line.trim()).context("CALLBOARD_KINDS cannot be used")?;
        }
        Ok(Settings {
            system: system.transpose().context("CALLBOARD_SYSTEM cannot be used")?,
            owner_paths: self.owner_paths.iter().map(|path| pointer(path.trim())).collect::<anyhow::Result<_>>()?,
            source_url: self.source_url.clone(),
            selection: if self.opt_in { Selection::OptIn } else { Selection::All },
            kinds,
            component_namespace: self.component_namespace.clone(),
            event_types: match self.event_types {
                EventTypeApis::AsyncApi => EventTypes::AsyncApi,
                EventTypeApis::EventType => EventTypes::EventType,
            },
            internals: if self.internals { Internals::Shown } else { Internals::Hidden },
            ..Settings::new(layout, owner)
        })
    }
}

/// `spec.owner` as a JSON pointer.
fn pointer(path: &str) -> anyhow::Result<String> {
    let named =
        |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'));
    anyhow::ensure!(
        path.split('.').all(named),
        "CALLBOARD_OWNER_PATHS cannot be used: {path:?} is no path such as spec.owner"
    );
    Ok(path.split('.').map(|part| format!("/{part}")).collect())
}
