//! `deploy/` held against the code: who gets which event, what a Service is told, what RBAC allows.

use crate::binary::Served;
use callboard::args::Cli;
use clap::{Arg, CommandFactory};
use events::{CALLBOARD_EXTENSION, CONSUMED, Function, Incoming};
use serde_json::{Value, json};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// What the AWS SDK reads by itself.
const SDK: [&str; 3] = ["AWS_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"];

#[test]
fn each_event_goes_to_the_function_that_its_source_names_and_without_a_name_to_all_that_may_take_it() {
    let triggers = triggers("base");
    for ty in CONSUMED {
        for extension in [None, Some("apps"), Some("promises"), Some("mesh")] {
            let event = attributes(ty, extension);
            let of_apiserver = ty.starts_with("dev.knative.apiserver.");
            let wanted: Vec<_> = match (of_apiserver, extension) {
                (true, None) => vec!["apps", "promises"],
                (true, Some(name)) => ["apps", "promises"].into_iter().filter(|it| *it == name).collect(),
                (false, _) => vec!["resync"],
            };
            assert_eq!(taking(&triggers, &event), wanted, "{event:?}");
        }
    }
}

#[test]
fn one_service_gets_each_event_once() {
    for ty in CONSUMED {
        assert_eq!(taking(&triggers("components/one-service"), &attributes(ty, None)), ["all"], "{ty}");
    }
}

#[test]
fn no_function_gets_what_it_does_not_consume() {
    for ty in ["boson.fn", "dev.callboard.app.cataloged", "dev.callboard.catalog.resynced", "dev.knative.sources.ping"]
    {
        let stranger =
            BTreeMap::from([("type".to_owned(), ty.to_owned()), ("source".to_owned(), "/strangers".to_owned())]);
        for folder in ["base", "components/one-service"] {
            assert_eq!(taking(&triggers(folder), &stranger), [""; 0], "{ty}");
        }
    }
}

#[test]
fn the_tick_is_a_request_for_a_resync() {
    let tick = one("base", "PingSource", "tick");
    let event = json!({
        "specversion": "1.0", "id": "1", "source": "/apis/v1/namespaces/callboard/pingsources/tick", "type": "dev.knative.sources.ping",
        "datacontenttype": tick["spec"]["contentType"], "data": serde_json::from_str::<Value>(text(&tick["spec"]["data"])).unwrap(),
    });
    let decoded = events::decode(serde_json::from_value(event).unwrap());
    assert!(matches!(decoded, Ok(Some(Incoming::Resync(_)))), "{decoded:?}");
}

#[test]
fn a_trigger_gives_a_function_its_time_and_what_fails_to_resync() {
    for trigger in all("Trigger") {
        let (name, spec) = (name(&trigger), &trigger["spec"]);
        let service = service(text(&spec["subscriber"]["ref"]["name"]));
        assert_eq!(name, self::name(&service));
        let delivery = &spec["delivery"];
        assert!(delivery["retry"].as_u64() > Some(0), "{name}");
        assert_eq!((&delivery["backoffPolicy"], &delivery["backoffDelay"]), (&json!("exponential"), &json!("PT0.5S")));
        let patience: u64 = text(&delivery["timeout"])["PT".len()..].trim_end_matches('S').parse().unwrap();
        let seconds = variable(&service, "CALLBOARD_TIMEOUT").unwrap_or(default_of("CALLBOARD_TIMEOUT"));
        let seconds: u64 = seconds.parse().unwrap();
        let limit = service["spec"]["template"]["spec"]["timeoutSeconds"].as_u64().unwrap();
        assert!(seconds < patience && patience <= limit, "{name}: {seconds} < {patience} <= {limit}");
        let dead = text(&delivery["deadLetterSink"]["ref"]["name"]);
        assert!(["resync", "all"].contains(&dead) && self::name(&self::service(dead)) == dead, "{name}");
    }
}

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
        assert_eq!(service["spec"]["template"]["metadata"]["annotations"]["autoscaling.knative.dev/max-scale"], "1");
        let image = concat!("ghcr.io/callboard-dev/callboard:", env!("CARGO_PKG_VERSION"));
        assert_eq!(pod["containers"][0]["image"], image);
    }
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
fn no_file_is_left_out_and_none_is_missing() {
    let mut named = BTreeSet::new();
    for kustomization in files(&deploy()).into_iter().filter(|it| it.ends_with("kustomization.yaml")) {
        let content: Value = serde_saphyr::from_str(&fs::read_to_string(&kustomization).unwrap()).unwrap();
        let generators = ["configMapGenerator", "secretGenerator"].iter().flat_map(|list| content[list].as_array().into_iter().flatten());
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

fn deploy() -> PathBuf {
    Path::new(ROOT).join("deploy")
}

/// All files below a folder but the schemas.
fn files(folder: &Path) -> Vec<PathBuf> {
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
fn of(folder: &str) -> Vec<Value> {
    let yaml = files(&deploy().join(folder)).into_iter().filter(|it| it.extension().is_some_and(|it| it == "yaml"));
    let documents = yaml.flat_map(|file| {
        let text = fs::read_to_string(&file).unwrap();
        serde_saphyr::from_multiple::<Value>(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
    });
    documents.filter(|it| it["metadata"]["name"].is_string() && it.get("$patch").is_none()).collect()
}

fn objects() -> Vec<Value> {
    of("")
}

fn all(kind: &str) -> Vec<Value> {
    objects().into_iter().filter(|it| it["kind"] == kind).collect()
}

fn one(folder: &str, kind: &str, name: &str) -> Value {
    let mut found = of(folder).into_iter().filter(|it| it["kind"] == kind && it["metadata"]["name"] == name);
    found.next().unwrap_or_else(|| panic!("no {kind} {name} in {folder}"))
}

fn service(name: &str) -> Value {
    let mut found = all("Service").into_iter().filter(|it| is_ours(it) && it["metadata"]["name"] == name);
    found.next().unwrap_or_else(|| panic!("no Service {name}"))
}

fn is_ours(service: &Value) -> bool {
    service["apiVersion"] == "serving.knative.dev/v1"
}

fn name(object: &Value) -> &str {
    text(&object["metadata"]["name"])
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("{value} is no text"))
}

fn variable(service: &Value, name: &str) -> Option<String> {
    let mut env = service["spec"]["template"]["spec"]["containers"][0]["env"].as_array().unwrap().iter();
    env.find(|it| it["name"] == name).map(|it| text(&it["value"]).to_owned())
}

fn argument(variable: &str) -> Arg {
    let named = |arg: &&Arg| arg.get_env().is_some_and(|env| env == variable);
    Cli::command().get_arguments().find(named).unwrap_or_else(|| panic!("no {variable}")).clone()
}

fn default_of(variable: &str) -> String {
    argument(variable).get_default_values().iter().map(|it| it.to_str().unwrap()).collect()
}

fn variables() -> impl Iterator<Item = String> {
    let command = Cli::command();
    let known: Vec<_> = [&command]
        .into_iter()
        .chain(command.get_subcommands())
        .flat_map(clap::Command::get_arguments)
        .cloned()
        .collect();
    known.into_iter().filter_map(|arg| Some(arg.get_env()?.to_str()?.to_owned()))
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

/// The names and filters of the Triggers of a folder.
fn triggers(folder: &str) -> Vec<(String, Value)> {
    let found: Vec<_> = of(folder).into_iter().filter(|it| it["kind"] == "Trigger").collect();
    assert!(!found.is_empty());
    found.into_iter().map(|it| (name(&it).to_owned(), it["spec"]["filters"].clone())).collect()
}

/// The attributes of an event as the Broker sees them.
fn attributes(ty: &str, extension: Option<&str>) -> BTreeMap<String, String> {
    let source = "/apis/v1/namespaces/callboard/pingsources/tick";
    let extension = extension.map(|name| (CALLBOARD_EXTENSION, name));
    let attributes = [("type", ty), ("source", source)].into_iter().chain(extension);
    attributes.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

fn taking<'a>(triggers: &'a [(String, Value)], event: &BTreeMap<String, String>) -> Vec<&'a str> {
    let passing = triggers.iter().filter(|(_, filters)| filters.as_array().unwrap().iter().all(|it| passes(it, event)));
    passing.map(|(name, _)| name.as_str()).collect()
}

/// What Knative's filters mean, as far as ours use them.
fn passes(filter: &Value, event: &BTreeMap<String, String>) -> bool {
    let (dialect, of) = filter.as_object().unwrap().iter().next().unwrap();
    let attributes = |holds: fn(&str, &str) -> bool| {
        let mut wanted = of.as_object().unwrap().iter();
        wanted.all(|(name, value)| event.get(name).is_some_and(|is| holds(is, text(value))))
    };
    match dialect.as_str() {
        "exact" => attributes(|is, wanted| is == wanted),
        "prefix" => attributes(|is, wanted| is.starts_with(wanted)),
        "suffix" => attributes(|is, wanted| is.ends_with(wanted)),
        "any" => of.as_array().unwrap().iter().any(|it| passes(it, event)),
        "all" => of.as_array().unwrap().iter().all(|it| passes(it, event)),
        "cesql" => !event.contains_key(text(of).strip_prefix("NOT EXISTS ").unwrap()),
        other => panic!("{other} is a dialect that this test does not know"),
    }
}
