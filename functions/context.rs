//! What the functions share: their surroundings, and how the change of one object becomes one bucket object.

use crate::{
    clock::Clock,
    kinds::Hanging,
    mesh::Index,
    now::{Now, Observer, nothing},
    per_object::PerObject,
    progress::Progress,
    reads::Reads,
    refresh::Refresh,
    resync::Pace,
    systems::Systems,
    table,
};
use bucket::{Bucket, Error, Outcome, Store, Synced, Wanted};
use catalog::{Described, Key, Located, Settings};
use cluster::Cluster;
use events::{
    Arrival, Cataloged, Cause, Change, Function, Nack, Nothing, Object, ObjectChange, ObjectRef, Omitted, Reply,
    Verdict,
};
use runtime::{DeadLetters, DriftCounter, EntityCounter, Sink};
use std::{collections::BTreeSet, sync::Arc};

/// The surroundings of a function.
pub struct Context<S> {
    /// What the platform engineer decides about entities.
    pub settings: Settings,
    /// The bucket that Backstage reads.
    pub bucket: Bucket<S>,
    /// The cluster, if there is one to ask.
    pub cluster: Option<Cluster>,
    /// Where events go that are not replies.
    pub sink: Option<Sink>,
    /// Counts what the Broker could not deliver.
    pub dead_letters: DeadLetters,
    /// Counts what differed between cluster and bucket.
    pub drift: DriftCounter,
    /// The namespaces that are cataloged; `None`: all.
    pub namespaces: Option<BTreeSet<String>>,
    /// How `resync` paces its runs.
    pub pace: Pace,
    /// The event mesh, as `mesh` keeps it.
    pub mesh: Index,
    /// Notifies Backstage, if there is one.
    pub refresh: Option<Arc<Refresh>>,
    /// What a long run does now.
    pub progress: Progress,
    /// The kinds of which a list does not end in time.
    pub(crate) hanging: Hanging,
    /// The kinds of which single objects are not read in time.
    pub(crate) hanging_objects: Hanging,
    reads: Reads,
    pub(crate) clock: Clock,
    pub(crate) systems: Systems,
    entities: EntityCounter,
}

impl<S> Context<S> {
    /// The source object of a key. No key holds the version of its apiVersion, so that is `v1`.
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
            progress: Progress::default(),
            hanging: Hanging::default(),
            hanging_objects: Hanging::default(),
            reads: Reads::default(),
            clock: Clock::default(),
            systems: Systems::default(),
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

    /// The same with a Backstage to notify, if there is one.
    pub fn with_refresh(self, refresh: impl Into<Option<Refresh>>) -> Self {
        Self { refresh: refresh.into().map(Arc::new), ..self }
    }

    /// The same with only these namespaces cataloged; none: all.
    pub fn with_namespaces(self, namespaces: impl IntoIterator<Item = String>) -> Self {
        let namespaces: BTreeSet<_> = namespaces.into_iter().collect();
        Self { namespaces: (!namespaces.is_empty()).then_some(namespaces), ..self }
    }

    /// The same with another pace.
    pub fn with_pace(self, pace: Pace) -> Self {
        Self { pace, ..self }
    }

    /// The same with a watched progress.
    pub fn with_progress(self, progress: Progress) -> Self {
        Self { progress, ..self }
    }

    /// The same with another clock.
    pub fn with_clock(self, clock: Clock) -> Self {
        Self { clock, ..self }
    }

    /// The same with a mesh that only events fill: nothing of it is listed, nothing is compared.
    pub fn with_mesh_of_events(self) -> Self {
        self.mesh.opened();
        self
    }

    /// What a live object means to this function; `None` if nothing, or if nobody can say. The mesh takes it in.
    ///
    /// # Errors
    /// If the store fails.
    pub(crate) async fn described(&self, function: Function, object: &Object) -> Result<Option<Described>, Error> {
        let described = match (function, table::row(function).per_object) {
            (Function::Mesh, _) => Some(self.mesh.described(object)),
            (_, Some(it)) => Some(self.describe(&it, object).await?),
            (_, None) => None,
        };
        Ok(described.filter(|described| described.failure().is_none()))
    }

    async fn describe(&self, of: &PerObject, object: &Object) -> Result<Described, Error> {
        let system = self.system_of(object.reference()).await?;
        Ok(tracing::info_span!("think").in_scope(|| (of.describe)(object, system.as_ref(), &self.settings)))
    }

    /// How an object is now; see [`Observer::now`].
    ///
    /// # Errors
    /// The verdict on the event.
    pub(crate) async fn now(&self, change: Change, time: Option<i64>) -> Result<Now, Verdict> {
        self.observer().now(change, time).await
    }

    fn observer(&self) -> Observer<'_> {
        Observer { cluster: self.cluster.as_ref(), clock: &self.clock, reads: &self.reads, drift: &self.drift }
    }

    /// Handles the change of one object, for a function that keeps objects one by one.
    ///
    /// # Errors
    /// If the bucket cannot be updated, or the cluster does not answer.
    pub async fn change(&self, function: Function, arrival: Arrival) -> Verdict {
        let Some(per_object) = table::row(function).per_object else { return nothing(Nothing::NotOurs) };
        let Arrival { cause, change, time, .. } = arrival;
        match (per_object.resolve)(self.observer(), change, time).await {
            Ok(now) if !self.keeps(now.object().namespace()) => nothing(Nothing::NotOurs),
            Ok(now) => self.keep(function, &per_object, cause, &now).await,
            Err(end) => end,
        }
    }

    /// Updates the bucket object of a source object to what that means now, and replies.
    async fn keep(&self, function: Function, per_object: &PerObject, cause: Cause, now: &Now) -> Verdict {
        let described = match now {
            Now::Is(object) => self.describe(per_object, object).await?,
            Now::Deleted(reference, _) => Described::empty(self.settings.layout.key(reference)),
        };
        let synced = match described.failure() {
            Some(_) => return self.left(function, cause, now.object(), described),
            None => self.sync(&described, now, &cause.sha256).await.map_err(Nack::from),
        };
        match synced {
            Ok(Synced::Changed(outcome) | Synced::Repeated(outcome)) => {
                reply(function, cause, now.object(), described, outcome).map(Reply::Changed)
            }
            Ok(Synced::Unchanged) if described.descriptor.is_none() && !described.omitted.is_empty() => {
                reply(function, cause, now.object(), described, Outcome::default()).map(Reply::Changed)
            }
            Ok(Synced::Unchanged) => nothing(Nothing::Unchanged),
            Ok(Synced::Late) => nothing(Nothing::Late),
            Err(Nack::Refused(why)) => {
                let refused = described.refused(now.object(), &self.settings, &why);
                self.left(function, cause, now.object(), refused)
            }
            Err(nack) => Err(nack),
        }
    }

    /// Syncs and counts. `cause` is the hash of the event.
    async fn sync(&self, described: &Described, now: &Now, cause: &str) -> Result<Synced, Error> {
        let wanted = match (now, &described.descriptor) {
            (Now::Deleted(..), _) => Wanted::Deleted,
            (Now::Is(_), Some(descriptor)) => Wanted::Is(descriptor),
            (Now::Is(_), None) => Wanted::Nothing,
        };
        let synced = self.bucket.sync(&described.key, wanted, &now.version(), cause).await?;
        if let Synced::Changed(outcome) = &synced {
            self.count(outcome, described);
        }
        Ok(synced)
    }

    /// The bucket stays as it is, as the reply says: the object cannot be described, or the store never takes it.
    fn left(&self, function: Function, cause: Cause, subject: &ObjectRef, described: Described) -> Verdict {
        self.count(&Outcome::default(), &described);
        reply(function, cause, subject, described, Outcome::default()).map(Reply::Omitted)
    }

    /// Counts what became of entities.
    pub(crate) fn count(&self, outcome: &Outcome, described: &Described) {
        for change in &outcome.entities {
            self.entities.changed(change.action, 1);
        }
        if let left_out @ 1.. = described.omitted_entities().len() as u64 {
            self.entities.omitted(left_out);
        }
    }
}

/// Logs the overrides that are not valid, and what is omitted.
pub(crate) fn warn(subject: &ObjectRef, described: &Described) {
    for invalid in &described.invalid_overrides {
        let (field, reason) = (&invalid.field, &invalid.reason);
        tracing::warn!(k8s.object = %subject, field, reason, "an override is not valid and was not applied");
    }
    let left_out = described.omitted_entities();
    for Omitted { entity, reason } in &described.omitted {
        let what = if left_out.contains(entity.as_str()) { "an entity" } else { "a part of an entity" };
        tracing::warn!(k8s.object = %subject, entity, reason, "{what} is omitted");
    }
}

fn reply(
    function: Function,
    cause: Cause,
    subject: &ObjectRef,
    described: Described,
    outcome: Outcome,
) -> Result<Box<cloudevents::Event>, Nack> {
    warn(subject, &described);
    let key = described.key.to_string();
    let changes = match outcome.entities.is_empty() {
        true => Vec::new(),
        false => vec![ObjectChange { key: key.clone(), entities: outcome.entities }],
    };
    let Described { omitted, invalid_overrides, .. } = described;
    let cataloged = Cataloged { cause, changes, omitted, invalid_overrides, truncated: outcome.truncated };
    cataloged.event(function, subject, &key).map(Box::new).map_err(Nack::Reject)
}
