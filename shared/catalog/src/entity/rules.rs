//! Backstage's rules for entities (`@backstage/catalog-model` 1.10: FieldFormatEntityPolicy and the kinds' schemas).

use super::{ApiSpec, ComponentSpec, Entity, EntityNamespace, Metadata, Spec, TemplateSpec};
use serde_json::Value;

/// Why Backstage would reject an entity.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field} {rule}")]
pub struct Invalid {
    field: String,
    rule: &'static str,
}

/// Whether Backstage would take the entity. Names, namespaces and refs are valid by their types.
pub fn check(entity: &Entity) -> Result<(), Invalid> {
    metadata(&entity.metadata)?;
    match &entity.spec {
        Spec::Component(ComponentSpec { ty, lifecycle, .. }) => {
            not_empty("spec.type", ty)?;
            not_empty("spec.lifecycle", lifecycle)
        }
        Spec::Api(ApiSpec { ty, lifecycle, definition, .. }) => {
            not_empty("spec.type", ty)?;
            not_empty("spec.lifecycle", lifecycle)?;
            not_empty("spec.definition", definition)
        }
        Spec::Template(spec) => template(spec),
        Spec::Group(spec) => not_empty("spec.type", &spec.ty),
        Spec::System(_) => Ok(()),
    }
}

/// Whether the text can be the value of an entity's, and of a Kubernetes object's, label.
pub(crate) fn is_label_value(text: &str) -> bool {
    text.is_empty() || is_name(text)
}

/// Whether the text is a DNS subdomain. Backstage's has parts of at most 63 characters, that of Kubernetes has not.
fn is_subdomain(text: &str) -> bool {
    let label = |text: &str| EntityNamespace::fit(text).as_str() == text;
    text.len() <= 253 && text.split('.').all(label)
}

/// Whether the text can be a tag.
pub(crate) fn is_tag(text: &str) -> bool {
    let allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b':' | b'+' | b'#');
    text.len() <= 63 && text.split('-').all(|part| !part.is_empty() && part.bytes().all(allowed))
}

fn metadata(metadata: &Metadata) -> Result<(), Invalid> {
    for (field, text) in [("metadata.title", &metadata.title), ("metadata.description", &metadata.description)] {
        text.as_ref().map_or(Ok(()), |text| not_empty(field, text))?;
    }
    for (key, value) in &metadata.labels {
        rule(is_key(key), || format!("label {key}"), "has a key that is not of the form [prefix/]name")?;
        rule(is_label_value(value), || format!("label {key}"), "must be at most 63 letters, digits, '-', '_' or '.'")?;
    }
    for key in metadata.annotations.keys() {
        rule(is_key(key), || format!("annotation {key}"), "has a key that is not of the form [prefix/]name")?;
    }
    for tag in &metadata.tags {
        rule(
            is_tag(tag),
            || format!("tag {tag:?}"),
            "must be at most 63 lower-case letters, digits, ':', '+' or '#', separated by '-'",
        )?;
    }
    for link in &metadata.links {
        rule(url::Url::parse(&link.url).is_ok(), || format!("link {:?}", link.url), "must be an absolute URL")?;
        for text in [&link.title, &link.icon, &link.ty].into_iter().flatten() {
            not_empty("a link's title, icon or type", text)?;
        }
    }
    Ok(())
}

fn template(spec: &TemplateSpec) -> Result<(), Invalid> {
    not_empty("spec.type", &spec.ty)?;
    for step in &spec.steps {
        let action = step.get("action").and_then(Value::as_str);
        rule(action.is_some_and(|action| !action.is_empty()), || "spec.steps".into(), "must each have an action")?;
    }
    let placeholders = spec.parameters.iter().chain(&spec.steps).any(has_placeholder);
    rule(!placeholders, || "spec".into(), "must not contain $text, $json or $yaml, which make Backstage fetch a URL")
}

/// Whether there is an object that Backstage's PlaceholderProcessor would replace by the content of a URL.
fn has_placeholder(value: &Value) -> bool {
    match value {
        Value::Object(map) => {
            ["$text", "$json", "$yaml", "$openapi", "$asyncapi"].iter().any(|key| map.contains_key(*key))
                || map.values().any(has_placeholder)
        }
        Value::Array(items) => items.iter().any(has_placeholder),
        _ => false,
    }
}

fn not_empty(field: &str, text: &str) -> Result<(), Invalid> {
    rule(!text.is_empty(), || field.to_owned(), "must not be empty")
}

fn rule(kept: bool, field: impl FnOnce() -> String, rule: &'static str) -> Result<(), Invalid> {
    if kept { Ok(()) } else { Err(Invalid { field: field(), rule }) }
}

/// `^([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$`, 63 at most.
fn is_name(text: &str) -> bool {
    let inner = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
    let edge = |c: char| c.is_ascii_alphanumeric();
    text.len() <= 63 && text.starts_with(edge) && text.ends_with(edge) && text.bytes().all(inner)
}

/// `[<DNS subdomain>/]<name>`.
pub(crate) fn is_key(key: &str) -> bool {
    match key.split_once('/') {
        Some((prefix, name)) => is_subdomain(prefix) && is_name(name),
        None => is_name(key),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entity::{EntityName, EntityRef, GroupSpec, Link};
    use serde_json::json;

    fn with(change: impl FnOnce(&mut Metadata)) -> Result<(), Invalid> {
        let mut metadata = Metadata::new(EntityNamespace::fit("default"), EntityName::fit("x"));
        change(&mut metadata);
        check(&Entity::new(metadata, Spec::Group(GroupSpec { ty: "team".into(), children: vec![] })))
    }

    #[test]
    fn what_backstage_takes_is_taken() {
        let link = Link { url: "https://x".into(), title: None, icon: None, ty: None };
        let full = with(|metadata| {
            metadata.title = Some("X".into());
            metadata.labels.insert("callboard.dev/state".into(), "reconciled".into());
            metadata.annotations.insert("a".into(), String::new());
            metadata.tags.insert("c++-v2:x#".into());
            metadata.links.insert(link);
        });
        assert_eq!(full, Ok(()));
    }

    #[test]
    fn what_backstage_rejects_is_rejected() {
        let link = |url: &str, title: &str| Link { url: url.into(), title: Some(title.into()), icon: None, ty: None };
        assert!(with(|m| m.title = Some(String::new())).is_err());
        assert!(
            with(|m| {
                m.labels.insert("a".into(), "a b".into());
            })
            .is_err()
        );
        assert!(
            with(|m| {
                m.labels.insert("A.b/c".into(), "x".into());
            })
            .is_err()
        );
        assert!(
            with(|m| {
                m.annotations.insert("a/b/c".into(), "x".into());
            })
            .is_err()
        );
        for tag in ["", "A", "a.b", "a_b", "a--b", "-a"] {
            assert!(
                with(|m| {
                    m.tags.insert(tag.into());
                })
                .is_err(),
                "{tag}"
            );
        }
        assert!(
            with(|m| {
                m.links.insert(link("nowhere", "x"));
            })
            .is_err()
        );
        assert!(
            with(|m| {
                m.links.insert(link("https://x", ""));
            })
            .is_err()
        );
    }

    /// What apimachinery 0.34.1 says: `k` IsQualifiedName, `v` IsValidLabelValue.
    #[test]
    fn keys_and_label_values_are_those_of_kubernetes_that_backstage_takes() {
        let x = |n| "x".repeat(n);
        for (text, rules) in [
            ("", "-v"),
            ("a", "kv"),
            ("App", "kv"),
            ("1", "kv"),
            ("a--b", "kv"),
            ("a_b", "kv"),
            ("a..b", "kv"),
            ("-a", "--"),
            ("a-", "--"),
            (".a", "--"),
            ("a.", "--"),
            ("a.b/c", "k-"),
            ("a.b/C_d.e-f", "k-"),
            ("a_b/c", "--"),
            ("a/b/c", "--"),
            ("/a", "--"),
            ("a/", "--"),
            ("a/-b", "--"),
            ("a b", "--"),
            ("ä", "--"),
            ("a\n", "--"),
            (&x(63), "kv"),
            (&x(64), "--"),
            (&format!("a.io/{}", x(63)), "k-"),
            (&format!("a.io/{}", x(64)), "--"),
            (&format!("{}a/b", "a.".repeat(126)), "k-"),
            (&format!("{}ab/b", "a.".repeat(126)), "--"),
        ] {
            assert_eq!((is_key(text), is_label_value(text)), (rules.contains('k'), rules.contains('v')), "{text:?}");
        }
        // Kubernetes takes these, the first as the key of an annotation. Backstage does not.
        for key in ["A.b/c".to_owned(), format!("{}.io/a", x(64))] {
            assert!(!is_key(&key), "{key}");
        }
    }

    #[test]
    fn a_template_that_would_fetch_a_url_is_rejected() {
        let owner = EntityRef::parse("guests", "group", "default").unwrap();
        let spec = |parameters, steps| TemplateSpec {
            ty: "service".into(),
            owner: owner.clone(),
            parameters: vec![parameters],
            steps: vec![steps],
        };
        assert_eq!(template(&spec(json!({}), json!({"action": "kube:apply"}))), Ok(()));
        assert!(template(&spec(json!({"a": [{"$text": "http://x"}]}), json!({"action": "kube:apply"}))).is_err());
        assert!(template(&spec(json!({}), json!({"id": "x"}))).is_err());
    }
}
