//! What `func` builds and deploys, held against the code: the build, the variables, the subscriptions, the probes.

use crate::binary::Served;
use callboard::cli::Cli;
use clap::{Arg, CommandFactory};
use events::consumed;
use serde_json::{Value, json};
use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// How the binary of an image is made.
const INSTALL: &str = "--locked --no-default-features --features=preview --path=.";

/// What the AWS SDK reads by itself.
const SDK: [&str; 3] = ["AWS_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"];

#[test]
fn the_buildpack_is_given_what_it_cannot_find_out() {
    let binary = Path::new(env!("CARGO_BIN_EXE_callboard")).file_name().unwrap().to_str().unwrap();
    let environment: Vec<_> = [
        ("BP_RUSTUP_ENABLED", "true"),
        ("BP_RUST_TOOLCHAIN", concat!(env!("CARGO_PKG_RUST_VERSION"), ".0")),
        ("BP_CARGO_INSTALL_ARGS", INSTALL),
        ("BP_PROCFILE_DEFAULT_PROCESS", &format!("/workspace/bin/{binary}")),
        ("BP_DIRECT_PROCESS", "true"),
    ]
    .iter()
    .map(|(name, value)| json!({"name": name, "value": value}))
    .collect();
    assert_eq!(func()["build"], json!({"builder": "pack", "buildEnvs": environment}));
}

#[test]
fn our_image_is_installed_as_the_buildpack_installs_it() {
    let script = read(".ci/image");
    let installs = script.lines().filter_map(|line| line.trim().strip_prefix("cargo install "));
    let words = installs.map(|words| words.split(' ').collect::<Vec<_>>()).collect::<Vec<_>>();
    let [words] = &words[..] else { panic!("{script}") };
    for word in INSTALL.split(' ') {
        assert!(words.contains(&word), "{word} is missing: {words:?}");
    }
}

#[test]
fn nothing_that_the_build_reads_is_kept_from_the_buildpack() {
    let (root, ignored) = (Path::new(ROOT), read(".funcignore"));
    let mut needed: Vec<_> = ["functions", "shared"].iter().flat_map(|folder| sources(&root.join(folder))).collect();
    let included: Vec<_> = needed.iter().flat_map(|file| included(file)).collect();
    assert!(included.len() > 5 && needed.len() > 50, "{included:?} {needed:?}");
    needed.extend(included);
    // Cargo reads no manifest of which a target is missing.
    let manifest = read("Cargo.toml");
    let targets: Vec<_> =
        manifest.lines().filter_map(|line| line.strip_prefix("path = \"")?.strip_suffix('"')).collect();
    assert!(targets.len() > 4, "{targets:?}");
    needed.extend(["Cargo.toml", "Cargo.lock"].into_iter().chain(targets).map(|file| root.join(file)));
    for file in needed {
        let file = file.canonicalize().unwrap();
        let below = file.strip_prefix(root.canonicalize().unwrap()).unwrap().to_str().unwrap();
        assert!(!ignored.lines().any(|line| ignores(line, below)), "{below}");
    }
}

#[test]
fn each_variable_is_read_and_none_that_is_needed_is_missing() {
    let func = func();
    let given: BTreeSet<_> = func["run"]["envs"].as_array().unwrap().iter().map(|env| text(&env["name"])).collect();
    let command = Cli::command();
    let name = |arg: &Arg| arg.get_env().and_then(|name| name.to_str()).map(str::to_owned);
    let known: BTreeSet<_> = command.get_arguments().filter_map(name).collect();
    let needed = command.get_arguments().filter(|arg| arg.is_required_set()).filter_map(name);
    for variable in needed {
        assert!(given.contains(variable.as_str()), "{variable}");
    }
    for variable in given {
        assert!(known.contains(variable) || SDK.contains(&variable), "{variable}");
    }
}

#[test]
fn func_serves_all_functions_and_each_variable_beside_comes_from_one_key() {
    for env in func()["run"]["envs"].as_array().unwrap() {
        let (name, value) = (text(&env["name"]), text(&env["value"]));
        let source = if SDK[1..].contains(&name) { "secret:callboard-s3" } else { "configMap:callboard" };
        let wanted = if name == "FUNCTION" { "all".to_owned() } else { format!("{{{{ {source}:{name} }}}}") };
        assert_eq!(value, wanted, "{name}");
    }
}

#[test]
fn there_is_one_subscription_for_each_type_that_we_consume() {
    let wanted: Vec<_> = consumed().map(|ty| json!({"source": "callboard", "filters": {"type": ty}})).collect();
    assert_eq!(func()["deploy"]["subscriptions"], json!(wanted));
}

#[test]
fn there_is_exactly_one_pod_and_only_the_cluster_reaches_it() {
    let deploy = &func()["deploy"];
    assert_eq!(deploy["options"]["scale"], json!({"min": 1, "max": 1}));
    assert_eq!(deploy["labels"], json!([{"key": "networking.knative.dev/visibility", "value": "cluster-local"}]));
}

#[test]
fn the_probes_are_answered() {
    let func = func();
    let served = Served::start(&[("FUNCTION", "apps")]);
    for probe in ["liveness", "readiness"] {
        let answer = served.ask("GET", text(&func["deploy"]["healthEndpoints"][probe]));
        assert!(answer.starts_with("HTTP/1.1 200 "), "{probe}: {answer}");
    }
}

fn func() -> Value {
    serde_saphyr::from_str(&read("func.yaml")).unwrap()
}

fn read(file: &str) -> String {
    fs::read_to_string(Path::new(ROOT).join(file)).unwrap()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("{value} is no text"))
}

/// The Rust files and manifests in a folder and those below it.
fn sources(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let of = |path: PathBuf| if path.is_dir() { sources(&path) } else { vec![path] };
    entries.flat_map(of).filter(|path| path.extension().is_some_and(|it| it == "rs" || it == "toml")).collect()
}

/// The files whose content a source takes in.
fn included(source: &Path) -> Vec<PathBuf> {
    let text = fs::read_to_string(source).unwrap();
    let calls = ["include_str!(\"", "include_bytes!(\""];
    let rests = calls.iter().flat_map(|call| text.split(call).skip(1));
    rests.filter_map(|rest| rest.split_once("\")")).map(|(path, _)| source.with_file_name(path)).collect()
}

/// Whether a line of `.funcignore`, in the forms which every builder understands, matches a file of the tree.
fn ignores(line: &str, file: &str) -> bool {
    match (line.strip_prefix('*'), line.strip_prefix('/')) {
        (Some(end), _) => file.ends_with(end),
        (None, Some(path)) => Path::new(file).starts_with(path),
        (None, None) => file.split('/').any(|part| part == line),
    }
}
