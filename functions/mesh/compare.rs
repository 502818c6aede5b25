//! Comparing the index with the bucket, and writing what differs.

use super::{
    lists::{Asked, Lists},
    missing,
    pending::FoundBy,
};
use crate::{
    comparison::{AT_ONCE, Differing, Ended, Mode, Orphan, Report, Run, Walk, is_asked, located, orphans},
    context::Context,
    kinds::{KindName, mesh},
};
use bucket::Store;
use catalog::mesh::{Id, Presence, Rendered};
use events::{Cursor, Function, Version};
use futures::{StreamExt, stream};
use std::{collections::BTreeMap, time::Instant};

/// How many objects are looked at before those that differ are written, and others have their turn.
const CHUNK: usize = 500;

/// What is compared: all of it as it was read, the bucket first.
pub(super) struct Compared<'a> {
    pub(super) run: Run<'a>,
    pub(super) until: Instant,
    pub(super) asked: Asked<'a>,
}

/// What of the index is not as in the bucket.
#[derive(Default)]
struct Found {
    differing: Vec<Id>,
    /// What has no entity any more: its guard allows the deletion, or holds it.
    bare: Vec<(Id, Version)>,
}

/// Writes what differs as long as there is time. Then removes what no existing object has.
///
/// What is in the bucket stays as it is if something is unread that it describes.
pub(super) async fn compare<S: Store>(cx: &Context<S>, compared: &Compared<'_>, lists: &mut Lists) -> Report {
    let Compared { run, until, asked } = compared;
    let mut walk = Walk::new(cx, *run, asked.listing, *until);
    walk.findings = std::mem::take(&mut lists.findings);
    doubt(&walk, asked, lists).await;
    let (mut bare, mut late) = (Vec::new(), None);
    'kinds: for (named, mut ids) in by_kind(cx.mesh.ids()) {
        ids.retain(|id| named.is_in(&run.request.scope) && !lists.held.contains(id));
        ids.sort_by_cached_key(|id| cx.settings.layout.key(id));
        for chunk in ids.chunks(CHUNK) {
            let found = found(&mut walk, &named, chunk).await;
            let (name, compared) = (named.display(), walk.findings.compared);
            cx.progress.now(format_args!("{name}: {compared} objects of the mesh compared"));
            bare.extend(found.bare.into_iter().map(|(id, version)| (named.clone(), id, version)));
            let repaired = repaired(&walk, found.differing).await;
            add_pending(cx, run.mode, &repaired);
            late = walk.take(&named, repaired).unwrap_or_default();
            if late.is_some() {
                break 'kinds;
            }
            tokio::task::yield_now().await;
        }
    }
    let next = removed(&mut walk, bare, lists).await;
    Report { findings: walk.findings, next: late.or(next) }
}

fn by_kind(ids: Vec<Id>) -> BTreeMap<KindName, Vec<Id>> {
    let mut kinds: BTreeMap<KindName, Vec<Id>> = BTreeMap::new();
    for id in ids {
        kinds.entry(KindName::new(id.group(), id.kind())).or_default().push(id);
    }
    kinds
}

/// If so much is held of a kind, and is not known, what describes it stays as it is, too.
async fn doubt<S: Store>(walk: &Walk<'_, S>, asked: &Asked<'_>, lists: &Lists) {
    let (cx, stored) = (walk.cx, missing::stored(walk.cx, asked));
    let unknown = missing::unknown(cx, asked, lists);
    let mut counts = unknown.clone();
    for id in &lists.held {
        *counts.entry(KindName::new(id.group(), id.kind())).or_default() += 1;
    }
    let held = asked.guard.too_many(&counts, &stored);
    cx.mesh.unread.hold(held.into_iter().filter(|named| unknown.contains_key(named)).collect());
}

/// What differs. Takes note of all that exists.
async fn found<S: Store>(walk: &mut Walk<'_, S>, named: &KindName, ids: &[Id]) -> Found {
    let mut found = Found::default();
    let index = &walk.cx.mesh;
    for id in ids {
        let (scope, namespace) = (&walk.run.request.scope, id.namespace());
        if !is_asked(scope, namespace, id.name()) || !walk.cx.keeps_object(id) {
            continue;
        }
        let _lock = index.ledger.lock(id).await;
        let made = index.made(id);
        if made.presence == Presence::Deleted {
            continue;
        }
        walk.findings.compared += 1;
        let key = made.described.key.to_string();
        if made.described.failure().is_some() {
            walk.leave(named, &made.described);
            continue;
        }
        let described = walk.claimed(named, &key, made.described.clone());
        let is_stored = walk.listing.contains_key(&key);
        walk.live.insert(key.clone());
        if walk.is_there(&key, &described) && index.ledger.is_settled(id, &made) {
            if described == made.described {
                index.ledger.wrote(id, &made);
            }
        } else if is_stored && index.lacks(id) {
            tracing::debug!(aws.s3.key = key, "it stays as it is, since something that it describes is unread");
        } else if is_stored && described.descriptor.is_none() {
            walk.findings.omitted.extend(described.omitted);
            found.bare.push((id.clone(), made.version));
        } else {
            found.differing.push(id.clone());
        }
    }
    found
}

/// Repairs each object as it is by then. What has no entity any more is left to the event that caused that.
async fn repaired<S: Store>(walk: &Walk<'_, S>, differing: Vec<Id>) -> Vec<(Differing, Ended)> {
    let repairs = differing.into_iter().enumerate().map(|(n, id)| async move {
        let ledger = &walk.cx.mesh.ledger;
        let _lock = ledger.lock(&id).await;
        let pending = ledger.pending(&id);
        let Rendered { described, version, .. } = walk.cx.mesh.made(&id);
        // What cannot be described any more is left to the event that caused that, too.
        let is_bare = described.descriptor.is_none();
        let (position, described) = (described.key.to_string(), walk.without_taken(described));
        let it = Differing { reference: mesh::versioned(&id), version, described, position };
        if !walk.has_time(n) {
            return (it, Ended::Late);
        }
        if it.described.descriptor.is_none() {
            // Another one has its entity: nothing is to be written.
            if let Some(pending) = pending.filter(|_| !is_bare && walk.run.mode == Mode::Repair) {
                ledger.done(&id, &pending);
            }
            return (it, Ended::AsItWas);
        }
        ledger.forget(&id);
        let ended = walk.repair(Function::Mesh, &it).await.into();
        if let (Some(pending), Ended::Repaired(..) | Ended::Refused(_) | Ended::AsItWas, Mode::Repair) =
            (pending, &ended, walk.run.mode)
        {
            ledger.done(&id, &pending);
        }
        (it, ended)
    });
    stream::iter(repairs).buffered(AT_ONCE).collect().await
}

/// What could not be written is pending. Otherwise the event that reports the same would find nothing to do.
fn add_pending<S>(cx: &Context<S>, mode: Mode, repaired: &[(Differing, Ended)]) {
    let is_left = |ended: &Ended| mode == Mode::Repair && matches!(ended, Ended::Failed(_) | Ended::Late);
    let left = repaired.iter().filter(|(_, ended)| is_left(ended)).map(|(it, _)| Id::of(&it.reference));
    cx.mesh.ledger.add_pending(left.collect(), FoundBy::Comparison);
}

/// Removes, or holds, what is stored of a kind that is complete, and of no object that exists.
async fn removed<S: Store>(
    walk: &mut Walk<'_, S>,
    bare: Vec<(KindName, Id, Version)>,
    lists: &Lists,
) -> Option<Cursor> {
    let cx = walk.cx;
    let (mut located, _) = located(cx, walk.listing.keys());
    located.retain(|(_, named)| mesh::is_of_mesh(named, &lists.complete) || bare.iter().any(|(of, ..)| of == named));
    let kinds = located.iter().map(|(_, kind)| kind.clone()).collect();
    // Those that were created meanwhile, too.
    let existing = cx.mesh.ids().into_iter().filter(|id| !lists.held.contains(id));
    walk.live.extend(existing.map(|id| cx.settings.layout.key(&id).to_string()));
    let complete = lists.complete.iter().map(|(named, listed)| (named.clone(), (Function::Mesh, listed.clone())));
    let mut orphans: Vec<Orphan> = orphans(walk, located, &complete.collect());
    orphans.extend(bare.into_iter().filter_map(|it| orphaned(cx, it)));
    walk.allow_more();
    walk.remove_or_report(orphans, &kinds).await
}

/// What has no entity any more, as something that may be deleted.
fn orphaned<S>(cx: &Context<S>, (kind, id, version): (KindName, Id, Version)) -> Option<Orphan> {
    // If it has one again, it is to be written again.
    cx.mesh.ledger.forget(&id);
    let located = cx.settings.layout.read(&cx.settings.layout.key(&id).to_string())?;
    Some(Orphan { located, kind, function: Function::Mesh, listed: None, bare: Some(version) })
}
