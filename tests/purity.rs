//! What the pure crates may use, and which crate may depend on which.

use serde_json::Value;
use std::{
    collections::{BTreeMap, BTreeSet},
    env, fs,
    path::Path,
    process::Command,
};

/// All that a pure crate may depend on.
const PURE: &[&str] = &[
    "callboard-events",
    "chrono",
    "cloudevents-sdk",
    "hex",
    "lru",
    "serde",
    "serde-saphyr",
    "serde_json",
    "sha2",
    "strsim",
    "thiserror",
    "url",
];

/// What a pure crate may not mention.
const IMPURE: &[&str] = &[
    "env",
    "fs",
    "io",
    "net",
    "process",
    "thread",
    "Instant",
    "SystemTime",
    "Utc",
    "Local",
    "RandomState",
    "rand",
    "tokio",
];

/// Which crate may depend on which. `callboard`, the functions, may depend on all.
const ARROWS: &[(&str, &[&str])] = &[
    ("callboard-events", &[]),
    ("callboard-trust", &[]),
    ("callboard-catalog", &["callboard-events"]),
    ("callboard-bucket", &["callboard-catalog", "callboard-events", "callboard-trust"]),
    ("callboard-runtime", &["callboard-events", "callboard-trust"]),
    ("callboard-cluster", &["callboard-events"]),
    ("callboard-backstage", &["callboard-trust"]),
];

/// SDKs and the edge at which each of them ends.
const EDGES: &[(&str, &[&str])] = &[
    ("aws-", &["callboard-bucket"]),
    ("axum", &["callboard-runtime"]),
    ("opentelemetry-otlp", &["callboard-runtime"]),
    ("tonic", &["callboard-runtime"]),
    ("kube", &["callboard-cluster"]),
    ("k8s-openapi", &["callboard-cluster"]),
    ("reqwest", &["callboard-backstage"]),
    ("rustls", &["callboard-trust"]),
];

#[test]
fn the_pure_crates_depend_on_nothing_that_does_io() {
    let crates = crates();
    for pure in ["callboard-events", "callboard-catalog"] {
        let others: Vec<_> = crates[pure].iter().filter(|it| !PURE.contains(&it.as_str())).collect();
        assert!(others.is_empty(), "{pure} depends on {others:?}");
    }
}

#[test]
fn the_pure_crates_mention_nothing_impure() {
    for pure in ["events", "catalog"] {
        let mut files = 0;
        for (file, source) in sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("shared").join(pure).join("src")) {
            let mentioned: Vec<_> = impure(&source).collect();
            assert!(mentioned.is_empty(), "{file} mentions {mentioned:?}");
            files += 1;
        }
        assert!(files > 5, "{pure} has {files} files");
    }
}

#[test]
fn impure_words_are_seen_however_they_are_imported() {
    for source in [
        "let now = std::time::SystemTime::now();",
        "use std::{collections::BTreeMap, env};",
        "use std::{\n    fmt,\n    fs::File,\n};",
        "let x = rand::random();",
        "tokio::spawn(f)",
    ] {
        assert_ne!(impure(source).count(), 0, "{source}");
    }
    for source in ["// std::env is not for them", "let environment = \"env\";", "#[cfg(test)]\nuse std::fs;"] {
        assert_eq!(impure(source).count(), 0, "{source}");
    }
}

#[test]
fn each_crate_depends_only_on_those_below_it() {
    for (name, dependencies) in crates().into_iter().filter(|(name, _)| name != "callboard") {
        let (_, allowed) =
            ARROWS.iter().find(|(it, _)| *it == name).unwrap_or_else(|| panic!("{name} has no place in ARROWS"));
        for dependency in dependencies.iter().filter(|it| it.starts_with("callboard")) {
            assert!(allowed.contains(&dependency.as_str()), "{name} may not depend on {dependency}");
        }
    }
}

#[test]
fn an_sdk_ends_at_its_edge() {
    for (name, dependencies) in crates() {
        for (sdk, edges) in EDGES {
            let used = dependencies.iter().any(|it| it.starts_with(sdk));
            assert!(!used || edges.contains(&name.as_str()), "{name} may not depend on {sdk}");
        }
    }
}

/// The crates of the workspace, each with what it depends on, except in its tests.
fn crates() -> BTreeMap<String, BTreeSet<String>> {
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.args(["metadata", "--no-deps", "--offline", "--format-version=1"]).current_dir(env!("CARGO_MANIFEST_DIR"));
    let output = cargo.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    let name = |it: &Value| it["name"].as_str().unwrap().to_owned();
    let packages = metadata["packages"].as_array().unwrap().iter();
    let crates: BTreeMap<_, _> = packages
        .map(|package| {
            let dependencies = package["dependencies"].as_array().unwrap().iter();
            (name(package), dependencies.filter(|it| it["kind"] != "dev").map(name).collect())
        })
        .collect();
    assert!(crates.len() >= 5, "{crates:?}");
    crates
}

/// The Rust files in a folder and those below it.
fn sources(folder: &Path) -> Vec<(String, String)> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let of = |path: std::path::PathBuf| match path.is_dir() {
        true => sources(&path),
        false => vec![(path.display().to_string(), fs::read_to_string(&path).unwrap())],
    };
    entries.flat_map(of).collect()
}

/// The impure words of the code before its tests, which come last. Comments and texts do not count.
fn impure(source: &str) -> impl Iterator<Item = &str> {
    let code = source.split("#[cfg(test)]").next().unwrap_or_default();
    let lines = code.lines().map(|line| line.split("//").next().unwrap_or_default());
    let pieces = lines.flat_map(|line| line.split('"').step_by(2));
    let words = pieces.flat_map(|piece| piece.split(|c: char| !c.is_alphanumeric() && c != '_'));
    words.filter(|word| IMPURE.contains(word))
}
