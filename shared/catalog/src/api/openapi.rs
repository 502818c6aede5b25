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

/// The document, as YAML.
pub(crate) fn definition(api: &Api) -> Result<String, NotYaml> {
    let kind = api.kind;
    let list = json!({
        "type": "object",
        "properties": {
            "apiVersion": {"type": "string"},
            "kind": {"type": "string"},
            "metadata": {"type": "object"},
            "items": {"type": "array", "items": reference(kind)},
        },
    });
    document(&json!({
        "openapi": "3.0.3",
        "info": {"title": kind, "version": api.version},
        "paths": paths(api),
        "components": {"schemas": {kind: object(api), format!("{kind}List"): list}},
    }))
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
        object(&api(Some(&whole), Scope::Namespaced))["properties"]["spec"]["properties"][name].clone()
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
    fn the_values_of_secrets_stay_out_of_the_document() {
        let auth = json!({
            "type": "object", "default": {"password": "hunter2"},
            "properties": {
                "password": {"type": "string", "default": "hunter2", "example": "hunter2", "enum": ["hunter2"]},
                "tokens": {"type": "array", "items": {"type": "string"}, "default": ["hunter2"], "x-example": "hunter2"},
                "credentials": {"type": "object", "properties": {"value": {"type": "string", "default": "hunter2"}}},
                "apiKeys": {"type": "object", "additionalProperties": {"type": "string", "example": "hunter2"}},
                "x": {"type": "string", "format": "password", "default": "hunter2"},
            },
        });
        let whole = json!({"properties": {"spec": {"properties": {"auth": auth}}}});
        let definition = definition(&api(Some(&whole), Scope::Namespaced)).unwrap();
        assert!(definition.contains("password") && !definition.contains("hunter2"), "{definition}");
    }
}
