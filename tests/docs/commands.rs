//! docs/reference/commands.md against what clap knows.

use super::{
    page::{assert_part, cell, read, wrapped},
    table::Table,
};
use callboard::cli::Cli;
use clap::{Arg, Command, CommandFactory};
use std::collections::BTreeSet;

const PAGE: &str = "docs/reference/commands.md";

#[test]
fn the_documented_commands_are_what_clap_knows() {
    let cli = Cli::command();
    let sections = cli.get_subcommands().map(|command| section(command, &cli));
    assert_part(PAGE, "commands", &sections.collect::<String>());
}

#[test]
fn the_exit_codes_of_each_command_are_documented() {
    let cli = Cli::command();
    let mut commands = BTreeSet::from(["callboard".to_owned()]);
    commands.extend(cli.get_subcommands().map(|command| format!("callboard {}", command.get_name())));
    assert_eq!(Table::with(&read(PAGE), &["Command", "Exit code 1 means", "Exit code 2 means"]).code(0), commands);
}

fn section(command: &Command, cli: &Command) -> String {
    let name = command.get_name();
    let about = command.get_long_about().or(command.get_about()).unwrap_or_default().to_string();
    let (shared, own): (Vec<_>, Vec<_>) = command.get_arguments().partition(|arg| is_shared(arg, cli));
    let own = own.into_iter().map(row).collect::<String>();
    let options = match own.is_empty() {
        true => String::new(),
        false => format!("| Option | Default | Meaning |\n|---|---|---|\n{own}\n"),
    };
    let shared = elsewhere(&shared, cli);
    let help = command.get_after_long_help().or(command.get_after_help());
    let help = help.map(|help| examples(&help.to_string())).unwrap_or_default();
    let usage = usage(name);
    format!(
        "## `callboard {name}`\n\n{}\n\n```text\n{usage}\n```\n\n{options}{shared}{help}",
        wrapped(&sentence(&about))
    )
}

/// Where the options are described that serving has, too: a whole heading of its help, or some by name.
fn elsewhere(shared: &[&Arg], cli: &Command) -> String {
    let mut headings: Vec<(&str, Vec<&str>)> = Vec::new();
    for arg in cli.get_arguments().filter(|arg| arg.get_env().is_some()) {
        let (heading, long) = (arg.get_help_heading().unwrap_or("Serving"), arg.get_long().unwrap_or_default());
        match headings.iter_mut().find(|(it, _)| *it == heading) {
            Some((_, all)) => all.push(long),
            None => headings.push((heading, vec![long])),
        }
    }
    let has = |long: &&str| shared.iter().any(|arg| arg.get_long() == Some(*long));
    let some = headings.into_iter().filter_map(|(heading, all)| {
        let some: Vec<_> = all.iter().filter(|long| has(long)).map(|long| format!("`--{long}`")).collect();
        let link = format!("[{heading}](configuration.md#{})", heading.to_lowercase());
        match some.len() {
            0 => None,
            number if number == all.len() => Some(format!("- all of {link}\n")),
            _ => Some(wrapped(&format!("- of {link} {}", some.join(", "))) + "\n"),
        }
    });
    let some: String = some.collect();
    if some.is_empty() { String::new() } else { format!("Options with a variable:\n\n{some}\n") }
}

/// How a command is called, without the word before it.
fn usage(name: &str) -> String {
    let mut cli = Cli::command();
    cli.build();
    let usage = cli.find_subcommand_mut(name).unwrap().render_usage().to_string();
    usage.trim_start_matches("Usage: ").split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Whether serving has the option, too, and its page describes it.
fn is_shared(arg: &Arg, cli: &Command) -> bool {
    arg.get_env().is_some() && cli.get_arguments().any(|it| it.get_long() == arg.get_long())
}

fn row(arg: &Arg) -> String {
    let value = arg.get_value_names().filter(|_| arg.get_action().takes_values());
    let value = value.map(|names| names.join(" ")).unwrap_or_default();
    let long = arg.get_long().map(|long| format!("--{long} {value}").trim_end().to_owned());
    let short = arg.get_short().map(|short| format!("-{short}"));
    let names: Vec<_> = short.into_iter().chain(long).map(|name| format!("`{name}`")).collect();
    let names = if names.is_empty() { format!("`{}`", value.trim()) } else { names.join(", ") };
    let default = arg.get_default_values().iter().filter(|value| !value.is_empty());
    let default: Vec<_> = default.map(|value| format!("`{}`", value.display())).collect();
    let mut meaning = cell(&arg.get_help().unwrap_or_default().to_string());
    let values: Vec<_> = arg.get_possible_values().iter().map(|value| format!("`{}`", value.get_name())).collect();
    if arg.get_action().takes_values() && !values.is_empty() {
        meaning.push_str(&format!(": {}", values.join(", ")));
    }
    let variable = arg.get_env().map(|it| format!(". Variable: `{}`", it.display())).unwrap_or_default();
    format!("| {} | {} | {meaning}{variable} |\n", cell(&names), default.join(", "))
}

fn sentence(text: &str) -> String {
    let text = text.trim();
    if text.ends_with('.') { text.to_owned() } else { format!("{text}.") }
}

/// The help below the options: what is indented there is a block of commands here.
fn examples(help: &str) -> String {
    let mut text = String::new();
    let mut is_code = false;
    let lines: Vec<_> = help.trim_end().lines().collect();
    for (at, line) in lines.iter().enumerate() {
        let next_is_code = lines[at..].iter().find(|it| !it.is_empty()).is_some_and(|it| it.starts_with("  "));
        if next_is_code != is_code && !line.is_empty() {
            text.push_str(if is_code { "```\n\n" } else { "\n```sh\n" });
            is_code = next_is_code;
        }
        if !line.is_empty() || is_code && next_is_code {
            text.push_str(line.strip_prefix("  ").unwrap_or(line));
            text.push('\n');
        }
    }
    text + if is_code { "```\n\n" } else { "\n" }
}
