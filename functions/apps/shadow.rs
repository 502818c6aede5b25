//! What Kratix creates for each resource request, and what names it whatever its kind: ResourceBinding and Work.

use crate::now::{Now, Observer, nothing};
use catalog::Offered;
use cluster::Cluster;
use events::{Change, Nack, Nothing, Object, ObjectRef, Verdict};

/// A kind of object that is made for a resource request, in its namespace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shadow {
    /// Made once for each request, and deleted as the last of what the request waits for.
    ResourceBinding,
    /// What a pipeline put out. It can be large and full of secrets: of one that is not at hand, the metadata is read.
    Work,
}

/// What a shadow says of its request.
struct Named {
    promise: String,
    namespace: Option<String>,
    name: String,
}

impl Shadow {
    /// Which shadow this object is; `None` if it is not one.
    pub(super) fn of(object: &ObjectRef) -> Option<Self> {
        match (object.group(), object.kind()) {
            ("platform.kratix.io", "ResourceBinding") => Some(Self::ResourceBinding),
            ("platform.kratix.io", "Work") => Some(Self::Work),
            _ => None,
        }
    }

    /// How the request is whose shadow changed; or, if that is not known, how the event ends.
    pub(super) async fn request(self, observer: Observer<'_>, change: Change) -> Result<Now, Verdict> {
        let cluster = observer.cluster.ok_or(nothing(Nothing::Unresolved))?;
        let (named, is_deleted) = match change {
            Change::Applied(shadow) => (self.named(&shadow)?, false),
            Change::Deleted(shadow) => (self.named(&shadow)?, true),
            Change::AppliedRef(reference) => {
                let shadow = self.get(cluster, &reference).await;
                let shadow = shadow.map_err(|error| observer.unanswered(&reference, error))?;
                (self.named(&shadow.ok_or(nothing(Nothing::Absent))?)?, false)
            }
            Change::DeletedRef(_) => return Err(nothing(Nothing::Absent)),
        };
        let request = named.request(observer, cluster).await?;
        if !is_deleted {
            return observer.now(Change::AppliedRef(request), None).await;
        }
        match observer.now(Change::DeletedRef(request), None).await? {
            // No other event will say that it is deleted.
            Now::Is(object) if self == Self::ResourceBinding && object.is_deleting() => {
                Err(Err(Nack::Retry(format!("{} is still being deleted", object.reference()))))
            }
            now => Ok(now),
        }
    }

    async fn get(self, cluster: &Cluster, shadow: &ObjectRef) -> Result<Option<Object>, cluster::Error> {
        match self {
            Self::ResourceBinding => cluster.get(shadow).await,
            Self::Work => cluster.get_metadata(shadow).await,
        }
    }

    fn named(self, shadow: &Object) -> Result<Named, Verdict> {
        let own = shadow.reference().namespace();
        match self {
            Self::ResourceBinding => {
                let text = |pointer: &str| {
                    let missing = || Err(Nack::Reject(format!("{} has no string at {pointer}", shadow.reference())));
                    shadow.text(pointer).map(str::to_owned).ok_or_else(missing)
                };
                let namespace = shadow.text("/spec/resourceRef/namespace").or(own).map(str::to_owned);
                Ok(Named { promise: text("/spec/promiseRef/name")?, namespace, name: text("/spec/resourceRef/name")? })
            }
            Self::Work => {
                let label = |key| shadow.label(key).map(str::to_owned);
                // That of a Promise itself has no request.
                let not_ours = || nothing(Nothing::NotOurs);
                let promise = label("kratix.io/promise-name").ok_or_else(not_ours)?;
                let name = label("kratix.io/resource-name").ok_or_else(not_ours)?;
                // Kratix v0.125 has none and creates the Work in the namespace of its request. Newer ones may not.
                let namespace = label("kratix.io/resource-namespace").or(own.map(str::to_owned));
                Ok(Named { promise, namespace, name })
            }
        }
    }
}

impl Named {
    /// The request, of the kind that its Promise offers.
    async fn request(&self, observer: Observer<'_>, cluster: &Cluster) -> Result<ObjectRef, Verdict> {
        let promise = ObjectRef::new("platform.kratix.io/v1alpha1", "Promise", None, &self.promise);
        let promise = promise.map_err(|error| Err(Nack::Reject(error.to_string())))?;
        let found = cluster.get(&promise).await.map_err(|error| observer.unanswered(&promise, error))?;
        let found = found.ok_or(nothing(Nothing::Absent))?;
        let Offered { group, version, kind, namespaced, .. } =
            Offered::by(&found).ok_or(nothing(Nothing::Unresolved))?;
        let namespace = self.namespace.as_deref().filter(|_| namespaced);
        let request = ObjectRef::new(&format!("{group}/{version}"), &kind, namespace, &self.name);
        request.map_err(|error| Err(Nack::Reject(error.to_string())))
    }
}
