//! What a definition says, and what it keeps to itself; whole documents are in `tests/asyncapi.rs` of the crate.

use super::*;

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
