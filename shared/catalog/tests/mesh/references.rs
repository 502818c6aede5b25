//! Every reference leads somewhere.

use crate::cases::{OWNER, cases, documents};
use serde_json::Value;
use std::collections::BTreeSet;

/// The fields of a `spec` that hold references.
const FIELDS: [&str; 6] = ["owner", "system", "providesApis", "consumesApis", "dependsOn", "dependencyOf"];

#[test]
fn every_reference_leads_to_an_entity_of_the_case_or_to_a_third_party_one_that_it_names() {
    for case in cases() {
        let entities = documents(&case.descriptors(&case.objects()));
        let refs: Vec<_> = entities.iter().map(entity_ref).collect();
        let known: BTreeSet<_> = refs.iter().map(String::as_str).collect();
        assert_eq!(known.len(), refs.len(), "{}: a ref is there twice: {refs:?}", case.name());
        let elsewhere: BTreeSet<_> = case.elsewhere().iter().map(String::as_str).collect();
        assert!(elsewhere.is_disjoint(&known), "{} writes what it says others do", case.name());

        let named: BTreeSet<_> = entities.iter().flat_map(named).filter(|it| !is_owner(it)).collect();
        let dangling: Vec<_> = named.iter().filter(|it| !known.contains(**it) && !elsewhere.contains(**it)).collect();
        assert!(dangling.is_empty(), "{}: {dangling:?} are nowhere", case.name());
        let unnamed: Vec<_> = elsewhere.iter().filter(|it| !named.contains(**it)).collect();
        assert!(unnamed.is_empty(), "{}: nothing names {unnamed:?}", case.name());
    }
}

#[test]
fn a_trigger_and_its_subscriber_say_the_same() {
    let mut consumers = 0;
    for case in cases() {
        let entities = documents(&case.descriptors(&case.objects()));
        let resources = entities.iter().filter(|entity| entity["kind"] == "Resource");
        for resource in resources {
            let apis =
                |field: &str| refs(&resource["spec"][field]).filter(|it| it.starts_with("api:")).collect::<Vec<_>>();
            let subscribers: Vec<_> = refs(&resource["spec"]["dependencyOf"]).collect();
            for entity in entities.iter().filter(|entity| subscribers.contains(&entity_ref(entity).as_str())) {
                let consumed: BTreeSet<_> = refs(&entity["spec"]["consumesApis"]).collect();
                let lost: Vec<_> = apis("dependsOn").into_iter().filter(|api| !consumed.contains(api)).collect();
                assert!(lost.is_empty(), "{}: {} does not consume {lost:?}", case.name(), entity_ref(entity));
                consumers += 1;
            }
        }
    }
    assert!(consumers > 20, "only {consumers} Components of ours are subscribers");
}

fn is_owner(reference: &str) -> bool {
    reference == OWNER || reference == "group:default/sellers"
}

fn named(entity: &Value) -> impl Iterator<Item = &str> {
    FIELDS.iter().flat_map(|field| refs(&entity["spec"][*field]))
}

/// The references in a field, which is a list or holds one.
fn refs(field: &Value) -> impl Iterator<Item = &str> {
    field.as_array().into_iter().flatten().chain([field]).filter_map(Value::as_str)
}

fn entity_ref(entity: &Value) -> String {
    let text = |pointer| entity.pointer(pointer).and_then(Value::as_str).unwrap();
    let (kind, namespace, name) = (text("/kind"), text("/metadata/namespace"), text("/metadata/name"));
    format!("{}:{namespace}/{name}", kind.to_ascii_lowercase())
}
