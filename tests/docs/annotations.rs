//! docs/reference/annotations.md against the keys in the code and in the golden cases.

use super::{
    code::{Sources, literals_after, words},
    page::read,
    table::Table,
};
use serde_json::Value;
use std::{collections::BTreeSet, fs, path::Path};

const PAGE: &str = "docs/reference/annotations.md";

/// The tables of the page, by their first heading.
const TABLES: [&str; 5] =
    ["Annotation", "Third-party annotation", "Read by Callboard", "Set by Callboard", "On an install"];

/// Never taken over from an object, since Backstage sets it itself.
const DROPPED: &str = "backstage.io/orphan";

#[test]
fn every_annotation_and_label_in_the_code_is_documented() {
    let page = read(PAGE);
    let documented: BTreeSet<_> = TABLES.iter().flat_map(|heading| Table::with(&page, &[heading]).code(0)).collect();
    let known = known(&Sources::all().below("shared/catalog/"));
    let known = known.iter().filter(|key| *key != DROPPED);
    let missing: Vec<_> = known.filter(|key| !documented.iter().any(|it| is_of(it, key))).collect();
    assert!(missing.is_empty(), "not documented: {missing:?}");

    let known = self::known(&Sources::all());
    let made_up: Vec<_> = documented.iter().filter(|key| !known.iter().any(|it| is_of(key, it))).collect();
    assert!(made_up.is_empty(), "documented, and nowhere in the code: {made_up:?}");
}

#[test]
fn every_annotation_of_ours_that_an_entity_has_is_documented() {
    let mut written = BTreeSet::new();
    for entity in entities() {
        for field in ["annotations", "labels"] {
            let keys = entity["metadata"][field].as_object().into_iter().flatten().map(|(key, _)| key.clone());
            written.extend(keys.filter(|key| key.starts_with("callboard.dev/")));
        }
    }
    let documented = Table::with(&read(PAGE), &["Set by Callboard"]).code(0);
    let documented: BTreeSet<_> = documented.into_iter().filter(|key| key.starts_with("callboard.dev/")).collect();
    assert_eq!(documented, written);
}

#[test]
fn every_state_is_documented() {
    let catalog = Sources::all().below("shared/catalog/");
    let states = literals_after(catalog.method("State", "as_str"), "=> ");
    assert_eq!(Table::with(&read(PAGE), &["State"]).code(0), states);
}

/// The entities of all golden cases.
fn entities() -> Vec<Value> {
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases")];
    let mut entities: Vec<Value> = Vec::new();
    while let Some(folder) = folders.pop() {
        for path in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            if path.is_dir() {
                folders.push(path);
            } else if path.file_name().is_some_and(|name| name == "expected.yaml") {
                let documents: Vec<Value> = serde_saphyr::from_multiple(&fs::read_to_string(path).unwrap()).unwrap();
                entities.extend(documents);
            }
        }
    }
    assert!(entities.len() > 100, "only {} entities were found", entities.len());
    entities
}

/// Whether a documented key is this one of the code, or what the code makes of it.
fn is_of(documented: &str, key: &str) -> bool {
    documented == key || documented.strip_prefix(key).is_some_and(|rest| rest.starts_with('-'))
}

/// The keys of labels and annotations.
fn known(sources: &Sources) -> BTreeSet<String> {
    let mut keys = BTreeSet::new();
    for (_, text) in sources.iter() {
        let literals: BTreeSet<_> = words(text).into_iter().map(|literal| of_pointer(&literal)).collect();
        keys.extend(literals.iter().filter(|literal| is_key(literal)).cloned());
        let prefixes = literals.iter().filter(|literal| literal.strip_suffix('/').is_some_and(is_domain));
        for prefix in prefixes {
            // The arms of a `match` on what follows.
            let is_field = |arm: &str| arm != "true" && arm != "false";
            let arms = text.lines().filter_map(|line| line.trim().strip_prefix('"')?.split_once("\" => "));
            keys.extend(arms.filter(|(arm, _)| is_field(arm)).map(|(arm, _)| format!("{prefix}{arm}")));
        }
        // In what is printed: `callboard.dev/aggregate-to-{whose}`.
        let printed =
            text.lines().filter_map(|line| line.trim().split_once("-{whose}: ")).map(|(key, _)| key.to_owned());
        keys.extend(printed.filter(|key| is_key(key)));
    }
    keys
}

/// The key at the end of a JSON pointer, such as `/metadata/annotations/kratix.io~1trace-parent`.
fn of_pointer(literal: &str) -> String {
    match literal.rsplit_once('/') {
        Some((_, key)) if key.contains("~1") => key.replace("~1", "/"),
        _ => literal.to_owned(),
    }
}

/// `backstage.io/kubernetes-id`, but not `apiextensions.k8s.io/v1` and not `app.kubernetes.io/part-of`.
fn is_key(text: &str) -> bool {
    let Some((domain, name)) = text.split_once('/') else { return false };
    let is_version = name.strip_prefix('v').is_some_and(|rest| rest.starts_with(|it: char| it.is_ascii_digit()));
    let is_name = name.bytes().all(|it| it.is_ascii_alphanumeric() || it == b'-') && !name.ends_with('-');
    is_domain(domain) && is_name && !name.is_empty() && !is_version
}

/// Whether keys of such a domain are read or written for the catalog.
fn is_domain(text: &str) -> bool {
    ["backstage.io", "backstage.component", "backstage.template", "callboard.dev", "knative.dev", "kratix.io"]
        .iter()
        .any(|domain| text.strip_suffix(domain).is_some_and(|rest| rest.is_empty() || rest.ends_with('.')))
}
