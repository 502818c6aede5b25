use super::*;
use serde_json::json;

const PLACE: &str = "#/components/schemas/payload";

fn inline(schema: &Value) -> (Value, Vec<String>) {
    inlined(schema.as_object().unwrap(), PLACE)
}

#[test]
fn a_sound_schema_stays_as_it_is() {
    let schema = json!({
        "$schema": "http://json-schema.org/draft-07/schema#", "$id": "https://example.com/order", "title": "Order",
        "type": ["object", "null"], "required": ["a"], "additionalProperties": false, "x-order": {"a": 1}, "nullable": true,
        "properties": {
            "a": {"type": "string", "minLength": 1, "pattern": "^a", "enum": ["a", "aa"], "default": "a"},
            "b": {"type": "array", "items": [{"type": "number", "multipleOf": 0.5, "exclusiveMinimum": 1}, true], "uniqueItems": true},
            "c": {"not": {"const": {"a": 1}}, "examples": [{"c": 1}]},
        },
        "patternProperties": {"^x": true}, "dependencies": {"a": ["b"], "b": {"required": ["c"]}},
        "allOf": [{"if": {"required": ["a"]}, "then": true, "else": false}],
    });
    assert_eq!(inline(&schema), (schema, vec![]));
}

#[test]
fn refs_within_the_schema_lead_to_its_new_place() {
    let schema = json!({
        "definitions": {"a/b": {"type": "string"}, "tree": {"items": {"$ref": "#/definitions/tree"}}},
        "$defs": {"c": {"$ref": "#"}},
        "properties": {
            "a": {"$ref": "#/definitions/a~1b"}, "c": {"$ref": "#/$defs/c"}, "d": {"$ref": "#/properties/a"},
            "e": {"allOf": [{"$ref": "#/definitions/tree/items"}]},
        },
    });
    let (clean, left_out) = inline(&schema);
    assert_eq!(left_out, [""; 0]);
    for (at, target) in [
        ("/properties/a", "/definitions/a~1b"),
        ("/properties/c", "/$defs/c"),
        ("/properties/d", "/properties/a"),
        ("/properties/e/allOf/0", "/definitions/tree/items"),
        ("/definitions/tree/items", "/definitions/tree"),
        ("/$defs/c", ""),
    ] {
        assert_eq!(clean.pointer(at).unwrap(), &json!({"$ref": format!("{PLACE}{target}")}), "{at}");
    }
}

#[test]
fn keywords_next_to_a_ref_stay() {
    let target = |name: &str| json!({"$ref": format!("{PLACE}/$defs/{name}")});
    let schema = json!({"$ref": "#/$defs/a", "$defs": {"a": {}, "b": {"allOf": [true], "$ref": "#/$defs/a"}}});
    let clean = json!({"allOf": [target("a")], "$defs": {"a": {}, "b": {"allOf": [true, target("a")]}}});
    assert_eq!(inline(&schema), (clean, vec![]));
}

#[test]
fn nothing_leads_out_of_the_schema() {
    let trap = json!({"$ref": "http://attacker.example/x"});
    let schema = json!({
        "type": "object",
        "$ref": "#/x-parts/a",
        "properties": {
            "remote": {"$ref": "https://example.com/x.json", "title": "Remote"},
            "file": {"$ref": "other.json#/definitions/a"},
            "anchor": {"$ref": "#name"},
            "dangling": {"$ref": "#/definitions/none"},
            "data": {"$ref": "#/properties/c/default"},
            "dropped": {"$ref": "#/allOf/0"},
            "c": {"const": trap, "default": {}, "enum": [1, [trap]], "examples": [trap], "x-y": {"z": trap}},
            "$ref": {"type": "string"},
            "__proto__": {},
        },
        "allOf": [{}, 5],
        "x-parts": {"a": {}},
        "<<": {},
    });
    let (clean, left_out) = inline(&schema);
    assert!(!clean.to_string().contains("$ref"), "{clean}");
    let kept = json!({
        "anchor": {}, "c": {"default": {}}, "dangling": {}, "data": {}, "dropped": {}, "file": {}, "remote": {"title": "Remote"},
    });
    assert_eq!(clean, json!({"type": "object", "properties": kept, "x-parts": {"a": {}}}));
    let places = [
        "/$ref",
        "/<<",
        "/allOf",
        "/properties/$ref",
        "/properties/__proto__",
        "/properties/anchor/$ref",
        "/properties/c/const",
        "/properties/c/enum",
        "/properties/c/examples",
        "/properties/c/x-y",
        "/properties/dangling/$ref",
        "/properties/data/$ref",
        "/properties/dropped/$ref",
        "/properties/file/$ref",
        "/properties/remote/$ref",
    ];
    assert_eq!(left_out, places);
}

#[test]
fn only_the_keyword_that_asyncapi_would_reject_is_omitted() {
    for (key, value) in [
        ("type", json!("any")),
        ("type", json!([])),
        ("title", json!(5)),
        ("required", json!(true)),
        ("required", json!(["a", "a"])),
        ("enum", json!([])),
        ("enum", json!([1, 1])),
        ("minLength", json!(-1)),
        ("multipleOf", json!(0)),
        ("minimum", json!("1")),
        ("uniqueItems", json!("yes")),
        ("properties", json!([])),
        ("items", json!([])),
        ("items", json!("string")),
        ("anyOf", json!([])),
        ("not", json!(null)),
        ("discriminator", json!({"propertyName": "a"})),
        ("externalDocs", json!({"url": "x"})),
        ("x-parser-circular", json!(true)),
    ] {
        let schema = json!({"properties": {"a": {key: value, "description": "A"}}});
        let clean = json!({"properties": {"a": {"description": "A"}}});
        assert_eq!(inline(&schema), (clean, vec![format!("/properties/a/{key}")]), "{key}: {value}");
    }
}

#[test]
fn no_schema_is_taken_for_one_of_another_language() {
    let schema = json!({"schema": 5, "properties": {"schema": {"schema": 5}}});
    let clean = json!({"properties": {"schema": {"schema": 5}}});
    assert_eq!(inline(&schema), (clean, vec!["/schema".to_owned()]));
}

#[test]
fn the_exclusive_bounds_of_draft_4_are_said_as_in_draft_7() {
    let old = json!({"minimum": 1, "exclusiveMinimum": true, "maximum": 9, "exclusiveMaximum": false});
    assert_eq!(inline(&old), (json!({"exclusiveMinimum": 1, "maximum": 9}), vec![]));
    assert_eq!(inline(&json!({"exclusiveMinimum": true})), (json!({}), vec![]));
}
