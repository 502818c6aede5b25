//! What no list shows any more: it is deleted, unless that is so much that a user must approve it. What is held in the bucket
//! stays in the index, so that its relations stay, too.

use super::{
    listing::{Listed, Outcome},
    lists::{Asked, Lists},
};
use crate::{
    comparison::{counted, located},
    context::Context,
    kinds::{KindName, mesh},
};
use catalog::mesh::Id;
use std::collections::{BTreeMap, BTreeSet, HashSet};

/// What would be deleted of a kind.
struct Missing {
    named: KindName,
    all: Vec<Id>,
    /// What of it is stored, and was not approved.
    asked: Vec<Id>,
    /// The definition without which its objects do not belong to the mesh.
    definition: Option<Id>,
    listed: String,
}

/// Takes what is deleted out of the index, or holds it.
pub(super) fn take<S>(cx: &Context<S>, asked: &Asked<'_>, ends: Vec<Listed>, lists: &mut Lists) {
    let missing = ends.into_iter().flat_map(|end| match end.name == mesh::definition() {
        true => of_definitions(cx, asked, lists),
        false => vec![of_kind(cx, asked, end)],
    });
    let missing: Vec<_> = missing.collect();
    let mut counts = unknown(cx, asked, lists);
    for it in &missing {
        *counts.entry(it.named.clone()).or_default() += it.asked.len();
    }
    let held = asked.guard.too_many(&counts, &stored(cx, asked));
    for mut it in missing {
        if !held.contains(&it.named) {
            // What is held stays so until it is approved.
            it.asked.retain(|id| asked.guard.is_held(&cx.settings.layout.key(id).to_string()));
        }
        match it.asked.is_empty() {
            false => hold(cx, it, lists),
            true => cx.mesh.delete_missing(&it.all.into_iter().chain(it.definition).collect::<Vec<_>>(), &it.listed),
        }
    }
}

/// How many of a kind would be deleted that are in the bucket and that the index does not know.
pub(super) fn unknown<S>(cx: &Context<S>, asked: &Asked<'_>, lists: &Lists) -> BTreeMap<KindName, usize> {
    let known: HashSet<String> = cx.mesh.ids().iter().map(|id| cx.settings.layout.key(id).to_string()).collect();
    let keys = asked.listing.keys().filter(|key| !known.contains(*key) && asked.guard.counts(key));
    let (mut located, _) = located(cx, keys);
    located.retain(|(it, _)| cx.keeps(it.namespace.as_deref()));
    let mut unknown = counted(&located);
    unknown.retain(|named, _| lists.complete.contains_key(named));
    unknown
}

/// How many objects of each kind are stored that lists had.
pub(super) fn stored<S>(cx: &Context<S>, asked: &Asked<'_>) -> BTreeMap<KindName, usize> {
    let listed = asked.listing.keys().filter(|key| asked.guard.history.was_listed(key));
    counted(&located(cx, listed).0)
}

fn of_kind<S>(cx: &Context<S>, asked: &Asked<'_>, end: Listed) -> Missing {
    let all: Vec<_> = end.kinds.iter().flat_map(|kind| cx.mesh.missing(&end.name.group, kind)).collect();
    let asked = if let Outcome::Absent = end.outcome { Vec::new() } else { to_ask(cx, asked, &all) };
    let listed = end.version().to_owned();
    Missing { named: end.name, all, asked, definition: None, listed }
}

/// Definitions that lost their label: what they define does not belong to the mesh any more, unless something else says so.
fn of_definitions<S>(cx: &Context<S>, asked: &Asked<'_>, lists: &Lists) -> Vec<Missing> {
    let definition = mesh::definition();
    let missing = cx.mesh.missing(&definition.group, mesh::DEFINITION).into_iter().map(|it| {
        let named = cx.mesh.defines(&it).filter(|named| !lists.complete.contains_key(named));
        let is_of = |id: &Id| named.as_ref().is_some_and(|named| KindName::new(id.group(), id.kind()) == *named);
        let ids: Vec<_> = cx.mesh.ids().into_iter().filter(is_of).collect();
        let asked = to_ask(cx, asked, &ids);
        let named = named.unwrap_or_else(|| definition.clone());
        Missing { named, all: Vec::new(), asked, definition: Some(it), listed: String::new() }
    });
    missing.collect()
}

fn to_ask<S>(cx: &Context<S>, asked: &Asked<'_>, ids: &[Id]) -> Vec<Id> {
    let is_asked = |key: &str| asked.listing.contains_key(key) && asked.guard.counts(key);
    let is_kept = |id: &Id| cx.keeps(id.namespace()) && is_asked(&cx.settings.layout.key(id).to_string());
    ids.iter().filter(|id| is_kept(id)).cloned().collect()
}

fn hold<S>(cx: &Context<S>, missing: Missing, lists: &mut Lists) {
    let Missing { named, all, asked, definition, listed } = missing;
    let asked: BTreeSet<_> = asked.into_iter().collect();
    let others: Vec<_> = all.into_iter().filter(|id| !asked.contains(id)).collect();
    cx.mesh.delete_missing(&others, &listed);
    if definition.is_some() {
        lists.complete.insert(named, None);
    }
    lists.held.extend(asked);
}
