//! The objects of all texts, as a cluster would have them.

use super::{
    input::{self, Part},
    kinds::Kinds,
    notes::Notes,
    source::Text,
};
use catalog::{Key, Settings};
use events::Object;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// An object, and where it is from.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) place: String,
    pub(super) object: Object,
}

/// The objects of all texts, and what they say of kinds.
#[derive(Debug, Default)]
pub(super) struct Objects {
    pub(super) kinds: Kinds,
    by_key: BTreeMap<Key, Found>,
}

impl Objects {
    /// Reads the objects. What is wrong with one is noted, and the others are read.
    pub(super) fn read(texts: Vec<Text>, namespace: &str, settings: &Settings, notes: &mut Notes) -> Self {
        let mut found = Vec::new();
        for text in texts {
            for part in input::parts(&text.text) {
                read(&text, part, &mut found, notes);
            }
        }
        let mut objects = Self::default();
        found.iter().for_each(|found| objects.kinds.learn(&found.object));
        for found in found {
            let object = objects.kinds.in_cluster(found.object, namespace);
            let key = settings.layout.key(object.reference());
            // As with kubectl, the last one counts.
            if let Some(before) = objects.by_key.insert(key, Found { object, ..found }) {
                notes.share(&before, "is there again later: the last one counts");
            }
        }
        objects
    }

    /// In the order of their keys.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Found> {
        self.by_key.values()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.by_key.is_empty()
    }
}

impl Kinds {
    /// The object as it is once it is in a cluster: in a namespace, and with Kratix' label.
    fn in_cluster(&self, object: Object, namespace: &str) -> Object {
        let reference = object.reference();
        let lacks_namespace = reference.namespace().is_none() && !self.is_cluster_scoped(reference);
        let lacks_promise = object.label(PROMISE).is_none();
        let promise = self.promise_of(reference).filter(|_| lacks_promise).map(str::to_owned);
        if !lacks_namespace && promise.is_none() {
            return object;
        }
        let mut value = object.at("").cloned().unwrap_or_default();
        if lacks_namespace {
            value["metadata"]["namespace"] = json!(namespace);
        }
        if let Some(promise) = promise {
            value["metadata"]["labels"][PROMISE] = json!(promise);
        }
        Object::try_from(value).unwrap_or(object)
    }
}

/// The label by which Kratix knows the Promise of a request.
const PROMISE: &str = "kratix.io/promise-name";

/// Reads the objects of a part of a text.
fn read(text: &Text, part: Part<'_>, found: &mut Vec<Found>, notes: &mut Notes) {
    let place = if part.line == 1 { text.place.clone() } else { format!("{}:{}", text.place, part.line) };
    let values = match input::values(part) {
        Ok(values) => values,
        Err(_) if part.text.contains("{{") => {
            let what = "is a template. Preview what Helm makes of it by: helm template ... | callboard preview -";
            return if text.is_found { notes.note(&place, what) } else { notes.wrong(&place, what) };
        }
        Err(why) => return notes.wrong(&text.place, &why.to_string()),
    };
    for value in values.into_iter().flat_map(input::items).filter(|value| !value.is_null()) {
        if text.is_found && value.get("apiVersion").is_none() && value.get("kind").is_none() {
            notes.skip(&place);
            continue;
        }
        let odd = odd_metadata(&value);
        match Object::try_from(value) {
            Err(why) => notes.wrong(&place, &why.to_string()),
            Ok(object) => match odd {
                Some(why) => notes.wrong(&place, &format!("{}: {why}", object.reference())),
                None => found.push(Found { place: place.clone(), object }),
            },
        }
    }
}

/// What the API server would refuse of the metadata, whose texts YAML easily makes a boolean or a number.
fn odd_metadata(object: &Value) -> Option<String> {
    let namespace = object.pointer("/metadata/namespace").filter(|it| !it.is_string() && !it.is_null());
    if namespace.is_some() {
        return Some("metadata.namespace is not a string. Put it into quotes".to_owned());
    }
    ["labels", "annotations"].iter().find_map(|field| match object.pointer(&format!("/metadata/{field}"))? {
        Value::Null => None,
        Value::Object(map) => {
            let (key, _) = map.iter().find(|(_, value)| !value.is_string() && !value.is_null())?;
            Some(format!("metadata.{field} {key} is not a string. Put its value into quotes"))
        }
        _ => Some(format!("metadata.{field} is not a map")),
    })
}
