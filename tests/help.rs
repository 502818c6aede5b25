//! What `callboard --help` says, and what `callboard` says without anything.

use crate::binary::callboard;
use callboard::cli::Cli;
use clap::{Arg, Command, CommandFactory};
use std::collections::BTreeSet;

/// The headings of the options, in order; what belongs to none is about the command line itself.
const HEADINGS: [&str; 6] = ["Serving", "Bucket", "Catalog", "Cluster", "Sink", "Backstage"];

fn help(arguments: &[&str], variables: &[(&str, &str)]) -> String {
    let output = callboard(variables).args(arguments).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{arguments:?}: {text}");
    text
}

#[test]
fn the_help_opens_with_what_callboard_is() {
    for flag in ["-h", "--help"] {
        let text = help(&[flag], &[]);
        let first = text.lines().next().unwrap();
        assert_eq!(first, "Callboard keeps a Backstage catalog up to date with what runs in your cluster.");
    }
}

#[test]
fn the_options_appear_under_headings() {
    let text = help(&["-h"], &[]);
    let headings: Vec<_> =
        text.lines().filter_map(|line| HEADINGS.into_iter().find(|it| line == format!("{it}:"))).collect();
    assert_eq!(headings, HEADINGS);
    let of_no_heading = |arg: &&Arg| arg.get_help_heading().is_none();
    let others: Vec<_> =
        Cli::command().get_arguments().filter(of_no_heading).map(|arg| arg.get_id().to_string()).collect();
    assert_eq!(others, Vec::<String>::new());
}

#[test]
fn an_option_has_one_heading_in_every_command() {
    let cli = Cli::command();
    let heading = |of: &Command, arg: &Arg| {
        let found = of.get_arguments().find(|it| it.get_id() == arg.get_id());
        found.map(|it| it.get_help_heading().map(str::to_owned))
    };
    for (command, arg) in
        cli.get_subcommands().flat_map(|command| command.get_arguments().map(move |arg| (command, arg)))
    {
        // `dev` listens, but serves no Service.
        if let Some(of_serving) = heading(&cli, arg).filter(|_| command.get_name() != "dev") {
            assert_eq!(
                arg.get_help_heading().map(str::to_owned),
                of_serving,
                "{} {}",
                command.get_name(),
                arg.get_id()
            );
        }
    }
}

#[test]
fn the_help_shows_no_value_of_the_environment() {
    let cli = Cli::command();
    let commands: Vec<_> = [&cli].into_iter().chain(cli.get_subcommands()).collect();
    let arguments: Vec<_> = commands.iter().flat_map(|it| it.get_arguments()).collect();
    assert!(arguments.iter().filter(|arg| arg.get_env().is_some()).all(|arg| arg.is_hide_env_values_set()));
    let variables: BTreeSet<_> = arguments.iter().filter_map(|arg| arg.get_env()?.to_str()).collect();
    let variables: Vec<_> = variables.into_iter().map(|name| (name, "geheim")).collect();
    assert!(variables.len() > 20, "{variables:?}");
    for command in commands.into_iter().map(Command::get_name) {
        let arguments = if command == "callboard" { vec!["--help"] } else { vec![command, "--help"] };
        let text = help(&arguments, &variables);
        assert!(!text.contains("geheim"), "{command}: {text}");
    }
}

#[test]
fn no_line_of_help_is_longer_than_a_terminal_is_wide() {
    let cli = Cli::command();
    for command in [""].into_iter().chain(cli.get_subcommands().map(Command::get_name)) {
        let arguments: Vec<_> = [command, "--help"].into_iter().filter(|it| !it.is_empty()).collect();
        for columns in [80, 100] {
            let text = help(&arguments, &[("COLUMNS", &columns.to_string())]);
            // clap does not wrap the usage.
            let lines = text.lines().filter(|line| !line.starts_with("Usage: "));
            let long: Vec<_> = lines.filter(|line| line.chars().count() > columns).collect();
            assert!(long.is_empty(), "{command} at {columns}: {long:#?}");
        }
    }
}

#[test]
fn no_command_of_an_example_is_wrapped() {
    for command in Cli::command().get_subcommands() {
        let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
        let long: Vec<_> = help.lines().filter(|line| line.chars().count() > 80).collect();
        assert!(long.is_empty(), "{}: {long:#?}", command.get_name());
    }
}

#[test]
fn callboard_alone_says_where_to_start() {
    let output = callboard(&[("PORT", "8080")]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    let text = String::from_utf8(output.stderr).unwrap();
    for start in
        ["CALLBOARD_BUCKET and CALLBOARD_OWNER are not set", "callboard dev ", "callboard doctor ", "callboard --help "]
    {
        assert!(text.contains(start), "{start}: {text}");
    }
}

#[test]
fn who_has_configured_something_hears_what_is_missing() {
    let output = callboard(&[("CALLBOARD_BUCKET", "catalog")]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(text.contains("--owner <CALLBOARD_OWNER>") && !text.contains("callboard dev"), "{text}");
}
