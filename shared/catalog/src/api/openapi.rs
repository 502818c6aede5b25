//! The OpenAPI 3.0 document of a Promise's API, as Backstage renders it: the paths that the API server serves, the
//! schema of the stored version.

mod paths;
mod reference;
mod schema;

use super::crd::Api;
use crate::entity::yaml::{NotYaml, document};
use paths::paths;
use reference::reference;
use schema::object;
use serde_json::json;

/// The document, as YAML, and the places of the schema that would lead out of it and so are omitted.
pub(crate) fn definition(api: &Api) -> Result<(String, Vec<String>), NotYaml> {
    let kind = api.kind;
    let (schema, omitted) = object(api);
    let list = json!({
        "type": "object",
        "properties": {
            "apiVersion": {"type": "string"},
            "kind": {"type": "string"},
            "metadata": {"type": "object"},
            "items": {"type": "array", "items": reference(kind)},
        },
    });
    let document = document(&json!({
        "openapi": "3.0.3",
        "info": {"title": kind, "version": api.version},
        "paths": paths(api),
        "components": {"schemas": {kind: schema, format!("{kind}List"): list}},
    }));
    Ok((document?, omitted))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::crd::Scope;
    use serde_json::Value;

    fn api(schema: Option<&Value>, scope: Scope) -> Api<'_> {
        Api { group: "example.org", version: "v1", kind: "app", plural: "apps", scope, schema }
    }

    fn field(name: &str, schema: &Value) -> Value {
        let whole = json!({"type": "object", "properties": {"spec": {"type": "object", "properties": {name: schema}}}});
        object(&api(Some(&whole), Scope::Namespaced)).0["properties"]["spec"]["properties"][name].clone()
    }

    #[test]
    fn the_paths_are_those_which_the_api_server_serves() {
        let keys = |scope| paths(&api(None, scope)).as_object().unwrap().keys().cloned().collect::<Vec<_>>();
        let root = "/apis/example.org/v1";
        let namespaced = format!("{root}/namespaces/{{namespace}}/apps");
        assert_eq!(keys(Scope::Namespaced), [namespaced.clone(), format!("{namespaced}/{{name}}")]);
        assert_eq!(keys(Scope::Cluster), [format!("{root}/apps"), format!("{root}/apps/{{name}}")]);
    }

    #[test]
    fn only_keys_of_openapi_3_0_survive() {
        let schema = json!({
            "type": "string", "regex": "x", "$ref": "http://x", "$schema": "y", "required": [], "enum": [], "minLength": -1,
            "exclusiveMinimum": 3, "x-order": 1, "example": "a", "nullable": true, "default": "b",
        });
        let clean = json!({"type": "string", "x-order": 1, "example": "a", "nullable": true, "default": "b"});
        assert_eq!(field("name", &schema), clean);
    }

    #[test]
    fn what_only_crds_have_is_said_in_words_of_openapi() {
        let preserve = json!({"type": "object", "x-kubernetes-preserve-unknown-fields": true});
        assert_eq!(field("config", &preserve)["additionalProperties"], json!(true));
        let port = json!({"type": "string", "x-kubernetes-int-or-string": true});
        assert_eq!(field("port", &port)["anyOf"], json!([{"type": "integer"}, {"type": "string"}]));
        assert_eq!(field("list", &json!({"type": "array"})), json!({"type": "array", "items": {}}));
    }

    #[test]
    fn nothing_that_a_client_follows_leaves_the_document() {
        let trap = json!([{"$ref": "http://evil.example/x"}]);
        let schema = json!({
            "type": "object", "$ref": "http://evil.example/x", "externalDocs": {"url": "http://evil.example/x"},
            "discriminator": {"propertyName": "a", "mapping": {"a": "http://evil.example/x"}}, "$schema": "http://evil.example/x",
            "default": {"a": trap}, "example": trap, "enum": trap, "x-foo": {"a": trap}, "x-kubernetes-validations": trap,
            "properties": {
                "$ref": {"type": "string"}, "<<": {}, "a": {"items": {"default": trap}}, "b": {"default": {"c": 1}, "x-a": {"b": []}},
            },
            "anyOf": [{"$$ref": "http://evil.example/x"}], "additionalProperties": {"not": {"$ref": "http://evil.example/x"}},
        });
        let clean = json!({
            "type": "object", "properties": {"a": {"items": {}}, "b": {"default": {"c": 1}, "x-a": {"b": []}}},
            "anyOf": [{}], "additionalProperties": {"not": {}},
        });
        assert_eq!(field("f", &schema), clean);
        let whole = json!({"properties": {"spec": schema}});
        let (document, mut omitted) = definition(&api(Some(&whole), Scope::Namespaced)).unwrap();
        assert!(!document.contains("evil"), "{document}");
        omitted.sort();
        let places = [
            "$$ref of spec",
            "$ref of spec",
            "$ref of spec{}",
            "default of spec",
            "default of spec.a[]",
            "enum of spec",
            "example of spec",
            "spec.$ref",
            "spec.<<",
            "x-foo of spec",
            "x-kubernetes-validations of spec",
        ];
        assert_eq!(omitted, places);
    }
}
