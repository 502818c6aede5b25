//! What an event changed, as the log has it.

use cloudevents::{AttributesReader, Data, Event};
use serde_json::Value;

/// How many entities a line of the log names.
const NAMED: usize = 10;

/// What an event changed, in the words of the reply.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Change {
    /// The object that it is about; none if it is about several.
    pub(crate) object: Option<String>,
    /// The entities, each with what was done: `updated component:shop/app-cart`.
    pub(crate) entities: String,
}

impl Change {
    pub(crate) fn of(reply: &Event) -> Self {
        let data = match reply.data() {
            Some(Data::Json(data)) => Some(data),
            _ => None,
        };
        let changes = data.and_then(|data| data.get("changes")?.as_array()).into_iter().flatten();
        let entities = changes.filter_map(|change| change.get("entities")?.as_array()).flatten();
        let mut all: Vec<_> = entities.filter_map(named).collect();
        let more = all.len().saturating_sub(NAMED);
        all.truncate(NAMED);
        if more > 0 {
            all.push(format!("and {more} more"));
        }
        Self { object: reply.subject().map(str::to_owned), entities: all.join(", ") }
    }
}

fn named(entity: &Value) -> Option<String> {
    Some(format!("{} {}", entity.get("action")?.as_str()?, entity.get("ref")?.as_str()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use cloudevents::{EventBuilder, EventBuilderV10};
    use serde_json::json;

    fn reply(entities: &[Value]) -> Event {
        let data = json!({"changes": [{"key": "k", "entities": entities}]});
        let event = EventBuilderV10::new().id("1").source("/callboard/apps").ty("dev.callboard.app.cataloged");
        event.subject("app.example.org/shop/cart").data("application/json", data).build().unwrap()
    }

    #[test]
    fn a_change_names_its_object_and_entities() {
        let entity = |n: usize| json!({"ref": format!("component:shop/app-{n}"), "action": "created"});
        let one = Change::of(&reply(&[entity(1)]));
        assert_eq!(one.object.as_deref(), Some("app.example.org/shop/cart"));
        assert_eq!(one.entities, "created component:shop/app-1");
        let many = Change::of(&reply(&(0..12).map(entity).collect::<Vec<_>>())).entities;
        assert!(many.ends_with("created component:shop/app-9, and 2 more"), "{many}");
        assert_eq!(Change::of(&reply(&[])).entities, "");
    }
}
