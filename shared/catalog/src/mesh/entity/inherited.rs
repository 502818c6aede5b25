//! The labels and annotations that an entity takes over from its object.

use crate::{
    entity::{
        EntityRef,
        rules::{is_key, is_label_value},
        web_url::web_url,
    },
    notes::{Notes, listed},
    overrides::{self, not_secret::NotSecret, parse},
    secret::{self, LeftOut},
    settings::Settings,
};
use events::Object;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// The longest annotation that an entity takes over, in bytes.
const MAX: usize = 1000;

/// The labels and annotations that an entity takes over, and what it does not.
#[derive(Default)]
pub(crate) struct Inherited {
    pub(crate) labels: BTreeMap<String, String>,
    pub(crate) annotations: BTreeMap<String, String>,
    /// What may be a secret.
    pub(crate) secrets: Vec<String>,
    /// Annotations that no setting names.
    pub(crate) foreign: BTreeSet<String>,
    /// Annotations that nothing can follow, and why.
    pub(crate) invalid: BTreeMap<String, &'static str>,
}

impl Inherited {
    /// What the entity of this object takes over.
    pub(crate) fn of(object: &Object, settings: &Settings) -> Self {
        let not_secret = NotSecret::of(object);
        let mut inherited = Self::default();
        let labels = object.at("/metadata/labels").and_then(Value::as_object).into_iter().flatten();
        let labels = labels.filter_map(|(key, value)| Some((key.as_str(), value.as_str()?)));
        for (key, value) in labels.filter(|(key, value)| is_inherited(key) && is_label_value(value)) {
            if !not_secret.has(key) && (secret::is_secret(key) || secret::is_token(value)) {
                inherited.secrets.push(key.to_owned());
            } else {
                inherited.labels.insert(key.to_owned(), value.to_owned());
            }
        }
        let is_short = |value: &str| value.len() <= MAX && parse::rendered(value).is_ok();
        let annotations = object.annotations().filter(|(key, _)| is_inherited(key) && !is_read_otherwise(key));
        for (key, value) in annotations.filter(|(_, value)| is_short(value)) {
            if !is_allowed(key, settings) {
                inherited.foreign.insert(key.to_owned());
            } else if let Err(why) = followed(key, value) {
                inherited.invalid.insert(key.to_owned(), why);
            } else if !not_secret.has(key) && (secret::is_secret(key) || secret::may_be_in_text(value)) {
                inherited.secrets.push(key.to_owned());
            } else {
                inherited.annotations.insert(key.to_owned(), value.to_owned());
            }
        }
        inherited
    }

    /// Notes what the entity does not take over.
    pub(crate) fn note(&self, entity: &EntityRef, notes: &mut Notes) {
        notes.leave_out(entity, &LeftOut { secrets: self.secrets.clone(), ..LeftOut::default() });
        if !self.foreign.is_empty() {
            let keys: Vec<_> = self.foreign.iter().cloned().collect();
            notes.omit(entity, &format!("CALLBOARD_ANNOTATIONS does not name: {}", listed(&keys)));
        }
        self.invalid.iter().for_each(|(key, why)| notes.invalid(key, *why));
    }
}

/// The beginnings of keys that an entity does not take over. Callboard's own are overrides, Backstage sets the next two,
/// and the rest say what a tool did last.
const BEGINNINGS: [&str; 13] = [
    overrides::PREFIX,
    "backstage.io/managed-by-",
    "backstage.io/orphan",
    "argocd.argoproj.io/",
    "client.knative.dev/",
    "deployment.kubernetes.io/",
    "helm.sh/",
    "helm.toolkit.fluxcd.io/",
    "kapp.k14s.io/",
    "kubectl.kubernetes.io/",
    "kustomize.toolkit.fluxcd.io/",
    "meta.helm.sh/",
    "reconcile.fluxcd.io/",
];

/// The ends of keys that name a person.
const ENDINGS: [&str; 2] = ["/creator", "/lastModifier"];

fn is_inherited(key: &str) -> bool {
    is_key(key)
        && !BEGINNINGS.iter().any(|beginning| key.starts_with(beginning))
        && !ENDINGS.iter().any(|ending| key.ends_with(ending))
}

/// Whether an annotation is an override of Backstage's or of others, or in their vocabulary.
fn is_read_otherwise(key: &str) -> bool {
    let beginnings = ["kratix.io/", "ske.backstage.", "terasky.backstage.io/"];
    overrides::KEPT.contains(&key) || beginnings.iter().any(|beginning| key.starts_with(beginning))
}

/// Annotations of Backstage that lead to a page, and are checked.
const PAGES: [&str; 3] = ["backstage.io/edit-url", "backstage.io/source-location", "backstage.io/view-url"];

/// Whether an entity may have the annotation: of Knative, which describes its own objects, of Backstage, or of a setting.
/// Those of plugins could show what belongs to others.
fn is_allowed(key: &str, settings: &Settings) -> bool {
    let domain = key.split_once('/').map(|(domain, _)| domain).unwrap_or_default();
    let is_knative = domain == "knative.dev" || domain.ends_with(".knative.dev") || domain == "boson.dev";
    is_knative || PAGES.contains(&key) || settings.takes_annotation(key)
}

/// Whether what reads an annotation can follow it, and only to a web page.
fn followed(key: &str, value: &str) -> Result<(), &'static str> {
    let value = value.trim();
    let is_page = |url: &str| url.starts_with("https://") && web_url(url).is_ok();
    let begins = |scheme: &str| {
        let parts = value.split_at_checked(scheme.len());
        parts.is_some_and(|(begin, rest)| begin.eq_ignore_ascii_case(scheme) && !rest.starts_with(char::is_whitespace))
    };
    match key {
        "backstage.io/edit-url" | "backstage.io/view-url" if !is_page(value) => Err("must be an https URL"),
        "backstage.io/source-location" if !value.strip_prefix("url:").is_some_and(is_page) => {
            Err("must be url: and an https URL")
        }
        "backstage.io/techdocs-ref"
            if !value.starts_with("dir:.") && !value.strip_prefix("url:").is_some_and(is_page) =>
        {
            Err("must be url: and an https URL, or dir: and a path")
        }
        _ if ["javascript:", "data:", "vbscript:"].iter().any(|scheme| begins(scheme)) => {
            Err("leads to something else than a web page")
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_can_be_followed_to_a_web_page_is_taken() {
        for (key, value) in [
            ("backstage.io/view-url", "https://a.example/x?y=1"),
            ("backstage.io/source-location", "url:https://a.example/tree/main/"),
            ("backstage.io/techdocs-ref", "dir:."),
            ("backstage.io/techdocs-ref", "url:https://a.example/tree/main"),
            ("example.org/note", "Data: as it is"),
            ("example.org/note", "ä"),
        ] {
            assert_eq!(followed(key, value), Ok(()), "{key}: {value}");
        }
        for (key, value) in [
            ("backstage.io/view-url", "javascript:alert(1)"),
            ("backstage.io/view-url", "http://a.example"),
            ("backstage.io/edit-url", "https://jane:hunter2@a.example"),
            ("backstage.io/edit-url", "/create"),
            ("backstage.io/source-location", "https://a.example"),
            ("backstage.io/source-location", "url:file:///etc/passwd"),
            ("backstage.io/techdocs-ref", "url:http://169.254.169.254/"),
            ("backstage.io/techdocs-ref", "dir:/etc"),
            ("example.org/note", "\n JavaScript:alert(1)"),
        ] {
            assert!(followed(key, value).is_err(), "{key}: {value}");
        }
    }
}
