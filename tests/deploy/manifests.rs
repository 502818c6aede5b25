//! Reading `deploy/`, and what clap knows.

use callboard::cli::Cli;
use clap::{Arg, CommandFactory};
use serde_json::Value;
use std::{
    fs,
    path::{Path, PathBuf},
};

pub(crate) fn deploy() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy")
}

/// All files below a folder but the schemas.
pub(super) fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true if path.ends_with("schemas") => {}
            true => found.extend(files(&path)),
            false => found.push(path),
        }
    }
    found
}

/// The objects that the files of a folder of `deploy/` hold whole.
pub(crate) fn of(folder: &str) -> Vec<Value> {
    let yaml = files(&deploy().join(folder)).into_iter().filter(|it| it.extension().is_some_and(|it| it == "yaml"));
    let documents = yaml.flat_map(|file| {
        let text = fs::read_to_string(&file).unwrap();
        serde_saphyr::from_multiple::<Value>(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
    });
    documents.filter(|it| it["metadata"]["name"].is_string() && it.get("$patch").is_none()).collect()
}

pub(super) fn objects() -> Vec<Value> {
    of("")
}

pub(super) fn all(kind: &str) -> Vec<Value> {
    objects().into_iter().filter(|it| it["kind"] == kind).collect()
}

pub(super) fn one(folder: &str, kind: &str, name: &str) -> Value {
    let mut found = of(folder).into_iter().filter(|it| it["kind"] == kind && it["metadata"]["name"] == name);
    found.next().unwrap_or_else(|| panic!("no {kind} {name} in {folder}"))
}

pub(super) fn service(name: &str) -> Value {
    let mut found = all("Service").into_iter().filter(|it| is_ours(it) && it["metadata"]["name"] == name);
    found.next().unwrap_or_else(|| panic!("no Service {name}"))
}

pub(super) fn is_ours(service: &Value) -> bool {
    service["apiVersion"] == "serving.knative.dev/v1"
}

pub(super) fn name(object: &Value) -> &str {
    text(&object["metadata"]["name"])
}

pub(super) fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("{value} is no text"))
}

pub(super) fn variable(service: &Value, name: &str) -> Option<String> {
    let mut env = service["spec"]["template"]["spec"]["containers"][0]["env"].as_array().unwrap().iter();
    env.find(|it| it["name"] == name).map(|it| text(&it["value"]).to_owned())
}

pub(super) fn argument(variable: &str) -> Arg {
    let named = |arg: &&Arg| arg.get_env().is_some_and(|env| env == variable);
    Cli::command().get_arguments().find(named).unwrap_or_else(|| panic!("no {variable}")).clone()
}

pub(super) fn default_of(variable: &str) -> String {
    argument(variable).get_default_values().iter().map(|it| it.to_str().unwrap()).collect()
}

pub(crate) fn variables() -> impl Iterator<Item = String> {
    let command = Cli::command();
    let known: Vec<_> = [&command]
        .into_iter()
        .chain(command.get_subcommands())
        .flat_map(clap::Command::get_arguments)
        .cloned()
        .collect();
    known.into_iter().filter_map(|arg| Some(arg.get_env()?.to_str()?.to_owned()))
}
