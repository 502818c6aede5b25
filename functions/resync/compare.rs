//! Listing a kind whole, and writing what the bucket does not say of it.

use super::{
    findings::Findings,
    kinds::{Compared, Named},
    run::Mode,
    scope::is_asked,
};
use crate::context::{Context, describing};
use bucket::{Error, Outcome, Store, Synced, Wanted};
use catalog::{Described, Descriptor, EntityRef};
use cluster::{Cluster, Kind, Page};
use events::{Cursor, DriftReason, Function, Nack, Object, ObjectRef, Omitted, ResyncRequest, Version};
use futures::{StreamExt, future, stream};
use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    time::Instant,
};

/// How many objects are written at once.
pub(crate) const AT_ONCE: usize = 64;

pub(crate) const UNMANAGED: &str = "Callboard did not write it";

/// The walk over the kinds of one slice.
pub(crate) struct Walk<'a, S> {
    pub(crate) cx: &'a Context<S>,
    /// Who compares.
    pub(crate) who: Function,
    pub(crate) cluster: &'a Cluster,
    pub(crate) request: &'a ResyncRequest,
    pub(crate) mode: Mode,
    pub(crate) until: Instant,
    /// The bucket, as it was before the cluster was listed.
    pub(crate) listing: &'a BTreeMap<String, String>,
    pub(crate) findings: Findings,
    /// The keys of all objects that live.
    pub(crate) live: BTreeSet<String>,
    /// Which key has which entity.
    taken: HashMap<String, String>,
    acted: usize,
}

/// How the list of a kind ended.
pub(crate) enum Listing {
    /// It is complete as of this resourceVersion; none where the kind is gone.
    Complete(Option<String>),
    /// The slice's time is up.
    Late(Cursor),
}

/// Why a list came to no end.
pub(crate) enum Stopped {
    /// It concerns the kind alone.
    List(cluster::Error),
    /// So does this: it lists something of which no key can be made, so that what is not in the list may still live.
    Unreadable(String),
    /// The store is down.
    Store(Nack),
}

impl From<cluster::Error> for Stopped {
    fn from(error: cluster::Error) -> Self {
        Self::List(error)
    }
}

/// How the repair of one object ended.
pub(crate) enum Ended {
    Repaired(DriftReason, Outcome),
    AsItWas,
    Failed(String),
    /// The slice's time was up before.
    Late,
}

impl From<Result<Option<(DriftReason, Outcome)>, Nack>> for Ended {
    fn from(repaired: Result<Option<(DriftReason, Outcome)>, Nack>) -> Self {
        match repaired {
            Ok(Some((reason, outcome))) => Self::Repaired(reason, outcome),
            Ok(None) => Self::AsItWas,
            Err(nack) => Self::Failed(nack.to_string()),
        }
    }
}

/// An object of which the bucket says something else.
pub(crate) struct Differing {
    pub(crate) reference: ObjectRef,
    pub(crate) version: Version,
    pub(crate) described: Described,
    pub(crate) position: String,
}

impl<'a, S: Store> Walk<'a, S> {
    pub(crate) fn new(
        cx: &'a Context<S>,
        who: Function,
        cluster: &'a Cluster,
        request: &'a ResyncRequest,
        mode: Mode,
        until: Instant,
        listing: &'a BTreeMap<String, String>,
    ) -> Self {
        let (findings, live, taken) = (Findings::default(), BTreeSet::new(), HashMap::new());
        Self { cx, who, cluster, request, mode, until, listing, findings, live, taken, acted: 0 }
    }

    /// Lists the kind, in each namespace that is kept, and writes what differs while there is time.
    pub(crate) async fn kind(&mut self, kind: &Compared, served: &Kind) -> Result<Listing, Stopped> {
        let mut version = None;
        for namespace in self.cx.namespaces_of(served, &self.request.scope) {
            match self.namespace(kind, served, namespace.as_deref()).await? {
                // The lowest: nothing that came after any of the lists is taken for older.
                Listing::Complete(listed) if version.is_none() => version = listed,
                Listing::Complete(_) => {}
                late => return Ok(late),
            }
        }
        Ok(Listing::Complete(version))
    }

    async fn namespace(&mut self, kind: &Compared, served: &Kind, namespace: Option<&str>) -> Result<Listing, Stopped> {
        let (cluster, mut page) = (self.cluster, self.cluster.page(served, namespace, None).await?);
        let version = page.resource_version.clone();
        loop {
            if let Some(skipped) = page.skipped.pop() {
                return Err(Stopped::Unreadable(format!("{} is no object: {}", skipped.name, skipped.reason)));
            }
            let next = page.next.take();
            let differing = self.differing(kind, page);
            let (repaired, fetched) = {
                let next = async {
                    match &next {
                        Some(next) => cluster.page(served, namespace, Some(next)).await.map(Some),
                        None => Ok(None),
                    }
                };
                future::join(self.repaired(kind.function, differing), next).await
            };
            if let Some(cursor) = self.take(&kind.named, repaired).map_err(Stopped::Store)? {
                return Ok(Listing::Late(cursor));
            }
            match fetched? {
                Some(fetched) => page = fetched,
                None => return Ok(Listing::Complete(Some(version))),
            }
        }
    }

    /// What of a page the bucket does not say, in order; takes note of all that lives.
    fn differing(&mut self, kind: &Compared, page: Page) -> Vec<Differing> {
        let Some(describe) = describing(kind.function) else { return Vec::new() };
        let mut differing = Vec::new();
        for object in page.objects {
            let reference = object.reference();
            if !is_asked(&self.request.scope, reference.namespace(), reference.name()) {
                continue;
            }
            self.findings.compared += 1;
            let described = describe(&object, &self.cx.settings);
            let key = described.key.to_string();
            let described = self.claimed(&kind.named, &key, described);
            let position = position(&object);
            if !self.is_there(&key, &described) && self.is_ahead(kind, &position) {
                let (reference, version) = (object.reference().clone(), object.version());
                differing.push(Differing { reference, version, described, position });
            }
            self.live.insert(key);
        }
        differing.sort_by(|a, b| a.position.cmp(&b.position));
        differing
    }

    /// Claims the refs of its entities for this key, and leaves out those that a key before it has.
    pub(crate) fn claimed(&mut self, kind: &Named, key: &str, described: Described) -> Described {
        let described = self.without_taken(described);
        for Omitted { entity, .. } in &described.omitted {
            let Some(first) = self.taken.get(entity.as_str()).filter(|first| *first != key) else { continue };
            let detail = format!("{entity} belongs to {first} already, and is left out here");
            self.findings.drifted(DriftReason::Collision, &kind.display(), Some(key), detail);
        }
        for entity in described.descriptor.iter().flat_map(Descriptor::entities) {
            self.taken.entry(entity.to_string()).or_insert_with(|| key.to_owned());
        }
        described
    }

    /// Leaves out entities whose ref another key has.
    pub(crate) fn without_taken(&self, described: Described) -> Described {
        let key = described.key.to_string();
        let is_taken = |entity: &&EntityRef| self.taken.get(entity.as_str()).is_some_and(|first| *first != key);
        let entities = described.descriptor.iter().flat_map(Descriptor::entities);
        let taken: BTreeSet<_> = entities.filter(is_taken).cloned().collect();
        if taken.is_empty() { described } else { described.without(&taken) }
    }

    pub(crate) fn is_there(&self, key: &str, described: &Described) -> bool {
        match (self.listing.get(key), &described.descriptor) {
            (Some(etag), Some(descriptor)) => *etag == bucket::etag_of(descriptor),
            (None, None) => true,
            _ => false,
        }
    }

    /// Whether earlier slices did not come so far.
    fn is_ahead(&self, kind: &Compared, position: &str) -> bool {
        let reached = self.request.cursor.as_ref().map(|cursor| (cursor.kind.as_str(), cursor.after.as_str()));
        reached.is_none_or(|reached| (kind.named.path.as_str(), position) > reached)
    }

    /// Where the next slice goes on: in this kind, after this position.
    pub(crate) fn cursor(&self, kind: &str, after: Option<String>) -> Cursor {
        let last = self.request.cursor.as_ref();
        let slices = last.map(|cursor| cursor.slices).unwrap_or_default().saturating_add(1);
        let reached = last.filter(|cursor| cursor.kind == kind).map(|cursor| cursor.after.clone());
        Cursor { kind: kind.to_owned(), after: after.or(reached).unwrap_or_default(), slices }
    }

    /// Whether there is time for the nth of what is to be done next. There is for some in any case, so that each slice
    /// goes on.
    pub(crate) fn has_time(&self, n: usize) -> bool {
        self.acted + n < AT_ONCE || Instant::now() < self.until
    }

    /// Whatever was written: there is time for some more.
    pub(crate) fn begin_anew(&mut self) {
        self.acted = 0;
    }

    /// Repairs as many as there is time for.
    async fn repaired(&self, function: Function, differing: Vec<Differing>) -> Vec<(Differing, Ended)> {
        let repairs = differing.into_iter().enumerate().map(|(n, it)| async move {
            let ended = if self.has_time(n) { self.repair(function, &it).await.into() } else { Ended::Late };
            (it, ended)
        });
        stream::iter(repairs).buffered(AT_ONCE).collect().await
    }

    /// Takes note of how repairs ended; the position before the first one for which there was no time.
    pub(crate) fn take(&mut self, kind: &Named, repaired: Vec<(Differing, Ended)>) -> Result<Option<Cursor>, Nack> {
        let mut after = None;
        for (Differing { reference, described, position, .. }, ended) in repaired {
            let key = described.key.to_string();
            match ended {
                Ended::Late => return Ok(Some(self.cursor(&kind.path, after))),
                Ended::Repaired(DriftReason::Unmanaged, _) => {
                    self.findings.drifted(DriftReason::Unmanaged, "", Some(&key), UNMANAGED);
                }
                Ended::Repaired(reason, outcome) => {
                    self.findings.drifted(reason, &kind.display(), Some(&key), reference.to_string());
                    if self.mode == Mode::Repair {
                        self.cx.count(&outcome, &described);
                        self.findings.changed(&key, outcome);
                        self.findings.omitted.extend(described.omitted);
                    }
                }
                Ended::AsItWas => {}
                Ended::Failed(why) => self.findings.failed(&key, &why),
            }
            self.acted += 1;
            after = Some(position);
            // The mesh comes to its end: what fails is owed.
            if self.who == Function::Resync && self.findings.is_failing() {
                return self.given_up(kind, after).map(Some);
            }
        }
        Ok(None)
    }

    /// So much fails that it is better to come back: to the start where nothing went well, since the store is down.
    fn given_up(&self, kind: &Named, after: Option<String>) -> Result<Cursor, Nack> {
        match self.findings.failed.last() {
            Some(failed) if self.findings.changes.is_empty() => Err(Nack::Retry(failed.reason.clone())),
            _ => Ok(self.cursor(&kind.path, after)),
        }
    }

    /// How the bucket differed, and what was done about it; `None` if it does not differ after all.
    pub(crate) async fn repair(
        &self,
        function: Function,
        differing: &Differing,
    ) -> Result<Option<(DriftReason, Outcome)>, Nack> {
        match self.mode {
            Mode::Repair => self.write(function, differing).await,
            Mode::Look => self.look(differing).await,
        }
    }

    async fn write(&self, function: Function, differing: &Differing) -> Result<Option<(DriftReason, Outcome)>, Nack> {
        let key = differing.described.key.to_string();
        let reason = if self.listing.contains_key(&key) { DriftReason::Outdated } else { DriftReason::Missing };
        if differing.described.descriptor.is_none() {
            match self.cx.bucket.standing(&differing.described.key).await? {
                None => return Ok(None),
                Some(stored) if !stored.ours => return Ok(Some((DriftReason::Unmanaged, Outcome::default()))),
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
        self.cx.bucket.repair(&described.key, wanted(described), version, &self.request.cause.sha256).await
    }

    /// The bucket knows a newer state, or a deletion. Either the list is old by now, which a GET tells; or the cluster
    /// counts anew, since it was restored: what stood there BEFORE the GET and is newer than what that shows cannot be.
    async fn rewound(&self, function: Function, differing: &Differing) -> Result<Option<(DriftReason, Outcome)>, Nack> {
        let (key, reference) = (&differing.described.key, &differing.reference);
        let standing = self.cx.bucket.standing(key).await?;
        let Some(live) = self.cluster.get(reference).await? else { return Ok(None) };
        let Some(described) = self.cx.described(function, &live) else { return Ok(None) };
        let described = self.without_taken(described);
        let is_ahead = standing.is_none_or(|stored| live.version().is_before(&stored.version));
        let outcome = match self.sync(&described, &live.version()).await? {
            Synced::Changed(outcome) | Synced::Repeated(outcome) => return Ok(Some((DriftReason::Outdated, outcome))),
            Synced::Late if is_ahead => {
                let (wanted, cause) = (wanted(&described), &self.request.cause.sha256);
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

    /// After a rewind: what happened to the object since the GET before it was taken for late.
    pub(crate) async fn look_again(&self, function: Function, reference: &ObjectRef) -> Result<(), Nack> {
        match self.cluster.named(reference).await? {
            cluster::Named::There(live) => {
                let Some(described) = self.cx.described(function, &live) else { return Ok(()) };
                self.sync(&self.without_taken(described), &live.version()).await?;
            }
            cluster::Named::Gone { resource_version } => {
                let gone = Version { uid: String::new(), resource_version };
                if function == Function::Mesh {
                    self.cx.mesh.gone(reference, &gone);
                }
                let (key, cause) = (self.cx.settings.layout.key(reference), &self.request.cause.sha256);
                self.cx.bucket.repair(&key, Wanted::Gone, &gone, cause).await?;
            }
        }
        Ok(())
    }

    async fn look(&self, differing: &Differing) -> Result<Option<(DriftReason, Outcome)>, Nack> {
        let standing = self.cx.bucket.standing(&differing.described.key).await?;
        let wanted = differing.described.descriptor.as_ref();
        let reason = match standing {
            None if wanted.is_none() => return Ok(None),
            None => DriftReason::Missing,
            Some(stored) if !stored.ours && wanted.is_none() => DriftReason::Unmanaged,
            Some(stored) if wanted.is_some_and(|wanted| stored.sha256 == wanted.sha256()) => return Ok(None),
            Some(stored) if differing.version.is_before(&stored.version) => {
                // Either an event came since the list, or the cluster counts anew.
                match self.cluster.get(&differing.reference).await? {
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

/// `[<namespace>/]<name>`: the order in which the API server lists.
fn position(object: &Object) -> String {
    let reference = object.reference();
    reference.namespace().map(|namespace| format!("{namespace}/")).unwrap_or_default() + reference.name()
}
