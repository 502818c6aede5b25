//! What became of an event, in words.

use cloudevents::{AttributesReader, Data, Event};
use events::{Nack, Nothing, Reply, Verdict};
use serde_json::Value;
use std::{collections::HashSet, fmt};

/// What was done about an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Done {
    /// Entities that were not there.
    Created,
    /// Entities that were there.
    Updated,
    /// All entities of the object are deleted.
    Removed,
    /// Nothing but the reply, which was sent before.
    Repeated,
    /// Nothing: the catalog says the same already.
    Unchanged,
    /// Nothing: the bucket has a newer state.
    Late,
    /// Nothing: no function takes it.
    Skipped,
    /// Nothing: only a cluster knows what the object is.
    Unresolved,
    /// Nothing could be written.
    Omitted,
    /// The event is not valid.
    Rejected,
    /// The bucket failed.
    Retried,
}

/// What was done, and the entities or the reason.
#[derive(Debug)]
pub(super) struct Report {
    pub(super) done: Done,
    pub(super) details: Vec<String>,
}

impl Report {
    /// Reads a verdict; `replies` are the ids of all replies so far.
    pub(super) fn of(verdict: &Verdict, replies: &mut HashSet<String>) -> Self {
        let (done, why) = match verdict {
            Ok(Reply::Changed(reply) | Reply::Omitted(reply)) => return Self::changed(reply, replies),
            Ok(Reply::Nothing(Nothing::Unchanged)) => (Done::Unchanged, "the entities stay as they are".to_owned()),
            Ok(Reply::Nothing(Nothing::Late)) => (Done::Late, "a newer state or the deletion is known".to_owned()),
            Ok(Reply::Nothing(Nothing::NotOurs)) => (Done::Skipped, "no function takes this kind".to_owned()),
            Ok(Reply::Nothing(Nothing::Unresolved)) => (Done::Unresolved, "only a cluster knows".to_owned()),
            Ok(Reply::Nothing(
                nothing @ (Nothing::Absent
                | Nothing::Uncovered
                | Nothing::Busy
                | Nothing::Lapsed
                | Nothing::Kept
                | Nothing::Shown
                | Nothing::OtherCluster),
            )) => (Done::Unresolved, format!("{}, as only a cluster knows", nothing.as_str())),
            Err(Nack::Reject(why) | Nack::Refused(why)) => (Done::Rejected, why.clone()),
            Err(Nack::Retry(why)) => (Done::Retried, why.clone()),
        };
        Self { done, details: vec![why] }
    }

    fn changed(reply: &Event, replies: &mut HashSet<String>) -> Self {
        if !replies.insert(reply.id().to_owned()) {
            return Self { done: Done::Repeated, details: vec!["the same reply as before, no write".to_owned()] };
        }
        let Some(Data::Json(data)) = reply.data() else {
            return Self { done: Done::Omitted, details: Vec::new() };
        };
        let entities: Vec<_> = listed(data, "/changes").flat_map(|change| listed(change, "/entities")).collect();
        let actions: HashSet<_> = entities.iter().map(|entity| text(entity, "action")).collect();
        let done = match (actions.len(), actions.iter().next()) {
            (0, _) => Done::Omitted,
            (1, Some(&"created")) => Done::Created,
            (1, Some(&"deleted")) => Done::Removed,
            _ => Done::Updated,
        };
        let mut details: Vec<_> = entities.iter().map(|entity| text(entity, "ref").to_owned()).collect();
        let omitted = listed(data, "/omitted").map(|it| {
            let is_written =
                |entity: &&Value| text(entity, "ref") == text(it, "ref") && text(entity, "action") != "deleted";
            let part = if entities.iter().any(is_written) { "a part " } else { "" };
            format!("{part}omitted: {}: {}", text(it, "ref"), text(it, "reason"))
        });
        let invalid = listed(data, "/invalidOverrides")
            .map(|it| format!("not applied: {}: {}", text(it, "field"), text(it, "reason")));
        details.extend(omitted.chain(invalid));
        Self { done, details }
    }
}

fn listed<'a>(data: &'a Value, pointer: &str) -> impl Iterator<Item = &'a Value> {
    data.pointer(pointer).and_then(Value::as_array).into_iter().flatten()
}

fn text<'a>(value: &'a Value, field: &str) -> &'a str {
    value.get(field).and_then(Value::as_str).unwrap_or_default()
}

impl fmt::Display for Done {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Created => "created",
            Self::Updated => "updated",
            Self::Removed => "removed",
            Self::Repeated => "repeated",
            Self::Unchanged => "unchanged",
            Self::Late => "late",
            Self::Skipped => "skipped",
            Self::Unresolved => "unresolved",
            Self::Omitted => "omitted",
            Self::Rejected => "rejected",
            Self::Retried => "retried",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use cloudevents::{EventBuilder, EventBuilderV10};
    use serde_json::json;

    #[test]
    fn an_omitted_part_is_reported_apart_from_an_entity() {
        let data = json!({
            "changes": [{"entities": [{"ref": "template:x", "action": "updated"}, {"ref": "api:x", "action": "deleted"}]}],
            "omitted": [{"ref": "template:x", "reason": "a"}, {"ref": "api:x", "reason": "b"}],
            "invalidOverrides": [{"field": "f", "reason": "c"}],
        });
        let event = EventBuilderV10::new().id("1").source("/s").ty("t").data("application/json", data).build().unwrap();
        let report = Report::of(&Ok(Reply::Changed(Box::new(event))), &mut HashSet::new());
        assert_eq!(report.details[2..], ["a part omitted: template:x: a", "omitted: api:x: b", "not applied: f: c"]);
    }
}
