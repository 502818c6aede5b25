//! What an operator sets: the documented tables, the help, and what is said of values that are missing or bad.

use crate::{
    binary::{NEEDED, Served, callboard},
    docs::page::{assert_part, cell},
};
use callboard::cli::Cli;
use clap::{Arg, Command, CommandFactory};
use std::collections::BTreeSet;

#[test]
fn the_documented_variables_are_what_clap_knows() {
    assert_part("docs/reference/configuration.md", "variables", &tables());
}

#[test]
fn help_names_every_variable() {
    let output = callboard(&[]).arg("--help").output().unwrap();
    assert!(output.status.success());
    let help = String::from_utf8(output.stdout).unwrap();
    for variable in Cli::command().get_arguments().filter_map(Arg::get_env) {
        assert!(help.contains(&format!("[env: {}", variable.display())), "{}: {help}", variable.display());
    }
}

#[test]
fn what_is_missing_is_named_at_once_with_its_variables() {
    let output = callboard(&[]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    let stderr = String::from_utf8(output.stderr).unwrap();
    for (variable, _) in NEEDED {
        assert!(stderr.contains(variable), "{stderr}");
    }
}

#[test]
fn a_bad_value_ends_the_start_and_is_named() {
    for (variable, value) in [
        ("FUNCTION", "nobody"),
        ("PORT", "http"),
        ("CALLBOARD_MAX_BODY", "2MiB"),
        ("CALLBOARD_MAX_BODY", "0"),
        ("CALLBOARD_BUCKET", ""),
        ("AWS_ENDPOINT_URL_S3", "not a url"),
        ("AWS_ENDPOINT_URL_S3", "s3://catalog"),
        ("AWS_CA_BUNDLE", "/nowhere/ca.pem"),
        ("CALLBOARD_OWNER_PATHS", "$$$"),
        ("CALLBOARD_TIMEOUT", "0"),
        ("CALLBOARD_LOG_FORMAT", "xml"),
        ("CALLBOARD_PATH_STYLE", "perhaps"),
        ("CALLBOARD_UNCONDITIONAL", "perhaps"),
        ("CALLBOARD_OWNER", "the platform team"),
        ("CALLBOARD_PREFIX", "state/mine"),
        ("CALLBOARD_CLUSTER", "Main"),
        ("CALLBOARD_SYSTEM", "a/b/c"),
        ("CALLBOARD_SOURCE_URL", "ftp://example.org/{name}"),
        ("CALLBOARD_KINDS", "nonsense"),
        ("CALLBOARD_OPT_IN", "perhaps"),
        ("CALLBOARD_ANNOTATIONS", "example.org/*/x"),
    ] {
        let output = callboard(&[&NEEDED[..], &[(variable, value)]].concat()).output().unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert!(!output.status.success(), "{variable}");
        let named = |arg: &&Arg| arg.get_env().is_some_and(|env| env == variable);
        let command = Cli::command();
        let flag = command.get_arguments().find(named).and_then(Arg::get_long).unwrap();
        assert!(stderr.contains(flag) || stderr.contains(variable), "{variable}: {stderr}");
        assert!(stderr.contains(value) && !stderr.contains("panicked"), "{variable}: {stderr}");
    }
}

#[test]
fn a_url_with_a_secret_is_refused_without_showing_it() {
    for (variable, value, shown) in [
        ("K_SINK", "http://me:hunter2@broker/", "http://***@broker/"),
        ("K_SINK", "me:hunter2@broker", "***@broker"),
        ("AWS_ENDPOINT_URL_S3", "http://key:hun/ter2@s3:9000", "http://***@s3:9000"),
        ("AWS_ENDPOINT_URL_S3", "http://s3:9000?key=hunter2", "http://s3:9000?***"),
        ("CALLBOARD_BACKSTAGE_URL", "https://me:hunter2@backstage", "https://***@backstage"),
        ("CALLBOARD_BACKSTAGE_BUCKET_URL", "https://hunter2@s3/catalog", "https://***@s3/catalog"),
        ("CALLBOARD_SOURCE_URL", "https://a.example/{name}?token=hunter2", "https://a.example/{name}?***"),
    ] {
        let output = callboard(&[&NEEDED[..], &[(variable, value)]].concat()).output().unwrap();
        let said = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
        assert_eq!(output.status.code(), Some(2), "{variable}: {said}");
        assert!(said.contains(shown) && !said.contains("ter2"), "{variable}: {said}");
    }
}

#[test]
fn a_function_is_ready_without_an_event_and_ends_well_when_asked_to() {
    let served = Served::start(&[("FUNCTION", "apps")]);
    for (method, path, status) in
        [("GET", "/health/readiness", 200), ("GET", "/health/liveness", 200), ("GET", "/", 405), ("POST", "/", 400)]
    {
        let answer = served.ask(method, path);
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{method} {path}: {answer}");
    }
    assert_eq!(served.terminated().0.code(), Some(0));
}

/// A table for each heading of the help, then one of the variables that only a command has.
fn tables() -> String {
    let cli = Cli::command();
    let served: Vec<_> = cli.get_arguments().filter(|arg| arg.get_env().is_some()).collect();
    let heading = |arg: &Arg| arg.get_help_heading().unwrap_or("Serving").to_owned();
    let mut headings: Vec<_> = served.iter().map(|arg| heading(arg)).collect();
    let mut known = BTreeSet::new();
    headings.retain(|it| known.insert(it.clone()));
    let mut tables = String::new();
    for title in &headings {
        let rows = served.iter().filter(|arg| heading(arg) == *title).map(|arg| row(arg));
        tables.push_str(&table(title, rows));
    }
    let mut known: BTreeSet<_> = served.iter().filter_map(|arg| arg.get_env()).collect();
    let others = cli.get_subcommands().flat_map(Command::get_arguments);
    let others: Vec<_> = others.filter(|arg| arg.get_env().is_some_and(|it| known.insert(it))).collect();
    tables + &table("Commands", others.into_iter().map(row))
}

fn table(title: &str, rows: impl Iterator<Item = String>) -> String {
    let rows: String = rows.collect();
    format!("## {title}\n\n| Variable | Option | Default | Meaning |\n|---|---|---|---|\n{rows}\n")
}

fn row(arg: &Arg) -> String {
    let variable = arg.get_env().unwrap_or_default().display();
    let option = arg.get_long().unwrap_or_default();
    let default = arg.get_default_values().iter().filter(|value| !value.is_empty());
    let default: Vec<_> = default.map(|value| format!("`{}`", value.display())).collect();
    let default = match (arg.is_required_set(), default.is_empty()) {
        (true, _) => "required".to_owned(),
        (_, true) => String::new(),
        _ => default.join(", "),
    };
    let mut meaning = cell(&arg.get_help().unwrap_or_default().to_string());
    let values: Vec<_> = arg.get_possible_values().iter().map(|value| format!("`{}`", value.get_name())).collect();
    if !values.is_empty() && values[0] != "`true`" {
        meaning.push_str(&format!(": {}", values.join(", ")));
    }
    format!("| `{variable}` | `--{option}` | {default} | {meaning} |\n")
}
