//! `deploy/` held against the code: what a Service is told, which files there are; in `triggers` and `rights` the rest.

use crate::{binary::Served, event_types::EVENTS};
use callboard::cli::Cli;
use clap::CommandFactory;
use events::Function;
use manifests::{all, argument, default_of, deploy, files, is_ours, name, objects, of, text, variable, variables};
use serde_json::{Value, json};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
};

mod components;
pub(crate) mod manifests;
mod rights;
mod triggers;

/// What the AWS SDK reads by itself.
const SDK: [&str; 3] = ["AWS_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"];

#[test]
fn a_service_is_its_function_in_the_image_of_this_version() {
    let known: BTreeSet<_> =
        argument("FUNCTION").get_possible_values().iter().map(|it| it.get_name().to_owned()).collect();
    let services = all("Service");
    let names: BTreeSet<_> = services.iter().filter(|it| is_ours(it)).map(|it| name(it).to_owned()).collect();
    assert_eq!(names, known);
    for service in services.iter().filter(|it| is_ours(it)) {
        let name = name(service);
        let pod = &service["spec"]["template"]["spec"];
        assert_eq!(variable(service, "FUNCTION").as_deref(), Some(name));
        assert_eq!(pod["serviceAccountName"], format!("callboard-{name}"));
        assert_eq!(service["metadata"]["labels"]["networking.knative.dev/visibility"], "cluster-local");
        let annotations = &service["spec"]["template"]["metadata"]["annotations"];
        assert_eq!(annotations["autoscaling.knative.dev/max-scale"], "1");
        // The mesh is an index in memory, and a change does not wait for a pod to tell Backstage of it.
        let least = if ["mesh", "refresh", "all"].contains(&name) { "1" } else { "0" };
        assert_eq!(annotations["autoscaling.knative.dev/min-scale"], least, "{name}");
        let image = concat!("ghcr.io/callboard-dev/callboard:", env!("CARGO_PKG_VERSION"));
        assert_eq!(pod["containers"][0]["image"], image);
    }
}

#[test]
fn a_service_provides_the_events_that_its_function_sends() {
    for service in all("Service").iter().filter(|it| is_ours(it)) {
        let name = name(service);
        let sends = |functions: &[Function]| functions.iter().any(|it| it.as_str() == name || name == "all");
        let sent: Vec<_> = EVENTS.iter().filter(|(_, functions, _)| sends(functions)).map(|(ty, ..)| *ty).collect();
        let provided = text(&service["metadata"]["annotations"]["callboard.dev/provides-apis"]);
        assert_eq!(provided.split(", ").collect::<BTreeSet<_>>(), sent.into_iter().collect(), "{name}");
    }
    let func = fs::read_to_string(deploy().join("../func.yaml")).unwrap();
    let func: Value = serde_saphyr::from_str(&func).unwrap();
    assert_eq!(func["deploy"]["annotations"], manifests::service("all")["metadata"]["annotations"]);
}

#[test]
fn one_service_takes_the_place_of_each_single_function() {
    let kustomization = fs::read_to_string(deploy().join("components/one-service/kustomization.yaml")).unwrap();
    let kustomization: Value = serde_saphyr::from_str(&kustomization).unwrap();
    let patches = kustomization["patches"].as_array().unwrap().iter();
    let deleted: BTreeSet<_> = patches
        .filter(|it| text(&it["patch"]).contains("$patch: delete"))
        .flat_map(|it| {
            let names = text(&it["target"]["name"]).trim_start_matches("callboard-(").trim_end_matches(')');
            names.split('|').map(|name| (text(&it["target"]["kind"]), name)).collect::<Vec<_>>()
        })
        .collect();
    // What stands for all: the source's account, and the SinkBinding whose subject is changed.
    let stays = [("ServiceAccount", "callboard-sources"), ("SinkBinding", "resync")];
    let singles = ["base", "components/backstage"].map(of).concat();
    let singles = singles.iter().map(|it| (text(&it["kind"]), name(it)));
    let singles = singles.filter(|(kind, _)| ["Service", "ServiceAccount", "SinkBinding", "Trigger"].contains(kind));
    let singles: BTreeSet<_> = singles
        .filter(|it| !stays.contains(it))
        .map(|(kind, name)| (kind, name.trim_start_matches("callboard-")))
        .collect();
    assert_eq!(deleted, singles);
}

#[test]
fn the_probes_are_answered_on_the_port_that_is_listened_on() {
    let served = Served::start(&[("FUNCTION", "apps")]);
    for service in all("Service").iter().filter(|it| is_ours(it)) {
        let container = &service["spec"]["template"]["spec"]["containers"][0];
        let port = default_of("PORT").parse::<u64>().unwrap();
        assert_eq!(container["ports"], json!([{"containerPort": port}]));
        for probe in ["readinessProbe", "livenessProbe"] {
            let probe = &container[probe]["httpGet"];
            assert_eq!(probe["port"], port);
            let answer = served.ask("GET", text(&probe["path"]));
            assert!(answer.starts_with("HTTP/1.1 200 "), "{probe}: {answer}");
        }
    }
}

#[test]
fn the_token_of_backstage_is_the_file_of_a_secret_that_is_not_here() {
    for service in all("Service").iter().filter(|it| is_ours(it)) {
        let (name, pod) = (name(service), &service["spec"]["template"]["spec"]);
        let (container, file) = (&pod["containers"][0], variable(service, "CALLBOARD_BACKSTAGE_TOKEN_FILE"));
        if !["refresh", "all"].contains(&name) {
            assert_eq!((file, &pod["volumes"]), (None, &Value::Null), "{name}");
            continue;
        }
        let file = file.unwrap();
        let (folder, key) = file.rsplit_once('/').unwrap();
        assert_eq!(key, "token", "{name}");
        let mount = json!([{"name": "backstage", "mountPath": folder, "readOnly": true}]);
        assert_eq!(container["volumeMounts"], mount, "{name}");
        let secret = json!({"secretName": "callboard-backstage", "optional": true});
        assert_eq!(pod["volumes"], json!([{"name": "backstage", "secret": secret}]), "{name}");
    }
    for file in files(&deploy()) {
        let text = fs::read_to_string(&file).unwrap();
        assert!(!text.contains("name: callboard-backstage") && !text.contains("CALLBOARD_BACKSTAGE_TOKEN="));
    }
    assert!(all("Secret").is_empty());
}

#[test]
fn no_container_may_more_than_it_needs() {
    let mut containers = 0;
    for object in objects() {
        let listed = object["spec"]["template"]["spec"]["containers"].as_array().cloned().unwrap_or_default();
        for container in &listed {
            let wanted = json!({
                "allowPrivilegeEscalation": false, "readOnlyRootFilesystem": true, "runAsNonRoot": true,
                "capabilities": {"drop": ["ALL"]}, "seccompProfile": {"type": "RuntimeDefault"},
            });
            assert_eq!(container["securityContext"], wanted, "{}", name(&object));
            let requests = text(&container["resources"]["requests"]["cpu"]).trim_end_matches('m').parse::<u64>();
            assert!(requests.unwrap() <= 50, "{}", name(&object));
            assert!(container["resources"]["limits"]["memory"].is_string(), "{}", name(&object));
        }
        containers += listed.len();
    }
    assert!(containers > 4, "{containers}");
}

#[test]
fn each_variable_is_one_that_is_read() {
    let mut known: BTreeSet<_> = variables().collect();
    known.extend(SDK.map(str::to_owned));
    let mut named = BTreeSet::new();
    for file in files(&deploy()) {
        let text = fs::read_to_string(&file).unwrap();
        let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
        for word in words.filter(|word| word.starts_with("CALLBOARD_") || word.starts_with("AWS_")) {
            assert!(known.contains(word), "{}: {word}", file.display());
            named.insert(word.to_owned());
        }
    }
    assert!(named.contains("CALLBOARD_BUCKET") && named.contains("AWS_SECRET_ACCESS_KEY"), "{named:?}");
}

#[test]
fn the_base_leaves_out_what_only_the_platform_engineer_knows() {
    let set = fs::read_to_string(deploy().join("base/callboard.env")).unwrap();
    let set: BTreeMap<_, _> = set.lines().filter_map(|line| line.split_once('=')).collect();
    let command = Cli::command();
    for arg in command.get_arguments().filter(|arg| arg.get_env().is_some()) {
        let variable = arg.get_env().and_then(|env| env.to_str()).unwrap();
        assert!(!arg.is_required_set() || !set.contains_key(variable), "{variable}");
    }
    for (variable, value) in set {
        assert_eq!(default_of(variable), value, "{variable}");
    }
}

#[test]
fn no_file_is_left_out_and_none_is_missing() {
    let mut named = BTreeSet::new();
    for kustomization in files(&deploy()).into_iter().filter(|it| it.ends_with("kustomization.yaml")) {
        let content: Value = serde_saphyr::from_str(&fs::read_to_string(&kustomization).unwrap()).unwrap();
        let generators = ["configMapGenerator", "secretGenerator"]
            .iter()
            .flat_map(|list| content[list].as_array().into_iter().flatten());
        let envs = generators.flat_map(|it| it["envs"].as_array().into_iter().flatten());
        let patches = content["patches"].as_array().into_iter().flatten().filter_map(|it| it.get("path"));
        let listed = ["resources", "components", "configurations", "transformers"];
        let listed = listed.iter().flat_map(|list| content[list].as_array().into_iter().flatten());
        for path in listed.chain(envs).chain(patches) {
            let path = kustomization.parent().unwrap().join(text(path)).canonicalize();
            named.insert(path.unwrap_or_else(|error| panic!("{}: {error}", kustomization.display())));
        }
    }
    for file in files(&deploy()).into_iter().filter(|it| !it.ends_with("kustomization.yaml")) {
        assert!(named.contains(&file.canonicalize().unwrap()), "{} is in no kustomization", file.display());
    }
}
