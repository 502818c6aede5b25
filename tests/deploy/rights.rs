//! Who may read what, and which sources there are.

use super::manifests::{all, deploy, name, objects, of, text};
use events::{CALLBOARD_EXTENSION, Function};
use serde_json::{Value, json};
use std::{collections::BTreeSet, fs};

#[test]
fn every_source_says_whom_its_events_are_for_and_may_watch_its_kinds() {
    let roles = roles("callboard-sources");
    let sources = all("ApiServerSource");
    assert!(sources.len() >= 4);
    for source in sources {
        let (name, spec) = (name(&source), &source["spec"]);
        let function: Function = text(&spec["ceOverrides"]["extensions"][CALLBOARD_EXTENSION]).parse().unwrap();
        assert_eq!(spec["serviceAccountName"], "callboard-sources", "{name}");
        for resource in spec["resources"].as_array().unwrap() {
            let (group, _) = text(&resource["apiVersion"]).split_once('/').unwrap();
            let kind = text(&resource["kind"]);
            let taking = if kind == "Work" { Some(Function::Apps) } else { Function::taking(&object(resource)) };
            assert_eq!(taking, Some(function), "{name}: {kind}");
            assert_eq!(spec["mode"], if kind == "Work" { "Reference" } else { "Resource" }, "{name}");
            let plural = format!("{}s", kind.to_lowercase());
            for verb in ["get", "list", "watch"] {
                assert!(roles.iter().any(|rule| allows(rule, group, &plural, verb)), "{name}: {verb} {plural}.{group}");
            }
        }
    }
}

#[test]
fn functions_read_and_sources_watch_and_nobody_reads_secrets() {
    let mut rules = 0;
    for role in objects().iter().filter(|it| ["Role", "ClusterRole"].contains(&text(&it["kind"]))) {
        let name = name(role);
        let may: &[&str] = if name.contains("-sources") { &["get", "list", "watch"] } else { &["get", "list"] };
        for rule in role["rules"].as_array().into_iter().flatten() {
            for verb in rule["verbs"].as_array().unwrap() {
                assert!(may.contains(&text(verb)), "{name}: {verb}");
            }
            for of in rule["apiGroups"].as_array().into_iter().chain(rule["resources"].as_array()).flatten() {
                assert!(!text(of).contains('*') && !["secrets", "configmaps"].contains(&text(of)), "{name}: {of}");
            }
            rules += 1;
        }
    }
    assert!(rules > 5);
}

#[test]
fn every_binding_gives_a_role_of_ours_to_an_account_of_ours() {
    let objects = objects();
    let there =
        |kind: &Value, name: &Value| objects.iter().any(|it| it["kind"] == *kind && it["metadata"]["name"] == *name);
    for binding in objects.iter().filter(|it| text(&it["kind"]).ends_with("RoleBinding")) {
        assert!(there(&binding["roleRef"]["kind"], &binding["roleRef"]["name"]), "{}", name(binding));
        for subject in binding["subjects"].as_array().unwrap() {
            assert!(there(&subject["kind"], &subject["name"]), "{}: {subject}", name(binding));
        }
    }
}

#[test]
fn the_namespaces_of_the_example_are_chosen_in_one_place() {
    let chosen = fs::read_to_string(deploy().join("examples/namespaces/namespaces.env")).unwrap();
    let chosen = chosen.lines().find_map(|line| line.strip_prefix("CALLBOARD_NAMESPACES=")).unwrap();
    let chosen: BTreeSet<_> = chosen.split(',').collect();
    let printed = of("examples/namespaces");
    let bound: BTreeSet<_> =
        printed.iter().filter(|it| it["kind"] == "RoleBinding").map(|it| text(&it["metadata"]["namespace"])).collect();
    assert_eq!(bound, chosen);
    let sources: Vec<_> = printed.iter().filter(|it| it["kind"] == "ApiServerSource").collect();
    assert!(!sources.is_empty());
    for source in sources {
        let expression = &source["spec"]["namespaceSelector"]["matchExpressions"][0];
        assert_eq!(
            (&expression["key"], &expression["operator"]),
            (&json!("kubernetes.io/metadata.name"), &json!("In"))
        );
        assert_eq!(expression["values"].as_array().unwrap().iter().map(text).collect::<BTreeSet<_>>(), chosen);
    }
}

/// An object of a kind that a source watches.
fn object(resource: &Value) -> events::ObjectRef {
    events::ObjectRef::new(text(&resource["apiVersion"]), text(&resource["kind"]), None, "x").unwrap()
}

/// The rules of the ClusterRoles whose names begin so.
fn roles(prefix: &str) -> Vec<Value> {
    let roles = all("ClusterRole").into_iter().filter(|it| name(it).starts_with(prefix));
    roles.flat_map(|it| it["rules"].as_array().cloned().unwrap_or_default()).collect()
}

fn allows(rule: &Value, group: &str, plural: &str, verb: &str) -> bool {
    let has = |list: &str, wanted: &str| rule[list].as_array().unwrap().iter().any(|it| it == wanted);
    has("apiGroups", group) && has("resources", plural) && has("verbs", verb)
}
