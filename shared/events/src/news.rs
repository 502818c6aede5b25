//! What Callboard's own events report about the bucket.

use crate::{Cause, DRIFTED, Drift, DriftReason, Function, Nack, ObjectChange, cataloged::Action, parts};
use cloudevents::{AttributesReader, Event};
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;

/// What became of a bucket object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Became {
    /// It has other bytes.
    Changed,
    /// It may be new, or deleted.
    Other,
}

/// What one event of Callboard reports about the bucket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct News {
    /// The event.
    pub cause: Cause,
    /// What became of which key.
    pub keys: BTreeMap<String, Became>,
    /// Whether there is more than the event says.
    pub truncated: bool,
}

#[derive(Deserialize)]
struct Data {
    #[serde(default)]
    changes: Vec<ObjectChange>,
    /// Differences, or, of `catalog.resynced`, their numbers.
    #[serde(default)]
    drift: Value,
    #[serde(default)]
    truncated: bool,
}

/// The types of the events that report changes of the bucket.
pub(crate) fn types() -> impl Iterator<Item = &'static str> {
    let replying = Function::ALL.into_iter().filter(|function| function.reports_changes());
    replying.map(Function::reply_type).chain([DRIFTED])
}

/// Whether events of this type report changes of the bucket.
pub fn is_news(ty: &str) -> bool {
    types().any(|it| it == ty)
}

pub(crate) fn decode(event: &mut Event) -> Result<News, Nack> {
    let cause = Cause::of(event);
    let data = parts::json(event)?.unwrap_or_default();
    let data = serde_json::from_value::<Data>(data);
    let reject =
        |error: serde_json::Error| parts::reject(event, &format!("not a valid event about the catalog: {error}"));
    let Data { changes, drift, truncated } = data.map_err(reject)?;
    let drift: Vec<Drift> = match event.ty() {
        DRIFTED => serde_json::from_value(drift).map_err(reject)?,
        _ => Vec::new(),
    };
    let changed = changes.into_iter().map(|change| (change.key.clone(), became(&change)));
    let drifted = drift.into_iter().filter_map(|drift| Some((drift.key?, repaired(drift.reason)?)));
    let mut keys = BTreeMap::new();
    for (key, became) in changed.chain(drifted) {
        keys.entry(key).and_modify(|is: &mut Became| *is = became.max(*is)).or_insert(became);
    }
    Ok(News { cause, keys, truncated })
}

/// An object that was there before has an entity that was.
fn became(change: &ObjectChange) -> Became {
    match change.entities.iter().any(|entity| entity.action == Action::Updated) {
        true => Became::Changed,
        false => Became::Other,
    }
}

/// What is done about a difference; `None`: nothing.
fn repaired(reason: DriftReason) -> Option<Became> {
    match reason {
        DriftReason::Outdated | DriftReason::Rewound => Some(Became::Changed),
        DriftReason::Missing | DriftReason::Orphan => Some(Became::Other),
        DriftReason::Unmanaged | DriftReason::Collision | DriftReason::Uncovered | DriftReason::Omitted => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{EntityChange, Incoming};
    use cloudevents::{EventBuilder, EventBuilderV10};
    use serde_json::json;

    fn news(ty: &str, data: Value) -> Result<Option<Incoming>, Nack> {
        let event = EventBuilderV10::new().id("1").source("/test").ty(ty).data("application/json", data);
        crate::decode(event.build().unwrap())
    }

    fn decoded(ty: &str, data: Value) -> BTreeMap<String, Became> {
        let Ok(Some(Incoming::News(news))) = news(ty, data) else { panic!("no news") };
        news.keys
    }

    fn change(key: &str, actions: &[Action]) -> ObjectChange {
        let entity = |action: &Action| EntityChange { entity: "api:default/x".into(), action: *action };
        ObjectChange { key: key.into(), entities: actions.iter().map(entity).collect() }
    }

    #[test]
    fn what_stayed_was_there_before_and_the_rest_may_be_new_or_deleted() {
        let changes = [
            change("a", &[Action::Created]),
            change("b", &[Action::Created, Action::Updated]),
            change("c", &[Action::Deleted]),
            change("d", &[]),
        ];
        for ty in types().filter(|ty| *ty != DRIFTED) {
            let said = decoded(ty, json!({"changes": changes}));
            let changed: Vec<_> = said.iter().filter(|(_, became)| **became == Became::Changed).collect();
            assert_eq!((said.len(), changed), (4, vec![(&"b".to_owned(), &Became::Changed)]), "{ty}");
        }
    }

    #[test]
    fn drift_names_what_is_repaired_and_the_stronger_word_counts() {
        let drift = |reason: &str, key: &str| json!({"reason": reason, "kind": "app.x", "key": key, "detail": "d"});
        let drift = [
            drift("outdated", "a"),
            drift("orphan", "b"),
            drift("unmanaged", "c"),
            drift("missing", "a"),
            json!({"reason": "uncovered", "kind": "x.y", "detail": "d"}),
        ];
        let said = decoded(DRIFTED, json!({"drift": drift}));
        assert_eq!(said, BTreeMap::from([("a".into(), Became::Other), ("b".into(), Became::Other)]));
    }

    #[test]
    fn what_resync_says_of_drift_are_numbers() {
        let said = decoded(
            Function::Resync.reply_type(),
            json!({"changes": [change("a", &[Action::Updated])], "drift": {"outdated": 1}}),
        );
        assert_eq!(said, BTreeMap::from([("a".into(), Became::Changed)]));
    }

    #[test]
    fn what_is_no_news_is_rejected() {
        for data in [json!(null), json!({"changes": [{}]}), json!({"changes": 1}), json!("x")] {
            assert!(matches!(news(Function::Apps.reply_type(), data.clone()), Err(Nack::Reject(_))), "{data}");
        }
    }
}
