//! The event that reports held deletions.

use crate::{
    Cause, Function,
    emitted::{self, Cut, Shape},
    run,
};
use cloudevents::Event;
use serde::Serialize;

/// The type of [`Held`].
pub const HELD: &str = "dev.callboard.deletion.held";

/// The content of `dev.callboard.deletion.held`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Held {
    /// The event that led to the run.
    pub cause: Cause,
    /// What `dev.callboard.deletion.approved` must name: the id of these very deletions, or the uid of the cluster.
    pub id: String,
    /// The kind: `<kind>.<group>`, in lower case; `None` if it is about all kinds, or about the cluster.
    pub kind: Option<String>,
    /// How many bucket objects would be deleted.
    pub deletions: u64,
    /// Of how many.
    pub of: u64,
    /// Their keys.
    pub keys: Vec<String>,
    /// Why they are held, in one sentence, and what approves them.
    pub reason: String,
    /// Set if the list was cut.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub truncated: bool,
}

impl Held {
    /// The event of the function that holds them, as in [`crate::Resynced`]; its id is the same as long as the same deletions
    /// are held.
    ///
    /// # Errors
    /// If an attribute cannot stand in an event.
    pub fn event(self, function: Function, cluster: &str, root: &str) -> Result<Event, String> {
        emitted::event(Shape { function, ..run::shape(HELD, self.id.clone(), cluster, root) }, self)
    }
}

impl Cut for Held {
    fn cut(&mut self) -> bool {
        self.truncated = true;
        emitted::halve(&mut self.keys) || self.cause.shorten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::MAX_DATA;
    use serde_json::Value;

    #[test]
    fn ten_thousand_held_keys_fit_and_their_number_stays_true() {
        let keys =
            (0..10_000).map(|n| format!("entities/main/marketplace.kratix.io/app/default/{n:0>40}.yaml")).collect();
        let held = Held {
            cause: Cause::new("/s", "1", "t"),
            id: "x".into(),
            kind: None,
            deletions: 10_000,
            of: 10_000,
            keys,
            reason: "many".into(),
            truncated: false,
        };
        let event = held.event(Function::Mesh, "main", "entities/main").unwrap();
        let data: Value = event.data().unwrap().clone().try_into().unwrap();
        assert!(data.to_string().len() <= MAX_DATA);
        assert_eq!((&data["truncated"], &data["deletions"]), (&true.into(), &10_000.into()));
    }
}
