//! Whatever happens in whatever order: the mesh ends as one that is built again, and has named all that each change
//! affects.

use crate::random::{ALL, Step, object, settings, steps};
use catalog::{
    Described, Mesh,
    mesh::{Id, Presence},
};
use events::{Object, ObjectRef, Version};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

/// What a cluster holds after all that happened: the version that counts, and the object unless it was deleted.
type Model = BTreeMap<Id, (u64, Option<Object>)>;

/// What every object means.
type All = BTreeMap<Id, (Described, Presence)>;

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_step_names_all_that_it_changes_and_the_end_equals_a_rebuild(steps in steps(40)) {
        let (mut mesh, mut model) = (Mesh::new(settings()), Model::new());
        let mut before = all(&mesh);
        for (step, version) in steps.iter().zip(1..) {
            let reported = take(&mut mesh, &mut model, step, version * 10, version * 5);
            let after = all(&mesh);
            let unreported: Vec<_> = rewritten(&before, &after).filter(|id| !reported.contains(id)).collect();
            prop_assert!(unreported.is_empty(), "{step:?} changed {unreported:?} and reported only {reported:?}");
            before = after;
        }
        prop_assert_eq!(difference(&before, &all(&rebuilt(&model))), "");
    }

    #[test]
    fn a_comparison_amid_events_ends_as_a_rebuild(first in steps(40), meanwhile in steps(20), seed in any::<u64>()) {
        let (mut mesh, mut model) = (Mesh::new(settings()), Model::new());
        for (step, version) in first.iter().zip(1..) {
            take(&mut mesh, &mut model, step, version * 10_000, version);
        }
        // Since then, events were lost: the cluster is a mesh behind, and ahead.
        let lost = first.iter().rev().zip(100..).filter(|(_, nth)| (seed >> (nth % 64)) & 1 == 1);
        lost.for_each(|(step, version)| drop(take(&mut Mesh::new(settings()), &mut model, step, version * 10_000, version)));
        let (before, mut reported) = (all(&mesh), BTreeSet::new());
        mesh.begin_comparison();
        // What is late was there before: the cluster would have to know of it.
        let news = meanwhile.iter().filter(|step| matches!(step, Step::Applied { .. } | Step::Deleted { .. }));
        let mut news = news.zip(1000..);
        for (group, kind) in kinds() {
            let listed: Vec<_> = model.values().filter_map(|(_, it)| it.clone()).filter(|it| is_of(it.reference(), &group, &kind)).collect();
            if let Some((step, version)) = news.next() {
                reported.extend(take(&mut mesh, &mut model, step, version * 10_000, version));
            }
            listed.iter().for_each(|object| reported.extend(mesh.listed(object)));
            let is_whole = seed % 2 == 0 || ["Namespace", "CustomResourceDefinition"].contains(&&*kind);
            let scopes = if is_whole { vec![None] } else { vec![Some("a"), Some("b")] };
            scopes.into_iter().for_each(|scope| {
                let mut missing = mesh.missing(&group, &kind);
                missing.retain(|id| scope.is_none_or(|namespace| id.namespace() == Some(namespace)));
                reported.extend(mesh.remove_missing(&missing, "9990000"));
            });
        }
        let after = all(&mesh);
        let unreported: Vec<_> = rewritten(&before, &after).filter(|id| !reported.contains(id)).collect();
        prop_assert!(unreported.is_empty(), "{unreported:?} changed unreported");
        prop_assert_eq!(difference(&after, &all(&rebuilt(&model))), "");
    }
}

/// Takes a step at a version, or at a past one if it is late. Returns whose descriptors that affects, as the mesh says.
fn take(mesh: &mut Mesh, model: &mut Model, step: &Step, now: u64, past: u64) -> BTreeSet<Id> {
    let (which, choices, version) = match step {
        Step::Applied { which, choices } => (*which, Some(choices), now),
        Step::Deleted { which } => (*which, None, now),
        Step::Late { which, choices } => (*which, Some(choices), past),
        Step::DeletedLate { which } => (*which, None, past),
    };
    let object = choices.map(|choices| object(which, choices, version));
    let known = model.entry(id(which)).or_default();
    if known.0 <= version {
        *known = (version, object.clone());
    }
    match object {
        Some(object) => mesh.apply(&object),
        None => mesh.delete(&reference(which), &Version { uid: "1".into(), resource_version: version.to_string() }),
    }
}

fn rebuilt(model: &Model) -> Mesh {
    let mut mesh = Mesh::new(settings());
    model.values().rev().filter_map(|(_, object)| object.as_ref()).for_each(|object| drop(mesh.apply(object)));
    mesh
}

/// What each possible object means.
fn all(mesh: &Mesh) -> All {
    let made = |id: Id| {
        let made = mesh.render(&id);
        (id, (made.described, made.presence))
    };
    (0..ALL.len()).map(id).map(made).collect()
}

/// The objects whose bytes are different now.
fn rewritten<'a>(before: &'a All, after: &'a All) -> impl Iterator<Item = &'a Id> {
    let both = before.iter().zip(after.values());
    both.filter(|((_, before), after)| before.0.descriptor != after.0.descriptor).map(|((id, _), _)| id)
}

/// What differs, as text.
fn difference(is: &All, wanted: &All) -> String {
    let reported = |(described, life): &(Described, Presence)| {
        let body = described.descriptor.as_ref().map_or("nothing", |descriptor| descriptor.body());
        format!("{life:?} {:?} {:?} {body}", described.omitted, described.invalid_overrides)
    };
    let differing = is.iter().zip(wanted.values()).filter(|((_, is), wanted)| is != wanted);
    differing.map(|((id, is), wanted)| format!("{id}: {}\n, rebuilt: {}\n", reported(is), reported(wanted))).collect()
}

fn kinds() -> BTreeSet<(String, String)> {
    (0..ALL.len()).map(|which| (id(which).group().to_owned(), id(which).kind().to_owned())).collect()
}

fn is_of(reference: &ObjectRef, group: &str, kind: &str) -> bool {
    reference.group() == group && reference.kind() == kind
}

fn id(which: usize) -> Id {
    Id::of(&reference(which))
}

fn reference(which: usize) -> ObjectRef {
    let (api_version, kind, namespace, name) = ALL[which];
    ObjectRef::new(api_version, kind, Some(namespace), name).unwrap()
}
