//! The YAML and the commands of the pages: they parse, and what they name exists.

use super::page::read;
use crate::deploy::manifests::{deploy, of, variables};
use callboard::cli::Cli;
use clap::CommandFactory;
use serde_json::Value;
use std::{collections::BTreeSet, fs, path::Path};

/// The folder of the clone, as the overlays of the pages name it.
const CLONE: &str = "../callboard/";

/// Variables that the program does not read: one of the tests, and one in the configuration of Backstage.
const OF_OTHERS: [&str; 3] = ["CALLBOARD_E2E_PROFILE", "CALLBOARD_E2E_TIMES", "CALLBOARD_TOKEN"];

/// A part of a page between fences.
struct Block {
    page: String,
    language: String,
    text: String,
}

#[test]
fn yaml_parses_and_overlays_name_what_deploy_has() {
    let objects = of("");
    let yaml: Vec<_> = blocks().into_iter().filter(|it| it.language == "yaml").collect();
    assert!(yaml.len() > 20, "only {} blocks were found", yaml.len());
    for Block { page, text, .. } in &yaml {
        let documents = serde_saphyr::from_multiple::<Value>(text);
        for document in documents.unwrap_or_else(|error| panic!("{page}: {error}\n{text}")) {
            for folder in ["resources", "components"].iter().flat_map(|list| texts(&document[*list])) {
                let Some(folder) = folder.strip_prefix(CLONE) else { continue };
                let file = deploy().join("..").join(folder).join("kustomization.yaml");
                assert!(file.is_file(), "{page}: there is no {folder}");
            }
            for patch in document["patches"].as_array().into_iter().flatten() {
                let target = &patch["target"];
                assert!(objects.iter().any(|it| is_target(target, it)), "{page}: nothing in deploy/ is {target}");
            }
        }
    }
}

#[test]
fn variables_exist() {
    let known: BTreeSet<String> = variables().chain(OF_OTHERS.map(str::to_owned)).collect();
    let named: BTreeSet<_> = pages().iter().flat_map(|page| named(page, &read(page))).collect();
    assert!(named.len() > 20, "only these variables were found: {named:?}");
    let unknown: Vec<_> = named.iter().filter(|(variable, _)| !known.contains(variable)).collect();
    assert!(unknown.is_empty(), "these variables do not exist: {unknown:?}");
}

#[test]
fn commands_and_their_options_exist() {
    let shell = blocks().into_iter().filter(|it| it.language == "sh");
    let shell = shell.map(|it| (it.page, it.text.replace("\\\n", " ")));
    let spans = pages().into_iter().map(|page| (page.clone(), spans(&read(&page)).join("\n")));
    let mut commands = Vec::new();
    for (page, text) in shell.chain(spans) {
        commands.extend(text.lines().flat_map(self::commands).map(|command| (page.clone(), command)));
    }
    assert!(commands.len() > 40, "only {} commands were found", commands.len());
    for (page, command) in commands {
        if let Err(wrong) = known(&command) {
            panic!("{page}: {command}: {wrong}");
        }
    }
}

#[test]
fn a_command_that_does_not_exist_is_found() {
    assert_eq!(commands("env A=b callboard sources --broker x > y   # callboard z"), ["sources --broker x"]);
    assert_eq!(commands("kubectl get x | callboard preview - && callboard drift"), ["preview -", "drift"]);
    assert_eq!(commands("kubectl -n callboard get ksvc"), [""; 0]);
    assert!(known("drift --kind a.b.c").is_ok() && known("redrive").is_ok());
    assert!(known("mend").is_err() && known("drift --mend").is_err());
}

/// Whether a command and each of its options are there.
fn known(command: &str) -> Result<(), String> {
    let mut words = command.split_whitespace();
    let name = words.next().unwrap_or_default();
    let cli = Cli::command();
    let subcommand = cli.find_subcommand(name).ok_or_else(|| format!("there is no command {name:?}"))?;
    let options: BTreeSet<_> = subcommand.get_arguments().filter_map(clap::Arg::get_long).collect();
    let option = |word: &str| word.strip_prefix("--").map(|it| it.split('=').next().unwrap_or_default().to_owned());
    match words.filter_map(option).find(|it| !options.contains(it.as_str())) {
        Some(unknown) => Err(format!("it has no --{unknown}")),
        None => Ok(()),
    }
}

/// What follows `callboard` where a line of a shell runs it.
fn commands(line: &str) -> Vec<String> {
    let line = line.split(" #").next().unwrap_or_default();
    line.split(['|', ';', '>'])
        .flat_map(|part| part.split("&&"))
        .filter_map(|part| {
            let words: Vec<_> = part
                .split_whitespace()
                .skip_while(|it| *it == "env" || it.contains('=') || it.starts_with("$(") || it.ends_with(')'))
                .collect();
            let (first, rest) = words.split_first()?;
            (*first == "callboard" && !rest.is_empty()).then(|| rest.join(" "))
        })
        .collect()
}

/// The spans of code in prose.
fn spans(text: &str) -> Vec<&str> {
    text.lines()
        .filter(|line| !line.trim_start().starts_with("```"))
        .flat_map(|line| line.split('`').skip(1).step_by(2))
        .collect()
}

/// The variables that a page names, with the page.
fn named(page: &str, text: &str) -> Vec<(String, String)> {
    let words = text.split(|it: char| !(it.is_ascii_uppercase() || it.is_ascii_digit() || it == '_'));
    words
        .filter(|it| it.starts_with("CALLBOARD_") && it.len() > 10)
        .map(|it| (it.to_owned(), page.to_owned()))
        .collect()
}

/// Whether a patch is for this object: kustomize takes kind and name for patterns.
fn is_target(target: &Value, object: &Value) -> bool {
    let matches = |pattern: &Value, value: &Value| {
        let Some(pattern) = pattern.as_str() else { return true };
        let pattern = regress::Regex::new(&format!("^(?:{pattern})$")).unwrap();
        value.as_str().is_some_and(|it| pattern.find(it).is_some())
    };
    matches(&target["kind"], &object["kind"]) && matches(&target["name"], &object["metadata"]["name"])
}

fn texts(list: &Value) -> impl Iterator<Item = &str> {
    list.as_array().into_iter().flatten().filter_map(Value::as_str)
}

fn blocks() -> Vec<Block> {
    let mut blocks = Vec::new();
    for page in pages() {
        let text = read(&page);
        let mut lines = text.lines();
        while let Some(line) = lines.next() {
            let Some(language) = line.trim_start().strip_prefix("```") else { continue };
            let indent = line.len() - line.trim_start().len();
            let inner: Vec<_> = lines.by_ref().take_while(|it| !it.trim_start().starts_with("```")).collect();
            let inner = inner.iter().map(|it| it.get(indent..).unwrap_or_default()).collect::<Vec<_>>().join("\n");
            blocks.push(Block { page: page.clone(), language: language.to_owned(), text: inner });
        }
    }
    blocks
}

/// The pages of docs/ and the README, below the root.
fn pages() -> Vec<String> {
    let mut pages = vec!["README.md".to_owned()];
    collect("docs", &mut pages);
    pages
}

fn collect(folder: &str, pages: &mut Vec<String>) {
    for entry in fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)).unwrap() {
        let entry = entry.unwrap();
        let path = format!("{folder}/{}", entry.file_name().to_str().unwrap());
        if entry.path().is_dir() {
            collect(&path, pages);
        } else if path.ends_with(".md") {
            pages.push(path);
        }
    }
}
