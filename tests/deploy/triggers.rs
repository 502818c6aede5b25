//! Who gets which event, and how long it is tried.

use super::manifests::{all, default_of, name, of, one, service, text, variable};
use events::{APPROVED, CALLBOARD_EXTENSION, Function, HELD, Incoming, PING, REQUESTED, consumed};
use serde_json::{Value, json};
use std::collections::BTreeMap;

#[test]
fn each_event_goes_to_the_function_that_its_source_names_and_without_a_name_to_all_that_may_take_it() {
    let triggers = [triggers("base"), triggers("components/backstage")].concat();
    for ty in consumed() {
        for extension in [None, Some("apps"), Some("promises"), Some("mesh")] {
            let event = attributes(ty, extension);
            let of_apiserver = ty.starts_with("dev.knative.apiserver.");
            let wanted: Vec<_> = match (of_apiserver, extension) {
                (true, None) => vec!["apps", "promises", "mesh"],
                (true, Some(name)) => ["apps", "promises", "mesh"].into_iter().filter(|it| *it == name).collect(),
                (false, _) if ty == APPROVED => vec!["mesh", "resync"],
                (false, _) if [PING, REQUESTED].contains(&ty) => vec!["mesh", "resync", "refresh"],
                (false, _) => vec!["refresh"],
            };
            assert_eq!(taking(&triggers, &event), wanted, "{event:?}");
        }
    }
}

#[test]
fn one_service_gets_each_event_once() {
    for ty in consumed() {
        assert_eq!(taking(&triggers("components/one-service"), &attributes(ty, None)), ["all"], "{ty}");
    }
}

#[test]
fn no_function_gets_what_it_does_not_consume() {
    for ty in ["boson.fn", HELD, Function::Refresh.reply_type(), PING] {
        let stranger =
            BTreeMap::from([("type".to_owned(), ty.to_owned()), ("source".to_owned(), "/strangers".to_owned())]);
        for folder in ["base", "components/backstage", "components/one-service"] {
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
        // A Backstage that is down is no reason to hold events back.
        let (most, delay) = if name == "refresh" { (2, "PT0.2S") } else { (5, "PT0.5S") };
        assert!((1..=most).contains(&delivery["retry"].as_u64().unwrap()), "{name}");
        assert_eq!((&delivery["backoffPolicy"], &delivery["backoffDelay"]), (&json!("exponential"), &json!(delay)));
        let patience: u64 = text(&delivery["timeout"])["PT".len()..].trim_end_matches('S').parse().unwrap();
        let seconds = variable(&service, "CALLBOARD_TIMEOUT").unwrap_or(default_of("CALLBOARD_TIMEOUT"));
        let seconds: u64 = seconds.parse().unwrap();
        let limit = service["spec"]["template"]["spec"]["timeoutSeconds"].as_u64().unwrap();
        assert!(seconds < patience && patience <= limit, "{name}: {seconds} < {patience} <= {limit}");
        let dead = text(&delivery["deadLetterSink"]["ref"]["name"]);
        assert!(["resync", "all"].contains(&dead) && self::name(&self::service(dead)) == dead, "{name}");
    }
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
