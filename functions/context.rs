//! What the functions share: their surroundings, and the way of an event that concerns one bucket object.

use crate::{clock::Clock, mesh::Index, now::Now, refresh::Refresh, resync::Pace};
use bucket::{Bucket, Outcome, Store, Synced, Wanted};
use catalog::{Described, Key, Located, Settings};
use cluster::Cluster;
use events::{Cataloged, Cause, Function, Nack, Nothing, Object, ObjectChange, ObjectRef, Omitted, Reply, Verdict};
use runtime::{DeadLetters, DriftCounter, EntityCounter, Sink};
use std::{collections::BTreeSet, sync::Arc};

/// The surroundings of a function.
pub struct Context<S> {
    /// What the platform engineer decides about entities.
    pub settings: Settings,
    /// The bucket that Backstage reads.
    pub bucket: Bucket<S>,
    /// The cluster, where there is one to ask.
    pub cluster: Option<Cluster>,
    /// Where events go that are no replies.
    pub sink: Option<Sink>,
    /// What the Broker could not deliver.
    pub dead_letters: DeadLetters,
    /// What differed between cluster and bucket.
    pub drift: DriftCounter,
    /// Which namespaces are kept; `None`: all.
    pub namespaces: Option<BTreeSet<String>>,
    /// How `resync` paces its runs.
    pub pace: Pace,
    /// The event mesh, as `mesh` keeps it.
    pub mesh: Index,
    /// Backstage, where it is told.
    pub refresh: Option<Arc<Refresh>>,
    pub(crate) clock: Clock,
    entities: EntityCounter,
}

/// How a function makes entities of an object.
pub type Describe = fn(&Object, &Settings) -> Described;

/// How this function makes entities of an object; `None` if it makes none.
pub fn describing(function: Function) -> Option<Describe> {
    match function {
        Function::Apps => Some(catalog::kratix::request::describe),
        Function::Promises => Some(catalog::kratix::promise::describe),
        Function::Mesh | Function::Resync | Function::Refresh => None,
    }
}

impl<S> Context<S> {
    /// Of which source object a key is; the version of its apiVersion, which no key holds, is `v1`.
    pub(crate) fn object_at(&self, key: &str) -> Option<(ObjectRef, Key)> {
        let Located { key, group, kind, namespace, name } = self.settings.layout.read(key)?;
        let api_version = if group.is_empty() { "v1".to_owned() } else { format!("{group}/v1") };
        Some((ObjectRef::new(&api_version, &kind, namespace.as_deref(), &name).ok()?, key))
    }
}

impl<S: Store> Context<S> {
    /// The surroundings without a cluster and a sink, with nothing counted yet.
    pub fn new(settings: Settings, bucket: Bucket<S>) -> Self {
        Self {
            mesh: Index::new(settings.clone()),
            settings,
            bucket,
            cluster: None,
            sink: None,
            dead_letters: DeadLetters::new(),
            drift: DriftCounter::new(),
            namespaces: None,
            pace: Pace::default(),
            refresh: None,
            clock: Clock::default(),
            entities: EntityCounter::new(),
        }
    }

    /// The same with a cluster to ask, if there is one.
    pub fn with_cluster(self, cluster: impl Into<Option<Cluster>>) -> Self {
        Self { cluster: cluster.into(), ..self }
    }

    /// The same with a sink, if there is one.
    pub fn with_sink(self, sink: impl Into<Option<Sink>>) -> Self {
        Self { sink: sink.into(), ..self }
    }

    /// The same with a Backstage to tell, if there is one.
    pub fn with_refresh(self, refresh: impl Into<Option<Refresh>>) -> Self {
        Self { refresh: refresh.into().map(Arc::new), ..self }
    }

    /// The same with only these namespaces kept; none: all.
    pub fn with_namespaces(self, namespaces: impl IntoIterator<Item = String>) -> Self {
        let namespaces: BTreeSet<_> = namespaces.into_iter().collect();
        Self { namespaces: (!namespaces.is_empty()).then_some(namespaces), ..self }
    }

    /// The same with another pace.
    pub fn with_pace(self, pace: Pace) -> Self {
        Self { pace, ..self }
    }

    /// The same with another clock.
    pub fn with_clock(self, clock: Clock) -> Self {
        Self { clock, ..self }
    }

    /// The same with a mesh that is made of events alone: nothing of it is listed, nothing is compared.
    pub fn with_mesh_of_events(self) -> Self {
        self.mesh.opened();
        self
    }

    /// What a live object means to this function; `None` if nothing. The mesh takes it in.
    pub(crate) fn described(&self, function: Function, object: &Object) -> Option<Described> {
        match function {
            Function::Mesh => Some(self.mesh.told(object)),
            _ => describing(function).map(|describe| describe(object, &self.settings)),
        }
    }

    /// Makes the one bucket object of a source object what that means now, and replies.
    ///
    /// # Errors
    /// If the bucket cannot be brought in line.
    pub async fn keep(&self, function: Function, cause: Cause, now: Now) -> Verdict {
        let Some(describe) = describing(function) else { return Ok(Reply::Nothing(Nothing::NotOurs)) };
        let (described, synced) = self.bring(describe, &now, &cause.sha256).await?;
        match synced {
            Synced::Changed(outcome) | Synced::Repeated(outcome) => {
                reply(function, cause, now.object(), described, outcome)
            }
            Synced::Unchanged if described.descriptor.is_none() && !described.omitted.is_empty() => {
                reply(function, cause, now.object(), described, Outcome::default())
            }
            Synced::Unchanged => Ok(Reply::Nothing(Nothing::Unchanged)),
            Synced::Late => Ok(Reply::Nothing(Nothing::Late)),
        }
    }

    /// Think, sync, count. `cause` is the hash of the event that leads to it.
    async fn bring(&self, describe: Describe, now: &Now, cause: &str) -> Result<(Described, Synced), bucket::Error> {
        let described = tracing::info_span!("think").in_scope(|| now.described(describe, &self.settings));
        let wanted = match (now, &described.descriptor) {
            (Now::Gone(..), _) => Wanted::Gone,
            (Now::Is(_), Some(descriptor)) => Wanted::Is(descriptor),
            (Now::Is(_), None) => Wanted::Nothing,
        };
        let synced = self.bucket.sync(&described.key, wanted, &now.version(), cause).await?;
        if let Synced::Changed(outcome) = &synced {
            self.count(outcome, &described);
        }
        Ok((described, synced))
    }

    /// Counts what became of entities.
    pub(crate) fn count(&self, outcome: &Outcome, described: &Described) {
        for change in &outcome.entities {
            self.entities.changed(change.action, 1);
        }
        if let left_out @ 1.. = described.left_out().len() as u64 {
            self.entities.omitted(left_out);
        }
    }
}

/// Logs what was asked for in vain, and what is left out.
pub(crate) fn warn(subject: &ObjectRef, described: &Described) {
    for invalid in &described.invalid_overrides {
        let (field, reason) = (&invalid.field, &invalid.reason);
        tracing::warn!(k8s.object = %subject, field, reason, "an override is not valid and was not applied");
    }
    let left_out = described.left_out();
    for Omitted { entity, reason } in &described.omitted {
        let what = if left_out.contains(entity.as_str()) { "an entity" } else { "a part of an entity" };
        tracing::warn!(k8s.object = %subject, entity, reason, "{what} is left out");
    }
}

fn reply(function: Function, cause: Cause, subject: &ObjectRef, described: Described, outcome: Outcome) -> Verdict {
    warn(subject, &described);
    let key = described.key.to_string();
    let changes = match outcome.entities.is_empty() {
        true => Vec::new(),
        false => vec![ObjectChange { key: key.clone(), entities: outcome.entities }],
    };
    let Described { omitted, invalid_overrides, .. } = described;
    let cataloged = Cataloged { cause, changes, omitted, invalid_overrides, truncated: outcome.truncated };
    cataloged.event(function, subject, &key).map(|event| Reply::Changed(Box::new(event))).map_err(Nack::Reject)
}
