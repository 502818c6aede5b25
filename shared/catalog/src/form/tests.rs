use super::*;
use crate::secret::shown_schema;
use proptest::prelude::*;
use serde_json::{Map, json};

fn form(schema: &Value) -> Value {
    compile("spec", &shown_schema("spec", schema, &|_| false).0).schema.unwrap()
}

fn gaps(schema: &Value) -> Vec<String> {
    compile("spec", schema).gaps.iter().map(ToString::to_string).collect()
}

/// The form of one field of a spec.
fn of(name: &str, schema: &Value) -> Value {
    form(&json!({"type": "object", "properties": {name: schema}}))["properties"][name].clone()
}

#[test]
fn what_a_form_can_check_it_checks() {
    for schema in [
        json!({"type": "string", "minLength": 0, "maxLength": 9, "pattern": "^(dev|prod)$", "format": "email", "default": "dev"}),
        json!({"type": "string", "enum": ["small", "large"], "default": "small"}),
        json!({"type": "integer", "minimum": 0, "maximum": 0, "multipleOf": 2}),
        json!({"type": "number", "minimum": -0.5}),
        json!({"type": "boolean", "default": false}),
        json!({"type": "array", "minItems": 0, "maxItems": 3, "items": {"type": "integer"}, "default": []}),
        json!({"type": "object", "additionalProperties": {"type": "string"}, "maxProperties": 2}),
    ] {
        assert_eq!(of("size", &schema), schema);
    }
}

#[test]
fn nothing_else_gets_into_the_form() {
    let schema = json!({
        "type": "string", "regex": "^(?![0-9]+$)[a-z]{,63}$", "nullable": true, "format": "int32", "x-a": 1, "$ref": "http://x",
        "minLength": "1", "enum": [], "description": " \n", "title": "", "default": null, "x-kubernetes-validations": [{"rule": "true"}],
    });
    assert_eq!(of("name", &schema), json!({"type": "string"}));
    assert_eq!(
        of("name", &json!({"type": "integer", "enum": [1, null], "nullable": true})),
        json!({"type": "integer", "enum": [1]})
    );
}

#[test]
fn required_fields_are_required_and_come_first_at_every_level() {
    let item = json!({"type": "object", "required": ["url"], "properties": {"name": {"type": "string"}, "url": {"type": "string"}}});
    let spec = json!({
        "type": "object", "required": ["name", "image"],
        "properties": {"env": {"type": "string"}, "image": {"type": "string"}, "name": {"type": "string"}, "plugins": {"type": "array", "items": item}},
    });
    let form = form(&spec);
    assert_eq!(form["required"], json!(["name", "image"]));
    assert_eq!(form["ui:order"], json!(["name", "image", "env", "plugins", "*"]));
    assert_eq!(form["properties"]["plugins"]["items"]["required"], json!(["url"]));
    assert_eq!(form["properties"]["plugins"]["items"]["ui:order"], json!(["url", "name", "*"]));
}

#[test]
fn an_exclusive_limit_is_one_in_json_schema_too() {
    let schema =
        json!({"type": "integer", "minimum": 0, "exclusiveMinimum": true, "maximum": 9, "exclusiveMaximum": false});
    assert_eq!(of("x", &schema), json!({"type": "integer", "exclusiveMinimum": 0, "maximum": 9}));
}

#[test]
fn a_secret_is_masked_and_loses_its_default() {
    let masked = json!({"type": "string", "ui:widget": "password"});
    assert_eq!(of("adminPassword", &json!({"type": "string", "default": "hunter2", "example": "hunter2"})), masked);
    assert_eq!(of("x", &json!({"type": "string", "format": "password"})), masked);
    assert_eq!(of("tokens", &json!({"type": "array", "items": {"type": "string"}}))["items"], masked);
    let auth =
        json!({"type": "object", "properties": {"password": {"type": "string"}}, "default": {"password": "hunter2"}});
    assert!(!of("auth", &auth).to_string().contains("hunter2"));
    let string = json!({"type": "string", "default": "hunter2", "example": "hunter2"});
    for (name, schema) in [
        ("x", json!({"type": "string", "format": "password", "default": "hunter2"})),
        ("tokens", json!({"type": "array", "items": string, "default": ["hunter2"]})),
        ("tokens", json!({"type": "object", "additionalProperties": string, "default": {"a": "hunter2"}})),
        ("password", json!({"type": "string", "enum": ["hunter2"]})),
        ("credentials", json!({"type": "object", "properties": {"value": string}, "default": {"value": "hunter2"}})),
        (
            "auth",
            json!({"type": "object", "properties": {"users": string}, "default": {"tokens": {"jane": "hunter2"}}}),
        ),
        (
            "env",
            json!({"type": "array", "items": {"type": "object", "properties": {"name": {"type": "string"}}},
            "default": [{"name": "PASSWORD", "value": "hunter2"}]}),
        ),
    ] {
        let form = of(name, &schema);
        let text = if name == "auth" { form["default"].to_string() } else { form.to_string() };
        assert!(!text.contains("hunter2"), "{name}: {form}");
    }
    let kept = json!({"type": "object", "additionalProperties": {"type": "integer"}, "default": {"a": 5}});
    assert_eq!(of("tokens", &kept), kept);
}

#[test]
fn a_pattern_that_a_browser_rejects_becomes_words() {
    let spec = json!({"type": "object", "properties": {"name": {"type": "string", "description": "A name.\n", "pattern": "^(?i)[a-z]{,63}$"}}});
    let name = &form(&spec)["properties"]["name"];
    assert_eq!(
        *name,
        json!({"type": "string", "description": "A name.\n\nMust match the regular expression ^(?i)[a-z]{,63}$"})
    );
    assert_eq!(gaps(&spec), ["spec.name has a pattern that a browser cannot check, so the form only shows it"]);
}

#[test]
fn a_pattern_is_written_as_a_browser_understands_it() {
    let form = |pattern: &str| of("name", &json!({"type": "string", "pattern": pattern}))["pattern"].take();
    for same in [
        "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$",
        r"^\d+\.\d+$",
        "(a|b){2,3}?",
        "[^/]+",
        "(?:a)",
        r"\ba+",
        r"[(?i]",
        r"\\b+",
        r"[\](?i]",
        r"^\S+@\S+$",
    ] {
        assert_eq!(form(same), json!(same));
    }
    for (go, javascript) in [
        (r"a\-b\_c", "a-b_c"),
        (r"\Aa\z", "^a$"),
        ("(?P<name>a)(?<other>b)", "(a)(b)"),
        ("a{,3}", r"a\{,3\}"),
        ("{}]", r"\{\}\]"),
        ("[[:alpha:]_]", "[A-Za-z_]"),
        ("[]a]", r"[\]a]"),
        (r"[a-z-9.\-]", r"[a-z\-9.-]"),
        (r"\pL\p{^Lu}\P{Greek}", r"\p{L}\P{Lu}\P{Script=Greek}"),
        (r"\Qa.b\E+", r"a\.b+"),
        (r"\x41\x{2d}\x7f", r"A-\u{7f}"),
        ("é\n", r"é\n"),
    ] {
        assert_eq!(form(go), json!(javascript), "{go}");
        assert!(regress::Regex::with_flags(javascript, "u").is_ok(), "{javascript}");
    }
}

#[test]
fn a_pattern_that_javascript_cannot_say_or_go_does_not_take_becomes_words() {
    let long = "a".repeat(4_097);
    let exploding = format!("{}a{}", "(?:".repeat(24), ")+".repeat(24));
    let deep = format!("{}a{}", "(".repeat(51), ")".repeat(51));
    for pattern in [
        "(?i:a)",
        "(?-i:a)",
        "(?ms:a)",
        "a(?s:b)",
        r"\b+a",
        r"\B{2}a",
        r"[(]\b?",
        r"\[(?i:a)",
        r"\1",
        "(?=a)",
        "(?!a)",
        "(?<!a)b",
        r"[\b]",
        "(",
        ")",
        "[a",
        "a**",
        "a{2}{3}",
        "*",
        "|?",
        "[b-a]",
        "a{1001}",
        "a{3,2}",
        r"\",
        r"\p{Klingon}",
        "[[:x:]]",
        "(?P<>a)",
        r"\C",
        r"\x{110000}",
        r"\xg0",
        "(a{1000}){21}",
        &long,
        &exploding,
        &deep,
    ] {
        assert_eq!(of("name", &json!({"type": "string", "pattern": pattern}))["pattern"], Value::Null, "{pattern}");
    }
}

#[test]
fn an_int_or_string_is_what_its_default_is_or_what_the_person_chooses() {
    let schema = |default| json!({"x-kubernetes-int-or-string": true, "anyOf": [{"type": "integer"}, {"type": "string"}], "default": default});
    assert_eq!(of("port", &schema(json!(80))), json!({"type": "integer", "default": 80}));
    assert_eq!(of("cpu", &schema(json!("100m"))), json!({"type": "string", "default": "100m"}));
    let choice = json!([{"title": "Text", "type": "string"}, {"title": "Number", "type": "integer"}]);
    assert_eq!(of("max", &schema(Value::Null)), json!({"anyOf": choice}));
}

#[test]
fn a_choice_of_several_is_a_set_of_checkboxes() {
    let schema = json!({"type": "array", "items": {"type": "string", "enum": ["a", "b"]}});
    let wanted = json!({"type": "array", "items": {"type": "string", "enum": ["a", "b"]}, "uniqueItems": true, "ui:widget": "checkboxes"});
    assert_eq!(of("apps", &schema), wanted);
}

#[test]
fn what_a_form_cannot_ask_for_is_omitted_with_a_reason() {
    let spec = json!({
        "type": "object", "required": ["config", "name"],
        "properties": {
            "$text": {"type": "string"}, "__proto__": {"type": "string"}, "ui:order": {"type": "string"},
            "config": {"type": "object", "x-kubernetes-preserve-unknown-fields": true},
            "empty": {"type": "object"},
            "list": {"type": "array"},
            "name": {"type": "string"},
            "odd": {"description": "?"},
            "open": {"type": "object", "properties": {"a": {"type": "string"}}, "x-kubernetes-preserve-unknown-fields": true},
            "rules": {"type": "object", "properties": {"a": {"type": "string"}}, "oneOf": [{"required": ["a"]}]},
        },
    });
    assert_eq!(
        gaps(&spec),
        [
            "spec.$text is omitted from the form: Backstage would misread its name",
            "spec.__proto__ is omitted from the form: Backstage would misread its name",
            "spec.config is omitted from the form: it accepts any value",
            "spec.empty is omitted from the form: it has no fields to ask for",
            "spec.list is omitted from the form: its items have no schema",
            "spec.odd is omitted from the form: it has no type",
            "spec.open accepts more fields than the form asks for",
            "spec.rules has oneOf, which the form does not check",
            "spec.ui:order is omitted from the form: Backstage would misread its name",
            "spec requires config, which the form does not ask for",
        ]
    );
    assert_eq!(form(&spec)["required"], json!(["name"]));
    assert_eq!(form(&spec)["properties"].as_object().unwrap().keys().collect::<Vec<_>>(), ["name", "open", "rules"]);
}

#[test]
fn a_default_that_would_fetch_a_url_is_omitted() {
    let schema = json!({"type": "object", "properties": {"a": {"type": "array", "items": {"type": "string"}, "default": [{"$text": "http://x"}]}}});
    assert!(!form(&schema).to_string().contains("http://x"));
    assert_eq!(gaps(&schema), ["spec.a has a default that Backstage would misread, so the form omits it"]);
}

#[test]
fn a_schema_of_any_depth_ends() {
    let deep =
        (0..60).fold(json!({"type": "string"}), |inner, _| json!({"type": "object", "properties": {"a": inner}}));
    assert_eq!(compile("spec", &deep).schema, None);
    assert!(gaps(&deep)[0].ends_with("is omitted from the form: it is nested too deeply"), "{:?}", gaps(&deep));
}

#[test]
fn a_spec_without_fields_has_no_form() {
    for schema in [
        json!({"type": "object"}),
        json!({"x-kubernetes-preserve-unknown-fields": true}),
        json!({}),
        json!(null),
        json!([]),
    ] {
        assert_eq!(compile("spec", &schema).schema, None, "{schema}");
    }
}

/// Schemas, most of them with something wrong in them.
fn schema() -> impl Strategy<Value = Value> {
    let leaf = ("string|integer|boolean|object|odd", noise()).prop_map(|(ty, noise)| with(json!({"type": ty}), noise));
    leaf.prop_recursive(5, 40, 4, |inner| {
        let fields = prop::collection::btree_map("[abc]|\\$text", inner.clone(), 0..4);
        let object = (fields, prop::collection::vec("[abcd]", 0..4), noise());
        let map =
            (inner.clone(), noise()).prop_map(|(values, noise)| with(json!({"additionalProperties": values}), noise));
        let array = (inner, noise()).prop_map(|(items, noise)| with(json!({"type": "array", "items": items}), noise));
        let object = object.prop_map(|(fields, required, noise)| {
            with(json!({"type": "object", "properties": fields, "required": required}), noise)
        });
        prop_oneof![3 => object, 1 => map, 1 => array]
    })
}

/// Keywords with values that they may or may not have.
fn noise() -> impl Strategy<Value = Map<String, Value>> {
    let key = "enum|default|pattern|minimum|exclusiveMinimum|multipleOf|minLength|minItems|format|title|oneOf|[$]ref|x-a|x-kubernetes-int-or-string";
    let value = prop_oneof![
        any::<bool>().prop_map(Value::from),
        (-2..2i64).prop_map(Value::from),
        "[(]?a|email|".prop_map(Value::from),
        Just(json!([])),
        Just(json!([null, "a", {"$text": "http://x"}])),
    ];
    prop::collection::btree_map(key, value, 0..3).prop_map(|noise| noise.into_iter().collect())
}

fn with(mut schema: Value, noise: Map<String, Value>) -> Value {
    schema.as_object_mut().unwrap().extend(noise);
    schema
}

/// Whether the form uses only what it may, each key as JSON Schema wants it.
fn is_sound(form: &Value) -> bool {
    form.as_object().unwrap().iter().all(|(key, value)| match key.as_str() {
        "properties" => {
            value.as_object().unwrap().iter().all(|(name, field)| !name.starts_with('$') && is_sound(field))
        }
        "items" | "additionalProperties" => is_sound(value),
        "required" => {
            value.as_array().unwrap().iter().all(|name| form["properties"].get(name.as_str().unwrap()).is_some())
        }
        "type" => ["object", "array", "string", "integer", "number", "boolean"].contains(&value.as_str().unwrap()),
        "pattern" => regress::Regex::with_flags(value.as_str().unwrap(), "u").is_ok(),
        "enum" => value.as_array().unwrap().iter().all(|choice| !choice.is_object()) && value != &json!([]),
        "anyOf" | "ui:order" => value.is_array(),
        "minimum" | "maximum" | "exclusiveMinimum" | "exclusiveMaximum" | "multipleOf" => value.is_number(),
        "minLength" | "minItems" => value.is_u64(),
        "default" => !value.to_string().contains("http://x"),
        "description" | "title" | "format" | "uniqueItems" | "ui:widget" => true,
        _ => false,
    })
}

proptest! {
    #[test]
    fn whatever_comes_the_form_is_sound(schema in schema()) {
        let form = compile("spec", &schema);
        prop_assert!(form.schema.as_ref().is_none_or(is_sound), "{:?}", form.schema);
        prop_assert!(form.schema.is_some() || !form.gaps.is_empty());
    }

    #[test]
    fn a_pattern_that_is_translated_is_one_of_javascript(parts in prop::collection::vec(0..PARTS.len(), 1..12)) {
        let pattern: String = parts.into_iter().map(|part| PARTS[part]).collect();
        if let Some(translated) = of("name", &json!({"type": "string", "pattern": pattern}))["pattern"].as_str() {
            prop_assert!(regress::Regex::with_flags(translated, "u").is_ok(), "{pattern} -> {translated}");
        }
    }
}

/// What patterns are made of, in Go.
const PARTS: [&str; 48] = [
    "a",
    "é",
    "-",
    "_",
    "/",
    "<",
    "#",
    "^",
    "$",
    ".",
    "|",
    "*",
    "+",
    "?",
    "{",
    "}",
    "{2}",
    "{1,3}",
    "{0,}",
    "{,2}",
    "(",
    "(?:",
    "(?P<n>",
    ")",
    "[",
    "[^",
    "]",
    "[a-z]",
    "[[:alpha:]]",
    "[:digit:]",
    "a-",
    "-z",
    "\\",
    "\\\\",
    "\\d",
    "\\S",
    "\\b",
    "\\A",
    "\\z",
    "\\.",
    "\\-",
    "\\_",
    "\\pL",
    "\\P{Greek}",
    "\\Q",
    "\\E",
    "\\x41",
    "\\n",
];
