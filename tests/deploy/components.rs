//! What the components of deploy/ change: they select objects by names and labels that the base and the other components have.

use super::manifests::{all, deploy, name, of, text};
use serde_json::{Value, json};
use std::{collections::BTreeSet, fs};

/// What the component `namespace` selects by.
const PART_OF: &str = "app.kubernetes.io/part-of";

#[test]
fn the_base_and_each_component_mark_their_objects() {
    let base = kustomization("base");
    assert_eq!(base["labels"], json!([{"pairs": {PART_OF: "callboard"}}]));
    let objects = of("components").into_iter().filter(|it| it["kind"] != "PrefixSuffixTransformer");
    let mut marked = 0;
    for object in objects {
        assert_eq!(object["metadata"]["labels"][PART_OF], "callboard", "{}", name(&object));
        marked += 1;
    }
    assert!(marked > 10);
    // `labels:` of a component would mark the objects of users, too.
    for component in components() {
        assert!(kustomization(&format!("components/{component}")).get("labels").is_none(), "{component}");
    }
}

#[test]
fn what_two_installs_would_share_is_named_after_the_namespace() {
    let targets = kustomization("components/namespace")["replacements"][0]["targets"].clone();
    let renamed = |kind: &str, field: &str| {
        let mut targets = targets.as_array().unwrap().iter();
        let target = targets.find(|it| it["select"]["kind"] == kind && it["fieldPaths"] == json!([field]));
        target.unwrap_or_else(|| panic!("no {field} of {kind}")).clone()
    };
    for kind in ["ClusterRole", "ClusterRoleBinding"] {
        let target = renamed(kind, "metadata.name");
        assert_eq!((&target["options"], target.get("reject")), (&json!({"delimiter": "-"}), None), "{kind}");
        for object in all(kind) {
            assert_eq!(name(&object).split('-').next(), Some("callboard"), "{kind} {}", name(&object));
        }
    }
    let ours: BTreeSet<_> = all("ClusterRole").iter().map(|it| name(it).to_owned()).collect();
    let (mut of_others, mut bound) = (BTreeSet::new(), 0);
    for binding in all("ClusterRoleBinding") {
        match ours.contains(text(&binding["roleRef"]["name"])) {
            true => bound += 1,
            false => drop(of_others.insert(name(&binding).to_owned())),
        }
    }
    let kept = renamed("ClusterRoleBinding", "roleRef.name")["reject"].clone();
    let kept: BTreeSet<_> = kept.as_array().unwrap().iter().map(|it| text(&it["name"]).to_owned()).collect();
    assert_eq!(kept, of_others);
    assert!(bound > 5);
}

#[test]
fn without_kratix_no_source_waits_for_its_kinds() {
    let waits = |source: &Value| {
        let mut resources = source["spec"]["resources"].as_array().unwrap().iter();
        resources.any(|it| text(&it["apiVersion"]).starts_with("platform.kratix.io/"))
    };
    let sources = of("base").into_iter().filter(|it| it["kind"] == "ApiServerSource");
    let of_kratix: BTreeSet<_> = sources.filter(waits).map(|it| name(&it).to_owned()).collect();
    let patch = kustomization("components/without-kratix")["patches"][0].clone();
    assert_eq!(patch["target"]["kind"], "ApiServerSource");
    let removed: BTreeSet<_> = text(&patch["target"]["name"]).split('|').map(str::to_owned).collect();
    assert!(text(&patch["patch"]).contains("$patch: delete") && of_kratix.len() > 2);
    assert_eq!(removed, of_kratix);
}

fn kustomization(folder: &str) -> Value {
    let text = fs::read_to_string(deploy().join(folder).join("kustomization.yaml")).unwrap();
    serde_saphyr::from_str(&text).unwrap()
}

fn components() -> Vec<String> {
    let folders = fs::read_dir(deploy().join("components")).unwrap();
    folders.map(|it| it.unwrap().file_name().into_string().unwrap()).collect()
}
