//! The settings of a check: those that were given, otherwise those of the install.

use super::{
    finding::{Area, Finding},
    given::{Given, Parsed, TOKEN, arguments, variable},
    line::literal,
    service::Service,
    variables::{self, BUCKET, STORE, TOKEN_FILE, URL, Variables},
};
use clap::{Arg, Args as _, Command, FromArgMatches, builder::Resettable};
use std::{collections::BTreeMap, error::Error as _};

/// Stands for an owner that is missing: a check writes no entity.
const NO_OWNER: &str = "group:default/unknown";

/// The settings of a check.
pub(super) struct Configuration {
    /// What is wrong with them, and what is missing.
    pub(super) findings: Vec<Finding>,
    /// Those that can be used. `None`: without them nothing can be called.
    pub(super) parsed: Option<Parsed>,
    /// The variables by which the functions and the check must agree.
    pub(super) variables: Variables,
    /// Whether the URL of the store is the one that the install has, as pods see it.
    pub(super) is_of_install: bool,
}

/// The variables of the install that say where it is. The first Service that has one counts. The others are compared later.
pub(super) fn installed(services: &[Service]) -> BTreeMap<String, String> {
    let mut installed = BTreeMap::new();
    for (name, value) in services.iter().filter_map(|it| it.variables.as_ref().ok()).flatten() {
        if variables::is_shared(name) && !value.trim().is_empty() {
            installed.entry(name.clone()).or_insert_with(|| value.clone());
        }
    }
    installed
}

impl Configuration {
    /// The settings with what the install has; `None`: that cannot be read.
    pub(super) fn of(Given(given): &Given, installed: Option<&BTreeMap<String, String>>) -> Self {
        let mut findings = Vec::new();
        let value = |name: &str| given.get(name).or_else(|| installed?.get(name)).map(String::as_str);
        let mut usable = BTreeMap::new();
        for arg in arguments() {
            let Some((name, value)) = variable(&arg).and_then(|name| Some((name.to_owned(), value(name)?))) else {
                continue;
            };
            match checked(&arg, value) {
                Ok(argument) => drop(usable.insert(name, argument)),
                Err(why) => findings.push(unusable(&arg, &name, (value, given.contains_key(&name)), &why)),
            }
        }
        for name in [BUCKET, OWNER] {
            findings.extend(value(name).is_none().then(|| missing(name, installed.is_some())));
        }
        usable.entry(OWNER.to_owned()).or_insert_with(|| format!("--owner={NO_OWNER}"));
        // It is called where a person can reach it, with a token that only that person has.
        let token = given.contains_key(TOKEN_FILE) || std::env::var_os("CALLBOARD_BACKSTAGE_TOKEN").is_some();
        if !token && !given.contains_key(URL) {
            usable.remove(URL);
        }
        let parsed = match findings.iter().any(|it| it.area == Area::Bucket) {
            true => None,
            false => parsed(usable.into_values()).map_err(|why| findings.push(why)).ok(),
        };
        let is_of_install = !given.contains_key(STORE);
        Self { findings, parsed, variables: Variables::new(|name| value(name)), is_of_install }
    }
}

const OWNER: &str = "CALLBOARD_OWNER";

/// The value as an argument of a command line, or why it cannot be used.
fn checked(arg: &Arg, value: &str) -> Result<String, String> {
    let argument = format!("--{}={value}", arg.get_long().unwrap_or_default());
    let alone = Command::new("doctor").no_binary_name(true).arg(without_variable(arg.clone()));
    match alone.try_get_matches_from([&argument]) {
        Ok(_) => Ok(argument),
        Err(error) => Err(error.source().map_or_else(|| "it is not a valid value".to_owned(), ToString::to_string)),
    }
}

/// What was given and read takes no second look at the environment, except for the token.
fn without_variable(arg: Arg) -> Arg {
    if arg.get_id() == TOKEN { arg } else { arg.env(Resettable::Reset).required(false) }
}

fn parsed(arguments: impl Iterator<Item = String>) -> Result<Parsed, Finding> {
    let command = Parsed::augment_args(Command::new("doctor")).no_binary_name(true).mut_args(without_variable);
    let parsed = command.try_get_matches_from(arguments).and_then(|matches| Parsed::from_arg_matches(&matches));
    let parsed =
        parsed.map_err(|error| Area::Bucket.wrong("settings", error.to_string(), "callboard doctor --help"))?;
    match parsed.catalog.bucket.misplaced() {
        None => Ok(parsed),
        Some((why, endpoint)) => Err(Area::Bucket.wrong(STORE, why, format!("export {STORE}={endpoint}"))),
    }
}

fn unusable(arg: &Arg, name: &str, (value, is_given): (&str, bool), why: &str) -> Finding {
    let area = match arg.get_help_heading() {
        Some("Backstage") => Area::Backstage,
        _ => Area::Bucket,
    };
    let fix = match is_given {
        true => format!("export {name}=...   # now {value}"),
        false => literal(name, "..."),
    };
    area.wrong(name, format!("{value:?} cannot be used: {why}"), fix)
}

fn missing(name: &str, is_read: bool) -> Finding {
    let area = if name == BUCKET { Area::Bucket } else { Area::Eventing };
    match is_read {
        true => area.wrong(name, "neither set here nor in the install", literal(name, "...")),
        false => area
            .unknown(name, "not set here, and the install cannot be read")
            .with_fix(format!("export {name}=...   # as the install has it")),
    }
}
