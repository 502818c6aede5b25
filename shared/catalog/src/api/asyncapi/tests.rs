//! What a definition says, and what it keeps to itself; whole documents are in `tests/asyncapi.rs` of the crate.

use super::{attribute::attribute, event_type::Attribute, *};

fn event_type() -> EventType {
    EventType { ty: "t".into(), source: None, schema: None, schema_data: None, description: None, attributes: vec![] }
}

#[test]
fn the_raw_definition_is_the_schema_and_never_empty() {
    assert_eq!(raw(&event_type()), "{}");
    assert_eq!(raw(&EventType { schema_data: Some("message X {}\n".into()), ..event_type() }), "message X {}\n");
}

#[test]
fn a_secret_in_the_url_of_a_schema_stays_out() {
    for url in ["https://jane:hunter2@a.example/x", "https://a.example/x?token=hunter2"] {
        let document = document(&EventType { schema: Some(url.into()), ..event_type() }, None, None);
        assert!(!document.contains("hunter2"), "{document}");
    }
}

#[test]
fn braces_do_not_become_parameters_of_the_address() {
    assert!(document(&event_type(), Some("a/b"), None).contains("address: a/b"));
    assert!(document(&event_type(), Some("a/{b}"), None).contains("address: null"));
}

#[test]
fn a_secret_in_an_attribute_stays_out() {
    let secret = "https://jane:hunter2@api.example/x?token=hunter2";
    for value in [secret, "https://api.example/{x}?token=hunter2", "token=hunter2"] {
        let attribute = |name: &str| Attribute { name: name.into(), required: true, value: Some(value.into()) };
        let attributes = ["datacontenttype", "tenant"].map(attribute).into();
        let event_type = EventType { source: Some(value.into()), attributes, ..event_type() };
        let document = document(&event_type.public(&|_| false).0, None, None);
        assert!(!document.contains("hunter2"), "{document}");
    }
}

#[test]
fn a_template_is_a_pattern_that_matches_its_values() {
    for (template, expected, fits) in [
        ("/orders/{id}", r"^/orders/.*$", "/orders/1"),
        ("/orders/%7Bid%7D", r"^/orders/.*$", "/orders/1"),
        ("{a}.b{c}", r"^.*\.b.*$", "x.by"),
    ] {
        assert_eq!(attribute("source", Some(template)), json!({"type": "string", "pattern": expected}));
        assert!(regress::Regex::with_flags(expected, "u").unwrap().find(fits).is_some(), "{expected}");
    }
    let odd = attribute("type", Some("a+(b)}{c}{d"));
    assert_eq!(odd["pattern"], r"^a\+\(b\)\}.*\{d$");
}

#[test]
fn a_source_stored_as_a_url_is_not_taken_for_that_of_the_events() {
    assert_eq!(attribute("source", Some("/m%C3%BCnchen")), json!({"type": "string"}));
    assert_eq!(attribute("source", Some("/a")), json!({"type": "string", "const": "/a"}));
    assert_eq!(attribute("type", Some("50%25")), json!({"type": "string", "const": "50%25"}));
}
