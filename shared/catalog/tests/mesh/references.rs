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
fn each_consumer_of_an_api_is_there_once() {
    let (mut own, mut others) = (0, 0);
    for case in cases() {
        let entities = documents(&case.descriptors(&case.objects()));
        let deliveries = entities.iter().filter(|entity| {
            entity["spec"]["type"].as_str().is_some_and(|ty| ty.ends_with(":Trigger") || ty.ends_with(":Subscription"))
        });
        for delivery in deliveries {
            assert_eq!(delivery["kind"], "Component", "{}", case.name());
            let subscribers: Vec<_> = refs(&delivery["spec"]["dependencyOf"]).collect();
            let subscribers = entities.iter().filter(|entity| subscribers.contains(&entity_ref(entity).as_str()));
            let is_own = subscribers.count() > 0;
            let consumes = refs(&delivery["spec"]["consumesApis"]).next().is_some();
            assert!(!(is_own && consumes), "{}: {} and its subscriber consume", case.name(), entity_ref(delivery));
            if is_own { own += 1 } else { others += usize::from(consumes) }
        }
    }
    assert!(own > 20 && others > 10, "only {own} Components of the mesh and {others} others are subscribers");
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
