//! Who may read what, and which sources there are.

use super::manifests::{all, deploy, name, objects, of, one, text};
use events::{CALLBOARD_EXTENSION, Function};
use serde_json::{Value, json};
use std::{collections::BTreeSet, fs};

#[test]
fn every_source_says_whom_its_events_are_for_and_may_watch_its_kinds() {
    let roles = roles("callboard-sources");
    let sources = all("ApiServerSource");
    assert!(sources.len() >= 7);
    for source in sources {
        let (name, spec) = (name(&source), &source["spec"]);
        let function: Function = text(&spec["ceOverrides"]["extensions"][CALLBOARD_EXTENSION]).parse().unwrap();
        assert_eq!(spec["serviceAccountName"], "callboard-sources", "{name}");
        for resource in spec["resources"].as_array().unwrap() {
            let (group, kind) = (group(resource), text(&resource["kind"]));
            let taking = if kind == "Work" { Some(Function::Apps) } else { Function::taking(&object(resource)) };
            assert_eq!(taking, Some(function), "{name}: {kind}");
            // Of what holds whole manifests the reference alone.
            let by_reference = kind == "Work" || ["", "apps"].contains(&group);
            assert_eq!(spec["mode"], if by_reference { "Reference" } else { "Resource" }, "{name}");
            may(&roles, resource, &["get", "list", "watch"]);
        }
    }
}

#[test]
fn the_mesh_may_read_what_its_sources_tell_of() {
    let roles = roles("callboard-mesh");
    let sources = all("ApiServerSource").into_iter();
    let sources = sources.filter(|it| it["spec"]["ceOverrides"]["extensions"][CALLBOARD_EXTENSION] == "mesh");
    let resources: Vec<_> = sources.flat_map(|it| it["spec"]["resources"].as_array().unwrap().clone()).collect();
    assert!(resources.len() > 15);
    for resource in resources {
        may(&roles, &resource, &["get", "list"]);
    }
    let definition = json!({"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition"});
    may(&roles, &definition, &["get", "list"]);
}

/// An adapter dies where one of its groups is not served.
#[test]
fn a_kind_in_alpha_takes_none_of_another_group_down() {
    let is_alpha = |version: &str| version.contains("alpha");
    for source in all("ApiServerSource") {
        let versions: BTreeSet<_> =
            source["spec"]["resources"].as_array().unwrap().iter().map(|it| text(&it["apiVersion"])).collect();
        assert!(versions.len() == 1 || !versions.iter().any(|it| is_alpha(it)), "{}", name(&source));
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
fn every_binding_gives_a_role_of_ours_or_the_mesh_one_of_knative_to_an_account_of_ours() {
    let of_knative = [json!("addressable-resolver"), json!("source-observer")];
    let objects = objects();
    let there =
        |kind: &Value, name: &Value| objects.iter().any(|it| it["kind"] == *kind && it["metadata"]["name"] == *name);
    for binding in objects.iter().filter(|it| text(&it["kind"]).ends_with("RoleBinding")) {
        let (kind, role) = (&binding["roleRef"]["kind"], &binding["roleRef"]["name"]);
        match of_knative.contains(role) {
            true => assert_eq!(binding["subjects"][0]["name"], "callboard-mesh", "{}", name(binding)),
            false => assert!(there(kind, role), "{}", name(binding)),
        }
        for subject in binding["subjects"].as_array().unwrap() {
            assert!(there(&subject["kind"], &subject["name"]), "{}: {subject}", name(binding));
        }
    }
}

#[test]
fn where_only_ours_may_send_each_of_ours_may() {
    let policy = one("components/secured", "EventPolicy", "callboard");
    let may: BTreeSet<_> = policy["spec"]["from"].as_array().unwrap().iter().map(|it| text(&it["sub"])).collect();
    let folders = ["base", "components/app", "components/backstage", "components/one-service"];
    let senders = folders
        .into_iter()
        .flat_map(of)
        .filter(|it| ["ApiServerSource", "PingSource", "SinkBinding", "Trigger"].contains(&text(&it["kind"])));
    let needed: BTreeSet<_> =
        senders.map(|it| format!("system:serviceaccount:callboard:{}-oidc-*", name(&it))).collect();
    assert_eq!(may, needed.iter().map(String::as_str).collect());
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

#[test]
fn refresh_has_no_right_and_no_token_of_the_cluster() {
    let account = one("components/backstage", "ServiceAccount", "callboard-refresh");
    assert_eq!(account["automountServiceAccountToken"], false);
    for binding in objects().iter().filter(|it| text(&it["kind"]).ends_with("RoleBinding")) {
        let mut subjects = binding["subjects"].as_array().unwrap().iter();
        assert!(!subjects.any(|it| it["name"] == account["metadata"]["name"]), "{}", name(binding));
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

fn may(roles: &[Value], resource: &Value, verbs: &[&str]) {
    // As ApiServerSource guesses it.
    let kind = text(&resource["kind"]).to_lowercase();
    let plural = kind.strip_suffix('y').map_or_else(|| format!("{kind}s"), |stem| format!("{stem}ies"));
    let group = group(resource);
    for verb in verbs {
        assert!(roles.iter().any(|rule| allows(rule, group, &plural, verb)), "{verb} {plural}.{group}");
    }
}

/// Empty for Kubernetes' own without a name.
fn group(resource: &Value) -> &str {
    text(&resource["apiVersion"]).split_once('/').map_or("", |(group, _)| group)
}

fn allows(rule: &Value, group: &str, plural: &str, verb: &str) -> bool {
    let has = |list: &str, wanted: &str| rule[list].as_array().unwrap().iter().any(|it| it == wanted);
    has("apiGroups", group) && has("resources", plural) && has("verbs", verb)
}
