//! The event that says what Backstage did not take.

use crate::{
    Cause, Function, ObjectRef,
    emitted::{self, Cut, Shape},
};
use cloudevents::Event;
use serde::Serialize;

/// Something that Backstage did not take, in its own words.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Refusal {
    /// The entity; `None` if it is about the whole bucket object.
    #[serde(rename = "ref", skip_serializing_if = "Option::is_none")]
    pub entity: Option<String>,
    /// What Backstage says.
    pub reason: String,
    /// What to do about it, if that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub advice: Option<String>,
}

/// The content of `dev.callboard.entity.refused`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct EntityRefused {
    /// The event after which Backstage was asked.
    pub cause: Cause,
    /// The key of the bucket object.
    pub key: String,
    /// Its ETag.
    pub etag: String,
    /// The ref of the Location by which Backstage reads it.
    pub location: String,
    /// What was refused, sorted.
    pub refused: Vec<Refusal>,
    /// Set if the list was cut.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub truncated: bool,
}

impl EntityRefused {
    /// The event about what was made of this source object. The same refusal of the same bytes gives the same id.
    ///
    /// # Errors
    /// If an attribute cannot stand in an event; none that an [`ObjectRef`] and a key make can.
    pub fn event(self, subject: &ObjectRef) -> Result<Event, String> {
        let (function, key) = (Function::Refresh, self.key.clone());
        let ty = function.reply_type();
        let said = serde_json::to_string(&(&self.etag, &self.refused)).unwrap_or_default();
        let id = Cause::new(&key, &said, ty).sha256;
        emitted::event(Shape { function, ty, id, subject: subject.to_string(), key: &key }, self)
    }
}

impl Cut for EntityRefused {
    fn cut(&mut self) -> bool {
        self.truncated = true;
        emitted::halve(&mut self.refused) || self.cause.shorten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::MAX_DATA;
    use cloudevents::AttributesReader;
    use serde_json::Value;

    fn refused(cause: &str, refusals: usize) -> Event {
        let refusal = |n| Refusal { entity: Some(format!("api:default/{n}")), reason: "x".repeat(500), advice: None };
        let refused = EntityRefused {
            cause: Cause::new("/s", cause, "t"),
            key: "entities/main/x.yaml".into(),
            etag: "\"1\"".into(),
            location: "location:default/generated-0".into(),
            refused: (0..refusals).map(refusal).collect(),
            truncated: false,
        };
        refused.event(&ObjectRef::new("workshop.kratix.io/v1", "App", Some("default"), "todo").unwrap()).unwrap()
    }

    #[test]
    fn the_same_refusal_has_the_same_id_whatever_led_to_it() {
        let event = refused("1", 1);
        assert_eq!((event.id(), event.ty()), (refused("2", 1).id(), "dev.callboard.entity.refused"));
        assert_eq!(
            (event.source().as_str(), event.subject()),
            ("/callboard/refresh", Some("app.workshop.kratix.io/default/todo"))
        );
        assert_ne!(event.id(), refused("1", 2).id());
    }

    #[test]
    fn a_thousand_refusals_are_cut() {
        let data: Value = refused("1", 1000).data().unwrap().clone().try_into().unwrap();
        assert!(data.to_string().len() <= MAX_DATA && data["truncated"] == true);
    }
}
