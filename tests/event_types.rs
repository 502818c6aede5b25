//! What is generated from `deploy/schemas`: the EventTypes, and the tables of docs/reference/events.md.

use crate::docs::page::{assert_file, assert_part, cell, wrapped};
use cloudevents::AttributesReader;
use events::{APPROVED, Cause, DRIFTED, EntityRefused, Function, HELD, ObjectRef, REQUESTED, Refusal};
use serde_json::Value;
use std::{collections::BTreeMap, fs, path::Path};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// Who sends the events of a type, and how.
pub(crate) const EVENTS: [(&str, &[Function], &str); 9] = [
    ("dev.callboard.app.cataloged", &[Function::Apps], "The reply of `apps`"),
    ("dev.callboard.promise.cataloged", &[Function::Promises], "The reply of `promises`"),
    ("dev.callboard.mesh.cataloged", &[Function::Mesh], "The reply of `mesh`"),
    (
        "dev.callboard.catalog.resynced",
        &[Function::Resync],
        "The reply of `resync`, if it changed something or found new drift",
    ),
    (DRIFTED, &[Function::Resync, Function::Mesh], "Sent by `resync` and `mesh` to their sink"),
    (HELD, &[Function::Resync, Function::Mesh], "Sent by `resync` and `mesh` to their sink"),
    ("dev.callboard.entity.refused", &[Function::Refresh], "Sent by `refresh` to its sink"),
    (REQUESTED, &[], "Consumed by `resync`, `mesh` and `refresh`. Also the reply of `resync` if a run continues"),
    (APPROVED, &[], "Consumed by `resync` and `mesh`"),
];

#[test]
fn each_schema_is_of_a_type_that_we_emit_or_take() {
    let mut types = EVENTS.map(|(ty, ..)| ty.to_owned());
    types.sort();
    assert_eq!(schemas().into_keys().collect::<Vec<_>>(), types);
    for (ty, functions, how) in EVENTS {
        let mut replying = functions.iter().filter(|function| **function != Function::Refresh);
        let replies = replying.any(|function| function.reply_type() == ty);
        assert_eq!(replies, how.starts_with("The reply of"), "{ty}");
    }
}

#[test]
fn event_types_are_what_the_schemas_say() {
    let written = "# Generated from deploy/schemas by the test event_types. The schema is named by its URL alone, for Eventing's controller drops\n\
                   # `schemaData` when it writes the object back.\n";
    let schemas = schemas();
    let documents = EVENTS.map(|(ty, functions, _)| event_type(ty, functions, &schemas[ty]));
    let wanted = format!("{written}{}", documents.join("---\n"));
    assert_file("deploy/base/300-eventtypes.yaml", &wanted);

    let read: Vec<Value> = serde_saphyr::from_multiple(&wanted).unwrap();
    for (event_type, (ty, ..)) in read.iter().zip(EVENTS) {
        let schema: Value = serde_json::from_str(&schemas[ty]).unwrap();
        assert_eq!(event_type["spec"]["schema"], schema["$id"], "{ty}");
        assert_eq!(event_type["spec"]["description"], schema["description"], "{ty}");
    }
}

#[test]
fn the_events_are_documented_as_the_schemas_say() {
    let schemas = schemas();
    let sections = EVENTS.map(|(ty, functions, how)| section(ty, functions, how, &schemas[ty])).concat();
    assert_part("docs/reference/events.md", "schemas", &sections);
}

#[test]
fn what_backstage_refuses_is_reported_as_its_schema_says() {
    let refusal = |entity: Option<&str>| Refusal {
        entity: entity.map(str::to_owned),
        reason: "kind System is not allowed".to_owned(),
        advice: entity.map(|_| "catalog.rules: add System".to_owned()),
    };
    let refused = EntityRefused {
        cause: Cause::new("/callboard/apps", "1", Function::Apps.reply_type()),
        key: "entities/main/workshop.kratix.io/app/default/todo.yaml".to_owned(),
        etag: "\"0\"".to_owned(),
        location: "location:default/generated-0".to_owned(),
        refused: vec![refusal(None), refusal(Some("system:default/todo"))],
        truncated: true,
    };
    let subject = ObjectRef::new("workshop.kratix.io/v1", "App", Some("default"), "todo").unwrap();
    let event = refused.event(&subject).unwrap();
    let schema: Value = serde_json::from_str(&schemas()[event.ty()]).unwrap();
    let data: Value = event.data().unwrap().clone().try_into().unwrap();
    assert_eq!(event.dataschema().unwrap().as_str(), schema["$id"]);
    let valid = jsonschema::draft202012::new(&schema).unwrap();
    let errors: Vec<_> = valid.iter_errors(&data).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{errors:?}");
    for field in data.as_object().unwrap().keys().filter(|field| *field != "truncated") {
        let mut without = data.clone();
        without.as_object_mut().unwrap().remove(field);
        assert!(!valid.is_valid(&without), "{field}");
    }
}

/// By type, as they are written.
fn schemas() -> BTreeMap<String, String> {
    let files = fs::read_dir(Path::new(ROOT).join("deploy/schemas")).unwrap();
    let schema = |path: &Path| {
        let ty = path.file_name().unwrap().to_str().unwrap().strip_suffix(".json").unwrap();
        (ty.to_owned(), fs::read_to_string(path).unwrap())
    };
    files.map(|file| schema(&file.unwrap().path())).collect()
}

/// The source is told where there is one alone, for an EventType pins what it tells.
fn event_type(ty: &str, functions: &[Function], schema: &str) -> String {
    let source = match functions {
        [function] => format!("  source: /callboard/{function}\n"),
        _ => String::new(),
    };
    let description = &serde_json::from_str::<Value>(schema).unwrap()["description"];
    let url = events::schema_url(ty);
    format!(
        "apiVersion: eventing.knative.dev/v1beta2\nkind: EventType\nmetadata:\n  name: {ty}\nspec:\n  type: {ty}\n{source}  \
         description: {description}\n  reference:\n    apiVersion: eventing.knative.dev/v1\n    kind: Broker\n    name: callboard\n  \
         schema: {url}\n"
    )
}

fn section(ty: &str, functions: &[Function], how: &str, schema: &str) -> String {
    let schema: Value = serde_json::from_str(schema).unwrap();
    let sources: Vec<_> = functions.iter().map(|function| format!("`/callboard/{function}`")).collect();
    let source = if sources.is_empty() { String::new() } else { format!(", source {}", sources.join(" or ")) };
    let mut rows = String::new();
    fields("", &schema, &mut rows);
    format!(
        "## `{ty}`\n\n{}\n\n{}\n\n[Schema](../../deploy/schemas/{ty}.json)\n\n\
         | Field | Type | Meaning |\n|---|---|---|\n{rows}\n",
        wrapped(schema["description"].as_str().unwrap()),
        wrapped(&format!("{how}{source}."))
    )
}

/// A row for each field that says what it means, and those within it.
fn fields(within: &str, schema: &Value, rows: &mut String) {
    let Some(properties) = schema["properties"].as_object() else { return };
    for (name, field) in properties.iter().collect::<BTreeMap<_, _>>() {
        let required = schema["required"].as_array().is_some_and(|names| names.iter().any(|it| it == name));
        let name = format!("{within}{name}");
        if let Some(meaning) = field["description"].as_str() {
            let optional = if required { "" } else { ", optional" };
            let meaning = cell(meaning);
            rows.push_str(&format!("| `{name}` | {}{optional} | {meaning} |\n", type_of(field)));
        }
        fields(&format!("{name}."), field, rows);
        fields(&format!("{name}[]."), &field["items"], rows);
    }
}

fn type_of(field: &Value) -> String {
    let names = |values: &Value, quote: &str| {
        let values = values.as_array().unwrap().iter().map(|value| value.as_str().unwrap().to_owned());
        values.map(|value| format!("{quote}{value}{quote}")).collect::<Vec<_>>().join(" or ")
    };
    match (&field["enum"], &field["const"], &field["type"]) {
        (Value::Array(_), ..) => names(&field["enum"], "`"),
        (_, Value::Bool(value), _) => format!("`{value}`"),
        (_, _, Value::Array(_)) => names(&field["type"], ""),
        (_, _, ty) => ty.as_str().unwrap_or("any").to_owned(),
    }
}
