//! Annotations and labels that look like overrides and have no effect.

use super::{
    bearer::Bearer,
    fields::{FIELDS, Field},
    not_secret,
    reading::PREFIX,
    selection::SWITCHES,
    template,
};
use crate::notes::Notes;
use events::Object;
use serde_json::Value;

/// Labels that are read. All others must be annotations.
const LABELS: [&str; 2] = [IGNORE, "callboard.dev/owner"];

const IGNORE: &str = "callboard.dev/ignore";
const COMPONENT: &str = "callboard.dev/component";

/// The most letters in which a name differs from what was meant.
const TYPO: usize = 3;

impl Field {
    /// Whether it has an effect on such an object.
    pub(super) fn is_on(&self, bearer: Bearer) -> bool {
        bearer != Bearer::Nothing && !self.not_on.contains(&bearer)
    }
}

/// Notes the annotations and labels that look like overrides and have no effect on an object.
pub(crate) fn note_missing(object: &Object, bearer: Bearer, notes: &mut Notes) {
    let honoured = honoured(bearer);
    let labels = object.at("/metadata/labels").and_then(Value::as_object);
    let labels = labels.into_iter().flat_map(|labels| labels.keys()).map(String::as_str);
    for key in labels.filter(|key| key.starts_with(PREFIX)) {
        if !honoured.contains(&key) {
            notes.invalid(key, without_effect(object, key, &honoured));
        } else if !LABELS.contains(&key) {
            notes.invalid(key, "is not read as a label. Write it as an annotation");
        }
    }
    for (key, _) in object.annotations().filter(|(key, _)| !honoured.contains(key)) {
        if key.starts_with(PREFIX) || is_known(key) {
            notes.invalid(key, without_effect(object, key, &honoured));
        } else if key.starts_with("ske.backstage.component/") || key.starts_with("terasky.backstage.io/") {
            notes.invalid(key, "is not supported by Callboard");
        }
    }
    if bearer != Bearer::Promise {
        template::note_unused(object, notes);
    }
}

/// The annotations that have an effect on such an object.
fn honoured(bearer: Bearer) -> Vec<&'static str> {
    let fields = FIELDS.iter().filter(|field| field.is_on(bearer)).flat_map(|field| field.keys).copied();
    let switches =
        SWITCHES.iter().map(|(key, _)| *key).chain([IGNORE, not_secret::KEY]).filter(|_| bearer != Bearer::Nothing);
    let component = [COMPONENT].into_iter().filter(|_| bearer.may_name_component());
    fields.chain(switches).chain(component).collect()
}

fn is_known(key: &str) -> bool {
    FIELDS.iter().any(|field| field.keys.contains(&key)) || SWITCHES.iter().any(|(switch, _)| *switch == key)
}

/// Why an annotation has no effect, what was meant perhaps, and what has one.
fn without_effect(object: &Object, key: &str, honoured: &[&str]) -> String {
    let kind = object.reference().kind();
    let why = match is_known(key) || [IGNORE, COMPONENT, not_secret::KEY].contains(&key) {
        true => format!("has no effect on this {kind}"),
        false => "is not a known annotation".to_owned(),
    };
    let own: Vec<_> = honoured.iter().filter_map(|key| key.strip_prefix(PREFIX)).collect();
    let meant = key.strip_prefix(PREFIX).and_then(|name| meant(name, &own));
    let meant = meant.map(|name| format!(". Did you mean {PREFIX}{name}?")).unwrap_or_else(|| ".".to_owned());
    format!("{why}{meant} It honours {}", own.join(", "))
}

/// The name that is so much like another one that it was meant.
fn meant<'a>(name: &str, known: &[&'a str]) -> Option<&'a str> {
    let letters = |name: &str| name.to_ascii_lowercase().replace(['-', '_'], "");
    let name = letters(name);
    let distances = known.iter().map(|known| (strsim::osa_distance(&name, &letters(known)), *known));
    // A short word is like many others.
    let most = TYPO.min(name.len() / 3);
    distances.filter(|(distance, _)| *distance <= most).min().map(|(_, known)| known)
}
