//! What the functions share: their surroundings, and the way of an event that concerns one bucket object.

use bucket::{Bucket, Outcome, Store, Synced, Wanted};
use catalog::{Described, Notes, Settings};
use events::{Arrival, Cataloged, Change, Function, Nack, Nothing, Object, ObjectChange, Refused, Reply, Verdict};
use runtime::EntityCounter;

/// The surroundings of a function.
#[derive(Debug)]
pub struct Context<S> {
    /// What the platform engineer decides about entities.
    pub settings: Settings,
    /// The bucket that Backstage reads.
    pub bucket: Bucket<S>,
    entities: EntityCounter,
}

impl<S: Store> Context<S> {
    /// The surroundings, with nothing counted yet.
    pub fn new(settings: Settings, bucket: Bucket<S>) -> Self {
        Self { settings, bucket, entities: EntityCounter::new() }
    }

    /// Makes the one bucket object of the event's source what `describe` says: think, sync, reply.
    ///
    /// # Errors
    /// If the bucket cannot be brought in line.
    pub async fn keep(
        &self,
        function: Function,
        arrival: Arrival,
        describe: fn(&Object, &Settings) -> Described,
    ) -> Verdict {
        let (object, described) = match &arrival.change {
            Change::Applied(object) => {
                let think = tracing::info_span!("think");
                (object, think.in_scope(|| describe(object, &self.settings)))
            }
            Change::Deleted(object) => (object, Described::nothing(object, &self.settings, Notes::default())),
            Change::Touched(_) | Change::Gone(_) => return Ok(Reply::Nothing(Nothing::Unresolved)),
        };
        let wanted = match (&arrival.change, &described.descriptor) {
            (Change::Deleted(_), _) => Wanted::Gone,
            (_, Some(descriptor)) => Wanted::Is(descriptor),
            (_, None) => Wanted::Nothing,
        };
        let synced = self.bucket.sync(&described.key, wanted, &object.version(), &arrival.cause.sha256).await?;
        if let Synced::Changed(outcome) = &synced {
            self.count(outcome, &described);
        }
        match synced {
            Synced::Changed(outcome) | Synced::Repeated(outcome) => reply(function, arrival, described, outcome),
            Synced::Unchanged if described.descriptor.is_none() && !described.refused.is_empty() => {
                reply(function, arrival, described, Outcome::default())
            }
            Synced::Unchanged => Ok(Reply::Nothing(Nothing::Unchanged)),
            Synced::Stale => Ok(Reply::Nothing(Nothing::Stale)),
        }
    }

    fn count(&self, outcome: &Outcome, described: &Described) {
        for change in &outcome.entities {
            self.entities.changed(change.action, 1);
        }
        if let left_out @ 1.. = described.left_out().len() as u64 {
            self.entities.refused(left_out);
        }
    }
}

fn reply(function: Function, arrival: Arrival, described: Described, outcome: Outcome) -> Verdict {
    let subject = arrival.change.object().clone();
    for ignored in &described.ignored {
        tracing::warn!(k8s.object = %subject, field = ignored.field, reason = ignored.reason, "a wish is ignored");
    }
    let left_out = described.left_out();
    for Refused { entity, reason } in &described.refused {
        let what = if left_out.contains(entity.as_str()) { "an entity" } else { "a part of an entity" };
        tracing::warn!(k8s.object = %subject, entity, reason, "{what} is left out");
    }
    let key = described.key.to_string();
    let changes = match outcome.entities.is_empty() {
        true => Vec::new(),
        false => vec![ObjectChange { key: key.clone(), entities: outcome.entities }],
    };
    let Described { refused, ignored, .. } = described;
    let cataloged = Cataloged { cause: arrival.cause, changes, refused, ignored, truncated: outcome.truncated };
    cataloged.event(function, &subject, &key).map(|event| Reply::Changed(Box::new(event))).map_err(Nack::Reject)
}
