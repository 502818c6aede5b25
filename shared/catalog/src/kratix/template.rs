//! The Template with which a person asks a Promise for something: the form of its API and the step that applies it.

use super::request::capitalized;
use crate::{
    api::crd::{Api, Scope},
    entity::{EntityRef, TemplateSpec},
    form::{self, Gap},
};
use serde_json::{Value, json};

/// What the API server takes as a name, so that a mistake shows in the form; Kratix allows no more than 63 characters.
const NAME: &str = r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$";

/// What the API server takes as a namespace.
const NAMESPACE: &str = "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$";

/// The Template's spec, and what its form does not say of the API.
pub(crate) fn spec(api: &Api, ty: String, owner: EntityRef) -> (TemplateSpec, Vec<Gap>) {
    let form = api.spec_schema().map(|schema| form::compile("spec", schema));
    let (schema, gaps) = form.map(|form| (form.schema, form.gaps)).unwrap_or_default();
    let step = json!({
        "id": "k-apply",
        "name": format!("Request {}", capitalized(api.kind)),
        "action": "kube:apply",
        "input": {"namespaced": api.scope == Scope::Namespaced, "manifest": manifest(api, schema.as_ref())},
    });
    let mut parameters = vec![identity(api)];
    parameters.extend(
        schema.map(|form| json!({"title": "Specification", "required": ["spec"], "properties": {"spec": form}})),
    );
    (TemplateSpec { ty, owner, parameters, steps: vec![step] }, gaps)
}

/// The page that asks for name and namespace.
fn identity(api: &Api) -> Value {
    let mut page = json!({
        "title": format!("{} Instance Metadata", capitalized(api.kind)),
        "required": ["objname"],
        "properties": {
            "objname": {"title": "Name", "type": "string", "pattern": NAME, "maxLength": 63, "ui:autofocus": true},
        },
    });
    if api.scope == Scope::Namespaced {
        page["required"] = json!(["objname", "objnamespace"]);
        page["properties"]["objnamespace"] =
            json!({"title": "Namespace", "type": "string", "pattern": NAMESPACE, "maxLength": 63});
    }
    page
}

/// The manifest. All that a person typed goes through `dump`, which writes JSON, so that YAML cannot take the string
/// `1e3` for a number or a line break for a new field.
fn manifest(api: &Api, form: Option<&Value>) -> String {
    let mut manifest = format!(
        "apiVersion: {}\nkind: {}\nmetadata:\n  name: ${{{{ parameters.objname | dump }}}}\n",
        api.api_version(),
        api.kind
    );
    if api.scope == Scope::Namespaced {
        manifest.push_str("  namespace: ${{ parameters.objnamespace | dump }}\n");
    }
    if form.is_some() {
        manifest.push_str("spec: ${{ parameters.spec | dump }}\n");
    }
    manifest
}

#[cfg(test)]
mod tests {
    use super::*;

    fn template(scope: Scope, schema: Option<&Value>) -> TemplateSpec {
        let api = Api { group: "example.org", version: "v1", kind: "app", plural: "apps", scope, schema };
        spec(&api, "service".into(), EntityRef::parse("a", "group", "default").unwrap()).0
    }

    fn manifest_of(template: &TemplateSpec) -> &str {
        template.steps[0]["input"]["manifest"].as_str().unwrap()
    }

    #[test]
    fn a_namespaced_request_is_asked_for_its_namespace() {
        let template = template(
            Scope::Namespaced,
            Some(&json!({"properties": {"spec": {"properties": {"a": {"type": "string"}}}}})),
        );
        assert_eq!(
            manifest_of(&template),
            "apiVersion: example.org/v1\nkind: app\nmetadata:\n  name: ${{ parameters.objname | dump }}\n  \
             namespace: ${{ parameters.objnamespace | dump }}\nspec: ${{ parameters.spec | dump }}\n"
        );
        assert_eq!(template.parameters[0]["required"], json!(["objname", "objnamespace"]));
        assert_eq!(template.parameters[1]["properties"]["spec"]["properties"]["a"], json!({"type": "string"}));
    }

    #[test]
    fn a_cluster_scoped_request_without_a_spec_is_asked_for_its_name_alone() {
        let template = template(Scope::Cluster, None);
        assert_eq!(
            manifest_of(&template),
            "apiVersion: example.org/v1\nkind: app\nmetadata:\n  name: ${{ parameters.objname | dump }}\n"
        );
        assert_eq!(template.steps[0]["input"]["namespaced"], json!(false));
        assert_eq!(template.parameters.len(), 1);
        assert_eq!(template.parameters[0]["required"], json!(["objname"]));
    }

    #[test]
    fn every_parameter_that_the_manifest_uses_is_asked_for() {
        let schema = json!({"properties": {"spec": {"properties": {"a": {"type": "string"}}}}});
        for (scope, schema) in
            [(Scope::Namespaced, Some(&schema)), (Scope::Namespaced, None), (Scope::Cluster, Some(&schema))]
        {
            let template = template(scope, schema);
            let asked: Vec<_> =
                template.parameters.iter().flat_map(|page| page["properties"].as_object().unwrap().keys()).collect();
            let used: Vec<_> =
                manifest_of(&template).split("parameters.").skip(1).filter_map(|rest| rest.split(' ').next()).collect();
            assert_eq!(used, asked);
        }
    }
}
