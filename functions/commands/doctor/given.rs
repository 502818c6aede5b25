//! What the doctor is given: the settings of the catalog and of Backstage, each as it was written. A value that cannot be
//! used is a finding, and what is missing is read from the install.

use crate::args::Catalog;
use clap::{
    Arg, ArgMatches, Args as _, Command, FromArgMatches,
    builder::{Resettable, ValueParser},
};
use std::collections::BTreeMap;

/// The argument whose value is a secret. It is read where it is used.
pub(super) const TOKEN: &str = "token";

/// The settings given as options or variables, as they were written, by the name of the variable.
#[derive(Debug, Clone, Default)]
pub struct Given(pub(super) BTreeMap<String, String>);

/// What a function is set up with, as far as the doctor needs it.
#[derive(Debug, clap::Args)]
pub(super) struct Parsed {
    #[command(flatten)]
    pub(super) catalog: Catalog,
    #[command(flatten)]
    pub(super) backstage: backstage::Args,
}

/// The arguments of a function, each with its variable.
pub(super) fn arguments() -> Vec<Arg> {
    Parsed::augment_args(Command::new("doctor")).get_arguments().cloned().collect()
}

/// The variable of an argument.
pub(super) fn variable(arg: &Arg) -> Option<&str> {
    arg.get_env()?.to_str()
}

impl clap::Args for Given {
    fn augment_args(command: Command) -> Command {
        let unparsed = |arg: Arg| match arg.get_id() == TOKEN {
            true => arg,
            false => arg.required(false).default_value(Resettable::Reset).value_parser(ValueParser::string()),
        };
        command.args(arguments().into_iter().map(unparsed))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for Given {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let given = |arg: &Arg| {
            let values: Vec<_> = matches.get_many::<String>(arg.get_id().as_str())?.map(String::as_str).collect();
            let value = values.join(&arg.get_value_delimiter().unwrap_or(',').to_string());
            Some((variable(arg)?.to_owned(), value)).filter(|(_, value)| !value.trim().is_empty())
        };
        Ok(Self(arguments().iter().filter(|arg| arg.get_id() != TOKEN).filter_map(given).collect()))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}
