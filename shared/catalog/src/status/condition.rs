//! The conditions of an object.

use super::{MAX_STATUS, cut};
use crate::secret;
use events::Object;
use serde::{Serialize, Serializer};
use serde_json::Value;
use std::collections::BTreeSet;

/// The most conditions that are copied.
const MAX: usize = 30;

/// The object's conditions as JSON, sorted, each `{type, status, reason}`, cut; `None` if it has none.
///
/// Without messages and times, whose changes mean nothing.
pub(crate) fn conditions(object: &Object) -> Option<String> {
    let conditions = object.at("/status/conditions")?.as_array()?.iter().filter_map(Condition::of).map(Condition::cut);
    let conditions: BTreeSet<_> = conditions.collect();
    let conditions: Vec<_> = conditions.into_iter().take(MAX).collect();
    if conditions.is_empty() { None } else { serde_json::to_string(&conditions).ok() }
}

/// The conditions as the plugin of Syntasso's SKE reads them: an object with `conditions` if there are any.
pub(crate) fn ske_status(object: &Object) -> String {
    conditions(object).map_or_else(|| "{}".into(), |conditions| format!(r#"{{"conditions":{conditions}}}"#))
}

#[derive(PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub(super) struct Condition<'a> {
    #[serde(rename = "type", serialize_with = "masked")]
    ty: &'a str,
    #[serde(serialize_with = "masked")]
    pub(super) status: &'a str,
    #[serde(skip_serializing_if = "str::is_empty", serialize_with = "masked")]
    pub(super) reason: &'a str,
    #[serde(skip)]
    pub(super) message: &'a str,
    #[serde(skip)]
    pub(super) since: &'a str,
    #[serde(skip)]
    pub(super) observed: Option<u64>,
}

fn masked<S: Serializer>(text: &&str, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&secret::masked(text))
}

impl<'a> Condition<'a> {
    fn of(value: &'a Value) -> Option<Self> {
        let text = |field: &str| value.get(field).and_then(Value::as_str);
        let optional = |field| text(field).unwrap_or_default();
        let (reason, message, since) = (optional("reason"), optional("message"), optional("lastTransitionTime"));
        let observed = value.get("observedGeneration").and_then(Value::as_u64);
        Some(Self { ty: text("type")?, status: text("status")?, reason, message, since, observed })
    }

    fn cut(self) -> Self {
        let [ty, status, reason] = [self.ty, self.status, self.reason].map(|text| cut(text, MAX_STATUS));
        Self { ty, status, reason, ..self }
    }

    pub(super) fn find(object: &'a Object, ty: &str) -> Option<Self> {
        object.at("/status/conditions")?.as_array()?.iter().filter_map(Self::of).find(|condition| condition.ty == ty)
    }
}
