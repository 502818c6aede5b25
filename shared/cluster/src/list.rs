//! A page of a list.

use crate::Kind;
use events::Object;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// A part of a list, with what is needed to read on.
#[derive(Debug, Clone, PartialEq)]
pub struct Page {
    /// The objects, whole.
    pub objects: Vec<Object>,
    /// Items of the page that are not valid objects. They exist, but nothing can be made of them.
    pub skipped: Vec<Skipped>,
    /// Where the next page begins; `None` on the last.
    pub next: Option<String>,
    /// The state of the whole list; the same on all its pages.
    pub resource_version: String,
}

/// An item of a list that is no valid object.
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
    items: Vec<Value>,
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
        let resource_version = list.metadata.resource_version;
        let mut page =
            Self { objects: Vec::with_capacity(list.items.len()), skipped: Vec::new(), next, resource_version };
        for item in list.items {
            let name = item.pointer("/metadata/name").and_then(Value::as_str).unwrap_or_default().to_owned();
            match object(item, kind) {
                Ok(object) => page.objects.push(object),
                Err(reason) => page.skipped.push(Skipped { name, reason }),
            }
        }
        Ok(page)
    }
}

/// The object with its real identity: items of a core list carry none, metadata carries another.
pub(crate) fn object(mut value: Value, kind: &Kind) -> Result<Object, String> {
    let fields = value.as_object_mut().ok_or("not a Kubernetes object: it is not a JSON object")?;
    fields.insert("apiVersion".into(), kind.api_version().into());
    fields.insert("kind".into(), kind.kind().into());
    Object::try_from(value).map_err(|error| error.to_string())
}

/// Some API servers write an empty list as null.
fn items<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Value>, D::Error> {
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
        let names: Vec<_> = page.skipped.iter().map(|it| it.name.as_str()).collect();
        assert_eq!((page.objects.len(), names), (1, vec!["", "a/b", ""]));
        assert!(page.skipped[1].reason.contains("a/b"), "{:?}", page.skipped);
    }
}
