//! The event that says what changed in the catalog.

use crate::{Cause, Function, ObjectRef};
use cloudevents::{Event, EventBuilder, EventBuilderV10};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The extension by which Kafka orders events: the bucket key.
pub const PARTITION_KEY: &str = "partitionkey";

/// The most bytes of data that an emitted event has; beyond it lists are cut and `truncated` is set.
pub const MAX_DATA: usize = 256 * 1024;

/// What became of an entity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    /// It was not in the bucket object before.
    Created,
    /// The bucket object that holds it was written anew.
    Updated,
    /// It is no longer in the bucket object, or that is gone.
    Deleted,
}

/// An entity, by its full ref, and what became of it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct EntityChange {
    /// `<kind>:<namespace>/<name>`, lower-case kind.
    #[serde(rename = "ref")]
    pub entity: String,
    /// What became of it.
    pub action: Action,
}

/// A bucket object that was written or deleted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ObjectChange {
    /// Its key.
    pub key: String,
    /// Its entities, sorted by ref.
    pub entities: Vec<EntityChange>,
}

/// An entity that was not written, or something of it that could not be made.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Refused {
    /// The ref which the entity would have had.
    #[serde(rename = "ref")]
    pub entity: String,
    /// Why, in one sentence.
    pub reason: String,
}

/// A wish of the source object, such as an annotation, that was not followed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Ignored {
    /// The annotation, label or field.
    pub field: String,
    /// Why, in one sentence.
    pub reason: String,
}

/// The content of `dev.callboard.<app|promise|mesh>.cataloged`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Cataloged {
    /// The event that led to this.
    pub cause: Cause,
    /// What was written and deleted, the object of the cause first.
    pub changes: Vec<ObjectChange>,
    /// What was left out and why.
    pub refused: Vec<Refused>,
    /// What was asked for in vain and why.
    pub ignored: Vec<Ignored>,
    /// Set where lists were cut to keep the event below [`MAX_DATA`].
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub truncated: bool,
}

impl Cataloged {
    /// The reply event. The same cause, key and content give the same event: it has no time and no random id.
    ///
    /// # Errors
    /// If an attribute cannot stand in an event; none that an [`ObjectRef`] and a key make can.
    pub fn event(mut self, function: Function, subject: &ObjectRef, key: &str) -> Result<Event, String> {
        let data = self.fit().map_err(|error| error.to_string())?;
        EventBuilderV10::new()
            .id(self.cause.reply_id(key))
            .source(format!("/callboard/{function}"))
            .ty(function.reply_type())
            .subject(subject.to_string())
            .extension(PARTITION_KEY, key)
            .data_with_schema("application/json", schema_url(function.reply_type()), data)
            .build()
            .map_err(|error| error.to_string())
    }

    /// The data as JSON, the lists halved until it fits.
    fn fit(&mut self) -> serde_json::Result<Value> {
        loop {
            let data = serde_json::to_value(&*self)?;
            if data.to_string().len() <= MAX_DATA {
                return Ok(data);
            }
            self.truncated = true;
            self.ignored.truncate(self.ignored.len() / 2);
            self.refused.truncate(self.refused.len() / 2);
            self.changes.truncate(self.changes.len().div_ceil(2));
            for change in &mut self.changes {
                change.entities.truncate(change.entities.len() / 2);
            }
            let lists = self.ignored.len()
                + self.refused.len()
                + self.changes.iter().map(|change| change.entities.len()).sum::<usize>();
            if lists == 0 && self.changes.len() <= 1 {
                self.cause.id.clear();
                self.cause.source.clear();
                return serde_json::to_value(&*self);
            }
        }
    }
}

/// The absolute URL of the JSON Schema of an event type of ours; the file of that name lies in `deploy/schemas`.
pub fn schema_url(ty: &str) -> String {
    format!("https://callboard.dev/schemas/{ty}.json")
}

#[cfg(test)]
mod tests {
    use super::*;
    use cloudevents::AttributesReader;

    fn cataloged(entities: usize) -> Cataloged {
        let entities = (0..entities)
            .map(|n| EntityChange { entity: format!("api:default/{n:0>60}"), action: Action::Updated })
            .collect();
        let changes = vec![ObjectChange { key: "entities/main/x.yaml".into(), entities }];
        Cataloged { cause: Cause::new("/s", "1", "t"), changes, refused: vec![], ignored: vec![], truncated: false }
    }

    fn reply(cataloged: Cataloged) -> Event {
        let subject = ObjectRef::new("workshop.kratix.io/v1", "App", Some("default"), "todo").unwrap();
        cataloged.event(Function::Apps, &subject, "entities/main/x.yaml").unwrap()
    }

    #[test]
    fn the_same_cause_and_key_give_the_same_event() {
        let event = reply(cataloged(1));
        assert_eq!(event, reply(cataloged(1)));
        assert_eq!(event.ty(), "dev.callboard.app.cataloged");
        assert_eq!(event.source().as_str(), "/callboard/apps");
        assert_eq!(event.subject(), Some("app.workshop.kratix.io/default/todo"));
        assert_eq!(event.time(), None);
    }

    #[test]
    fn an_event_that_would_be_too_big_is_cut_and_says_so() {
        let event = reply(cataloged(10_000));
        let data: Value = event.data().unwrap().clone().try_into().unwrap();
        assert!(data.to_string().len() <= MAX_DATA);
        assert_eq!(data["truncated"], true);
        assert!(!data["changes"][0]["entities"].as_array().unwrap().is_empty());
    }
}
