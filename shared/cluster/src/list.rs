//! A page of a list.

use crate::Kind;
use events::Object;
use serde::{Deserialize, Deserializer};
use serde_json::{Value, value::RawValue};

/// A part of a list, with what is needed to read on. Its objects are text until they are asked for: parsed, an object may
/// take 80 times its bytes.
#[derive(Debug, Clone)]
pub struct Page {
    kind: Kind,
    items: Vec<Box<RawValue>>,
    /// Where the next page begins; `None` on the last.
    pub next: Option<String>,
    /// The state of the whole list; the same on all its pages.
    pub resource_version: String,
}

/// An item of a list that is no valid object. It exists, but nothing can be made of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Skipped {
    /// Its name, as far as it has one.
    pub name: String,
    /// Why it is none.
    pub reason: String,
}

#[derive(Deserialize)]
struct List {
    metadata: Metadata,
    #[serde(deserialize_with = "items")]
    items: Vec<Box<RawValue>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Metadata {
    #[serde(default)]
    resource_version: String,
    #[serde(default)]
    r#continue: String,
}

impl Page {
    /// Parses an answer. One without metadata and items is not a list, and must not pass for an empty one.
    pub(crate) fn parse(bytes: &[u8], kind: &Kind) -> Result<Self, String> {
        let list: List =
            serde_json::from_slice(bytes).map_err(|error| format!("the answer is not a valid list: {error}"))?;
        let next = Some(list.metadata.r#continue).filter(|token| !token.is_empty());
        Ok(Self { kind: kind.clone(), items: list.items, next, resource_version: list.metadata.resource_version })
    }

    /// How many objects it has, valid or not.
    pub fn len(&self) -> usize {
        self.items.len()
    }

    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// Its objects, as [`events::object_json`] reads them. Each is parsed when it is asked for.
    pub fn objects(&self) -> impl Iterator<Item = Result<Object, Skipped>> + '_ {
        self.items.iter().map(|item| object(item.get().as_bytes(), &self.kind))
    }

    /// The valid ones.
    pub fn valid(&self) -> impl Iterator<Item = Object> + '_ {
        self.objects().filter_map(Result::ok)
    }
}

/// The object with its real identity: items of a core list carry none, metadata carries another.
pub(crate) fn object(json: &[u8], kind: &Kind) -> Result<Object, Skipped> {
    let mut value = events::object_json(json)
        .map_err(|error| Skipped { name: String::new(), reason: format!("not a Kubernetes object: {error}") })?;
    let name = value.pointer("/metadata/name").and_then(Value::as_str).unwrap_or_default().to_owned();
    if let Some(fields) = value.as_object_mut() {
        fields.insert("apiVersion".into(), kind.api_version().into());
        fields.insert("kind".into(), kind.kind().into());
    }
    Object::try_from(value).map_err(|error| Skipped { name, reason: error.to_string() })
}

/// Some API servers write an empty list as null.
fn items<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Box<RawValue>>, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Page, String> {
        Page::parse(text.as_bytes(), &Kind::promise())
    }

    #[test]
    fn an_answer_that_is_no_list_does_not_pass_for_an_empty_one() {
        for text in ["", "{}", "<html>", r#"{"items": []}"#, r#"{"metadata": {}}"#, r#"{"metadata": {}, "items": [{}"#]
        {
            assert!(parse(text).is_err(), "{text}");
        }
        assert_eq!(parse(r#"{"metadata": {"resourceVersion": "7"}, "items": null}"#).unwrap().resource_version, "7");
    }

    #[test]
    fn an_item_that_is_no_object_leaves_its_siblings_on_the_page() {
        let items = r#"[7, {"metadata": {"name": "a/b"}}, {"metadata": {}}, {"metadata": {"name": "todoer"}}]"#;
        let page = parse(&format!(r#"{{"metadata": {{}}, "items": {items}}}"#)).unwrap();
        let skipped: Vec<_> = page.objects().filter_map(Result::err).collect();
        let names: Vec<_> = skipped.iter().map(|it| it.name.as_str()).collect();
        assert_eq!((page.len(), page.valid().count(), names), (4, 1, vec!["", "a/b", ""]));
        assert!(skipped[1].reason.contains("a/b"), "{skipped:?}");
    }
}
