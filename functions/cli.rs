//! The command line: what Callboard does, in one list. The arguments of a command are in its own file.

use crate::{commands, serve::Serve};
use clap::{ArgMatches, Args as _, CommandFactory, FromArgMatches, Parser, Subcommand as _, builder::Resettable};

/// What to do: a command, or to serve if there is none.
#[derive(Debug)]
#[allow(clippy::large_enum_variant, reason = "there is one, once")]
pub enum Cli {
    /// A command.
    Command(Command),
    /// CloudEvents come in by POST /, and Backstage entities go into the bucket.
    Serve(Serve),
}

/// What the binary does, other than serving.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Run all functions locally, without a cluster and a cloud, and replay a story
    #[cfg(feature = "dev")]
    Dev(crate::dev::Args),
    /// Print the entities that Callboard makes of Kubernetes objects
    #[cfg(feature = "preview")]
    Preview(crate::preview::Args),
    /// Compare cluster and bucket now, and repair the bucket
    Resync(Box<commands::resync::Args>),
    /// Print how cluster and bucket differ. Write nothing
    Drift(Box<commands::drift::Args>),
    /// Check the whole install, and print the commands that fix it
    Doctor(Box<commands::doctor::Args>),
    /// Print the ApiServerSources and RBAC for the kinds of all installed Promises, channels and sources
    Sources(commands::sources::Args),
    /// Retry dead letters now
    Redrive(Box<commands::redrive::Args>),
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
    /// The command line of this process. A command reads its own options: the variables of a Service may be set as well, and
    /// what is wrong with them is for `doctor` to say.
    ///
    /// # Errors
    /// If it is not valid, or asks for help.
    pub fn read() -> Result<Self, clap::Error> {
        let command = Self::command();
        let first = std::env::args_os().nth(1);
        let is_command = command.get_subcommands().any(|it| first.as_ref().is_some_and(|first| first == it.get_name()));
        let command = if is_command { command.mut_args(|arg| arg.env(Resettable::Reset)) } else { command };
        let matches = command.try_get_matches()?;
        Self::from_arg_matches(&matches).map_err(|error| error.format(&mut Self::command()))
    }

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
