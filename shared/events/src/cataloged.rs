//! The event that says what an object's change did to the catalog.

use crate::{
    Cause, Function, ObjectRef,
    emitted::{self, Cut, Shape},
};
use cloudevents::Event;
use serde::{Deserialize, Serialize};

/// What became of an entity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    /// It was not in the bucket object before.
    Created,
    /// The bucket object that holds it was written again.
    Updated,
    /// It is no longer in the bucket object, or that was deleted.
    Deleted,
}

/// An entity, by its full ref, and what became of it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct EntityChange {
    /// `<kind>:<namespace>/<name>`, lower-case kind.
    #[serde(rename = "ref")]
    pub entity: String,
    /// What became of it.
    pub action: Action,
}

/// A bucket object that was written or deleted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ObjectChange {
    /// Its key.
    pub key: String,
    /// Its entities, sorted by ref.
    pub entities: Vec<EntityChange>,
}

/// An entity that was not written, or something of it that could not be made.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Omitted {
    /// The ref which the entity would have had.
    #[serde(rename = "ref")]
    pub entity: String,
    /// Why, in one sentence.
    pub reason: String,
}

/// An override of the source object, such as an annotation, that is not valid and was not applied.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct InvalidOverride {
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
    pub omitted: Vec<Omitted>,
    /// Which overrides were not applied and why.
    #[serde(rename = "invalidOverrides")]
    pub invalid_overrides: Vec<InvalidOverride>,
    /// Set if lists were cut to keep the event below [`MAX_DATA`](crate::MAX_DATA).
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub truncated: bool,
}

impl Cataloged {
    /// The reply event. The same cause, key and content give the same event: it has no time and no random id.
    ///
    /// # Errors
    /// If an attribute cannot stand in an event; none that an [`ObjectRef`] and a key make can.
    pub fn event(self, function: Function, subject: &ObjectRef, key: &str) -> Result<Event, String> {
        let shape = Shape {
            function,
            ty: function.reply_type(),
            id: self.cause.reply_id(key),
            subject: subject.to_string(),
            key,
        };
        emitted::event(shape, self)
    }
}

impl Cut for Cataloged {
    fn cut(&mut self) -> bool {
        self.truncated = true;
        let cut = [
            emitted::halve(&mut self.invalid_overrides),
            emitted::halve(&mut self.omitted),
            cut_changes(&mut self.changes),
        ];
        cut.contains(&true) || self.cause.shorten()
    }
}

/// Leaves half of the changes, and half of the entities of each; whether there was something to cut.
pub(crate) fn cut_changes(changes: &mut Vec<ObjectChange>) -> bool {
    let before = changes.len();
    changes.truncate(before.div_ceil(2));
    let mut is_cut = changes.len() < before;
    for change in changes {
        is_cut |= emitted::halve(&mut change.entities);
    }
    is_cut
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::MAX_DATA;
    use cloudevents::AttributesReader;
    use serde_json::Value;

    fn cataloged(entities: usize) -> Cataloged {
        let entities = (0..entities)
            .map(|n| EntityChange { entity: format!("api:default/{n:0>60}"), action: Action::Updated })
            .collect();
        let changes = vec![ObjectChange { key: "entities/main/x.yaml".into(), entities }];
        Cataloged {
            cause: Cause::new("/s", "1", "t"),
            changes,
            omitted: vec![],
            invalid_overrides: vec![],
            truncated: false,
        }
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
