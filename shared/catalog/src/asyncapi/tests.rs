//! Golden cases: `tests/cases/asyncapi/<name>/event-type.json` in, `expected.yaml` out, which the AsyncAPI parser judges
//! (`tests/backstage/run`); `CALLBOARD_BLESS=1` writes what is expected anew.

use super::*;
use crate::{ApiSpec, Entity, EntityName, EntityNamespace, EntityRef, Metadata, Spec};
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
        let is =
            crate::document(&api(&Object::try_from(serde_json::from_str::<Value>(&text).unwrap()).unwrap())).unwrap();
        let expected = case.join("expected.yaml");
        if env::var_os("CALLBOARD_BLESS").is_some() {
            fs::write(&expected, &is).unwrap();
        }
        assert_eq!(is, fs::read_to_string(&expected).unwrap(), "{}", expected.display());
    }
}

/// An API that Backstage takes, with the definition in question.
fn api(event_type: &Object) -> Entity {
    let namespace = EntityNamespace::fit(event_type.reference().namespace().unwrap());
    let hub = event_type.text("/spec/reference/name").map(|name| format!("{namespace}/{name}"));
    let spec = Spec::Api(ApiSpec {
        ty: "asyncapi".into(),
        lifecycle: "production".into(),
        owner: EntityRef::parse("group:default/platform", "", "").unwrap(),
        system: None,
        definition: document(&Told::of(event_type).unwrap(), hub.as_deref()),
    });
    Entity::new(Metadata::new(namespace, EntityName::fit(event_type.reference().name())), spec)
}

fn told() -> Told {
    Told { ty: "t".into(), source: None, schema: None, schema_data: None, description: None, attributes: vec![] }
}

#[test]
fn the_raw_definition_is_the_schema_and_never_empty() {
    assert_eq!(raw(&told()), "{}");
    assert_eq!(raw(&Told { schema_data: Some("message X {}\n".into()), ..told() }), "message X {}\n");
}

#[test]
fn a_secret_in_the_url_of_a_schema_stays_out() {
    for url in ["https://jane:hunter2@a.example/x", "https://a.example/x?token=hunter2"] {
        let document = document(&Told { schema: Some(url.into()), ..told() }, None);
        assert!(!document.contains("hunter2"), "{document}");
    }
}

#[test]
fn braces_do_not_become_parameters_of_the_address() {
    assert!(document(&told(), Some("a/b")).contains("address: a/b"));
    assert!(document(&told(), Some("a/{b}")).contains("address: null"));
}

#[test]
fn a_template_is_a_pattern_that_fits_what_it_stands_for() {
    for (template, expected, fits) in [
        ("/orders/{id}", r"^/orders/.*$", "/orders/1"),
        ("{a}.b{c}", r"^.*\.b.*$", "x.by"),
        ("a+(b)}{c}{d", r"^a\+\(b\)\}.*\{d$", "a+(b)}x{d"),
    ] {
        assert!(is_template(template));
        assert_eq!(pattern(template), expected);
        assert!(regress::Regex::with_flags(expected, "u").unwrap().find(fits).is_some(), "{expected}");
    }
    assert!(!is_template("a}{b") && !is_template("a{b"));
}
