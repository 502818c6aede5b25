//! Golden cases: `tests/cases/asyncapi/<name>/event-type.json` in, `expected.yaml` out, which the AsyncAPI parser
//! judges (`tests/backstage/run`). `CALLBOARD_BLESS=1` writes what is expected again.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on shall end")]

use catalog::{EntityRef, Layout, Mesh, Settings, mesh::Id};
use events::Object;
use std::{
    env, fs,
    path::{Path, PathBuf},
};

#[test]
fn every_event_type_leads_to_the_expected_definition() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/cases/asyncapi");
    let mut cases: Vec<PathBuf> = fs::read_dir(root).unwrap().map(|entry| entry.unwrap().path()).collect();
    cases.sort();
    assert!(cases.len() >= 10, "{cases:?} are too few to be all");
    for case in cases {
        let text = fs::read_to_string(case.join("event-type.json")).unwrap();
        let is = api(&Object::try_from(serde_json::from_str::<serde_json::Value>(&text).unwrap()).unwrap());
        let expected = case.join("expected.yaml");
        if env::var_os("CALLBOARD_BLESS").is_some() {
            fs::write(&expected, &is).unwrap();
        }
        assert_eq!(is, fs::read_to_string(&expected).unwrap(), "{}", expected.display());
    }
}

/// The descriptor of an EventType of which nothing else is known.
fn api(event_type: &Object) -> String {
    let owner = EntityRef::parse("group:default/platform", "", "").unwrap();
    let mut mesh = Mesh::new(Settings::new(Layout::new("entities", "main").unwrap(), owner));
    mesh.apply(event_type);
    let made = mesh.render(&Id::of(event_type.reference()));
    made.described.descriptor.unwrap().body().to_owned()
}
