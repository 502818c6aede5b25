//! The repair of one object.

use super::walk::{Mode, Walk};
use bucket::{Error, Outcome, Store, Synced, Wanted};
use catalog::Described;
use events::{DriftReason, Function, Nack, ObjectRef, Version};

/// An object that the bucket describes otherwise.
pub(crate) struct Differing {
    pub(crate) reference: ObjectRef,
    pub(crate) version: Version,
    pub(crate) described: Described,
    pub(crate) position: String,
}

/// How the bucket differed, and what was done about it; `None` if it does not differ after all.
pub(crate) type Repaired = Option<(DriftReason, Outcome)>;

impl<S: Store> Walk<'_, S> {
    /// Repairs one object, or only looks how it differs.
    pub(crate) async fn repair(&self, function: Function, differing: &Differing) -> Result<Repaired, Nack> {
        match self.run.mode {
            Mode::Repair => {
                self.cx.progress.now(format_args!("writing {}", differing.reference));
                self.write(function, differing).await
            }
            Mode::Look => self.look(differing).await,
        }
    }

    async fn write(&self, function: Function, differing: &Differing) -> Result<Repaired, Nack> {
        let key = differing.described.key.to_string();
        let reason = if self.listing.contains_key(&key) { DriftReason::Outdated } else { DriftReason::Missing };
        if differing.described.descriptor.is_none() {
            match self.cx.bucket.object(&differing.described.key).await? {
                None => return Ok(None),
                Some(stored) if !stored.is_managed => return Ok(Some((DriftReason::Unmanaged, Outcome::default()))),
                Some(_) => {}
            }
        }
        match self.sync(&differing.described, &differing.version).await? {
            Synced::Changed(outcome) | Synced::Repeated(outcome) => Ok(Some((reason, outcome))),
            Synced::Unchanged => Ok(None),
            Synced::Late => self.rewound(function, differing).await,
        }
    }

    async fn sync(&self, described: &Described, version: &Version) -> Result<Synced, Error> {
        self.cx.bucket.repair(&described.key, wanted(described), version, &self.run.request.cause.sha256).await
    }

    /// The bucket knows a newer state, or a deletion. Either the list is outdated by now, which a GET shows. Or the cluster was
    /// restored and counts its versions again: what was stored BEFORE the GET and is newer than what that shows cannot be.
    async fn rewound(&self, function: Function, differing: &Differing) -> Result<Repaired, Nack> {
        let (key, reference) = (&differing.described.key, &differing.reference);
        let standing = self.cx.bucket.object(key).await?;
        let Some(live) = self.run.cluster.get(reference).await? else { return Ok(None) };
        let Some(described) = self.cx.described(function, &live).await? else { return Ok(None) };
        let described = self.without_taken(described);
        let is_ahead = standing.is_none_or(|stored| live.version().is_before(&stored.version));
        let outcome = match self.sync(&described, &live.version()).await? {
            Synced::Changed(outcome) | Synced::Repeated(outcome) => return Ok(Some((DriftReason::Outdated, outcome))),
            Synced::Late if is_ahead => {
                let (wanted, cause) = (wanted(&described), &self.run.request.cause.sha256);
                match self.cx.bucket.rewind(key, wanted, &live.version(), cause).await? {
                    Synced::Changed(outcome) | Synced::Repeated(outcome) => outcome,
                    Synced::Unchanged | Synced::Late => return Ok(None),
                }
            }
            Synced::Unchanged | Synced::Late => return Ok(None),
        };
        self.look_again(function, reference).await?;
        Ok(Some((DriftReason::Rewound, outcome)))
    }

    /// Looks at an object once more after a rewind: what happened to it since the GET before was taken for late.
    pub(crate) async fn look_again(&self, function: Function, reference: &ObjectRef) -> Result<(), Nack> {
        match self.run.cluster.named(reference).await? {
            cluster::Named::There(live) => {
                let Some(described) = self.cx.described(function, &live).await? else { return Ok(()) };
                self.sync(&self.without_taken(described), &live.version()).await?;
            }
            cluster::Named::Absent { resource_version } => {
                let deleted = Version { uid: String::new(), resource_version };
                if function == Function::Mesh {
                    self.cx.mesh.delete(reference, &deleted);
                }
                // The reference may be made of a key, which does not say in which case the kind is.
                let key = self.cx.settings.layout.key(reference).of_any_case();
                let cause = &self.run.request.cause.sha256;
                self.cx.bucket.repair(&key, Wanted::Deleted, &deleted, cause).await?;
            }
        }
        Ok(())
    }

    async fn look(&self, differing: &Differing) -> Result<Repaired, Nack> {
        let standing = self.cx.bucket.object(&differing.described.key).await?;
        let wanted = differing.described.descriptor.as_ref();
        let reason = match standing {
            None if wanted.is_none() => return Ok(None),
            None => DriftReason::Missing,
            Some(stored) if !stored.is_managed && wanted.is_none() => DriftReason::Unmanaged,
            Some(stored) if wanted.is_some_and(|wanted| stored.sha256 == wanted.sha256()) => return Ok(None),
            Some(stored) if differing.version.is_before(&stored.version) => {
                // Either an event came since the list, or the cluster counts its versions again.
                match self.run.cluster.get(&differing.reference).await? {
                    Some(live) if live.version().is_before(&stored.version) => DriftReason::Rewound,
                    _ => return Ok(None),
                }
            }
            Some(_) => DriftReason::Outdated,
        };
        Ok(Some((reason, Outcome::default())))
    }
}

fn wanted(described: &Described) -> Wanted<'_> {
    described.descriptor.as_ref().map_or(Wanted::Nothing, Wanted::Is)
}
