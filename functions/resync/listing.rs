//! Listing a kind whole, and writing what the bucket does not say of it.

use super::kinds::Compared;
use crate::{
    comparison::{Differing, Orphan, Stopped, Walk, is_asked},
    context::Context,
    kinds::{Allowance, Patience, Versions},
    per_object::PerObject,
    table,
};
use bucket::{Error, Store};
use catalog::Described;
use cluster::{Kind, Page};
use events::{Cursor, Object, Version};
use futures::future;
use tokio::task::yield_now;

/// How the list of a kind ended.
pub(super) enum Listing {
    /// It is complete as of this resourceVersion; none if the cluster does not have the kind.
    Complete(Option<String>),
    /// The slice's time is up.
    Late(Cursor),
}

/// Lists a kind, although the API server may not serve it yet, or in another version.
pub(super) async fn listed<S: Store>(
    walk: &mut Walk<'_, S>,
    kind: &Compared,
    patience: Patience,
    mut allowance: Allowance<'_>,
) -> Result<Listing, Stopped> {
    let mut versions = Versions::of(walk.run.cluster, kind.wanted(), true, patience);
    while let Some(served) = allowance.answer(versions.next()).await? {
        match of_version(walk, kind, &served, &mut allowance).await {
            Err(Stopped::List(cluster::Error::Unserved { .. })) => {}
            ended => return ended,
        }
    }
    Ok(Listing::Complete(None))
}

/// Lists the kind, in each namespace that is kept, and writes what differs while there is time.
async fn of_version<S: Store>(
    walk: &mut Walk<'_, S>,
    kind: &Compared,
    served: &Kind,
    allowance: &mut Allowance<'_>,
) -> Result<Listing, Stopped> {
    let mut version = None;
    for namespace in walk.cx.namespaces_of(served, &walk.run.request.scope) {
        match of_namespace(walk, kind, (served, namespace.as_deref()), allowance).await? {
            // The lowest: nothing that came after any of the lists is taken for older.
            Listing::Complete(listed) if version.is_none() => version = listed,
            Listing::Complete(_) => {}
            late @ Listing::Late(_) => return Ok(late),
        }
    }
    Ok(Listing::Complete(version))
}

async fn of_namespace<S: Store>(
    walk: &mut Walk<'_, S>,
    kind: &Compared,
    (served, namespace): (&Kind, Option<&str>),
    allowance: &mut Allowance<'_>,
) -> Result<Listing, Stopped> {
    let cluster = walk.run.cluster;
    let mut page = allowance.page(cluster.page(served, namespace, None)).await?;
    let version = page.resource_version.clone();
    loop {
        let next = page.next.take();
        let differing = differing(walk, kind, &page).await?;
        let (name, compared) = (kind.name.display(), walk.findings.compared);
        walk.cx.progress.now(format_args!("{name}: {compared} objects compared"));
        let (repaired, fetched) = {
            let next = async {
                match &next {
                    Some(next) => allowance.page(cluster.page(served, namespace, Some(next))).await.map(Some),
                    None => Ok(None),
                }
            };
            future::join(walk.repaired(kind.function, differing), next).await
        };
        if let Some(cursor) = walk.take(&kind.name, repaired).map_err(Stopped::Store)? {
            return Ok(Listing::Late(cursor));
        }
        match fetched? {
            Some(fetched) => page = fetched,
            None => return Ok(Listing::Complete(Some(version))),
        }
    }
}

/// What of a page the bucket does not say, in order. Takes note of all that exists. Probes are answered between objects.
async fn differing<S: Store>(walk: &mut Walk<'_, S>, kind: &Compared, page: &Page) -> Result<Vec<Differing>, Stopped> {
    let Some(per_object) = table::row(kind.function).per_object else { return Ok(Vec::new()) };
    let mut differing = Vec::new();
    for object in page.objects() {
        let object = object.map_err(|skipped| Stopped::unreadable(&skipped))?;
        yield_now().await;
        let reference = object.reference();
        if !is_asked(&walk.run.request.scope, reference.namespace(), reference.name()) {
            continue;
        }
        walk.findings.compared += 1;
        let described = described(walk, &per_object, &object).await.map_err(|error| Stopped::Store(error.into()))?;
        let key = described.key.to_string();
        if described.failure().is_some() {
            walk.leave(&kind.name, &described);
            continue;
        }
        let described = walk.claimed(&kind.name, &key, described);
        if described.descriptor.is_none() && walk.listing.contains_key(&key) {
            walk.findings.omitted.extend(described.omitted);
            walk.bare.extend(orphan(walk.cx, kind, &key, object.version()));
            walk.live.insert(key);
            continue;
        }
        let position = position(&object);
        if !walk.is_there(&key, &described) && walk.is_ahead(&kind.name, &position) {
            let (reference, version) = (object.reference().clone(), object.version());
            differing.push(Differing { reference, version, described, position });
        }
        walk.live.insert(key);
    }
    differing.sort_by(|a, b| a.position.cmp(&b.position));
    Ok(differing)
}

/// What is stored of an object that has no entity any more. Its guard decides.
fn orphan<S>(cx: &Context<S>, kind: &Compared, key: &str, version: Version) -> Option<Orphan> {
    let located = cx.settings.layout.read(key)?;
    Some(Orphan { located, kind: kind.name.clone(), function: kind.function, listed: None, bare: Some(version) })
}

/// What an object means. If the listing has something else, it may be older than the System of the namespace is.
async fn described<S: Store>(walk: &Walk<'_, S>, of: &PerObject, object: &Object) -> Result<Described, Error> {
    let listed = walk.listed_system(object.reference());
    let described = (of.describe)(object, listed.as_ref(), &walk.cx.settings);
    if walk.is_there(&described.key.to_string(), &described) {
        return Ok(described);
    }
    let system = walk.cx.system_of(object.reference()).await?;
    Ok(if system == listed { described } else { (of.describe)(object, system.as_ref(), &walk.cx.settings) })
}

/// `[<namespace>/]<name>`: the order in which the API server lists.
fn position(object: &Object) -> String {
    let reference = object.reference();
    reference.namespace().map(|namespace| format!("{namespace}/")).unwrap_or_default() + reference.name()
}
