//! What one source object means for the bucket.

use super::{
    absence::Absence,
    annotation::note,
    body::{Descriptor, written},
    public::made_public,
};
use crate::{
    alone::{BUG, alone},
    entity::{Entity, EntityRef, rules::check},
    naming::{Key, names},
    notes::Notes,
    settings::Settings,
};
use events::{InvalidOverride, Object, ObjectRef, Omitted};
use std::collections::BTreeSet;

/// The most bytes of a descriptor. Kubernetes stores objects of 1.5 MB, of which each line of a text may be indented.
const LONGEST: usize = 4 * 1024 * 1024;

/// What a source object means for the bucket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Described {
    /// The key of its bucket object.
    pub key: Key,
    /// `None` if there is to be no bucket object.
    pub descriptor: Option<Descriptor>,
    /// Why there is to be none, unless all that there would be is omitted.
    pub absence: Option<Absence>,
    /// Entities that could not be made, or that Backstage would reject, sorted.
    pub omitted: Vec<Omitted>,
    /// Overrides of the object that are not valid and were not applied, sorted.
    pub invalid_overrides: Vec<InvalidOverride>,
}

impl Described {
    /// There is to be no bucket object, and there is nothing to note.
    pub fn empty(key: Key) -> Self {
        Self { key, descriptor: None, absence: None, omitted: Vec::new(), invalid_overrides: Vec::new() }
    }

    /// What the work on an object gives, of which this is the main entity. If it panics, or gives more than can be written, that
    /// is a note of this object alone.
    pub(crate) fn alone(
        source: &ObjectRef,
        main: &EntityRef,
        settings: &Settings,
        work: impl FnOnce() -> Self,
    ) -> Self {
        let key = || settings.layout.key(source);
        let Some(described) = alone(source, work) else { return Self::failed(key(), main, BUG) };
        match described.descriptor.as_ref().map(|descriptor| descriptor.body().len()) {
            Some(length) if length > LONGEST => Self::failed(
                key(),
                main,
                &format!("its entities have {length} bytes, and {LONGEST} at most are written"),
            ),
            _ => described,
        }
    }

    /// An object that cannot be described. What the bucket has stays.
    pub(crate) fn failed(key: Key, main: &EntityRef, why: &str) -> Self {
        let omitted = vec![Omitted { entity: main.to_string(), reason: why.to_owned() }];
        Self { absence: Some(Absence::Failed(why.to_owned())), omitted, ..Self::empty(key) }
    }

    /// Why the object cannot be described, so that the bucket stays as it is.
    pub fn failure(&self) -> Option<&str> {
        match &self.absence {
            Some(Absence::Failed(why)) => Some(why),
            _ => None,
        }
    }

    /// The same as the store takes it, which refuses its bucket object for good: without any entity.
    pub fn refused(self, source: &ObjectRef, settings: &Settings, why: &str) -> Self {
        let mut entities: Vec<_> = self.descriptor.iter().flat_map(Descriptor::entities).cloned().collect();
        if entities.is_empty() {
            let named = names::component(&settings.layout, source.kind(), source.namespace(), source.name());
            entities.push(named.entity_ref());
        }
        let refused = entities.iter().map(|entity| Omitted { entity: entity.to_string(), reason: why.to_owned() });
        let omitted = self.omitted.iter().cloned().chain(refused).collect();
        Self { descriptor: None, absence: Some(Absence::Failed(why.to_owned())), omitted, ..self }
    }

    /// The source object is to have no bucket object, for this reason.
    pub(crate) fn nothing(source: &Object, settings: &Settings, absence: Absence, notes: Notes) -> Self {
        Self { absence: Some(absence), ..Self::noted(source, settings, notes) }
    }

    fn noted(source: &Object, settings: &Settings, notes: Notes) -> Self {
        Self {
            key: settings.layout.key(source.reference()),
            descriptor: None,
            absence: None,
            omitted: notes.omitted.into_iter().collect(),
            invalid_overrides: notes.invalid_overrides.into_iter().collect(),
        }
    }

    /// Masks secrets, and checks the entities by Backstage's rules. One that Backstage would reject is omitted, and its siblings are kept.
    ///
    /// The first entity carries the notes. So they are in the catalog as well, and an event is sent when they change.
    pub fn new(source: &Object, settings: &Settings, mut entities: Vec<Entity>, mut notes: Notes) -> Self {
        entities.iter_mut().for_each(|entity| made_public(source, entity, &mut notes));
        entities.retain(|entity| check(entity).map_err(|why| notes.omit(&entity.entity_ref(), &why)).is_ok());
        if let Some(first) = entities.first_mut() {
            note(first, "callboard.dev/omitted", notes.omitted.iter().map(|it| (&it.entity, &it.reason)));
            note(
                first,
                "callboard.dev/invalid-overrides",
                notes.invalid_overrides.iter().map(|it| (&it.field, &it.reason)),
            );
        }
        entities.sort_by_key(Entity::entity_ref);
        let descriptor = written(source, &entities).unwrap_or_else(|(entity, why)| {
            notes.omit(&entity, &why);
            None
        });
        Self { descriptor, ..Self::noted(source, settings, notes) }
    }

    /// The same without these entities, which belong to another source object.
    pub fn without(self, entities: &BTreeSet<EntityRef>) -> Self {
        let descriptor = self.descriptor.and_then(|descriptor| descriptor.without(entities));
        let omitted = |entity: &EntityRef| Omitted {
            entity: entity.to_string(),
            reason: "another object has the same ref".into(),
        };
        let omitted = self.omitted.into_iter().chain(entities.iter().map(omitted)).collect();
        Self { descriptor, omitted, ..self }
    }

    /// The refs of the entities that are not in the descriptor at all. Of the others only a part is omitted.
    pub fn omitted_entities(&self) -> BTreeSet<&str> {
        let written: Vec<_> = self.descriptor.iter().flat_map(Descriptor::entities).map(EntityRef::as_str).collect();
        let omitted = self.omitted.iter().map(|omitted| omitted.entity.as_str());
        omitted.filter(|entity| !written.contains(entity)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::{super::annotation::MAX_NOTES, *};
    use crate::{
        entity::{EntityName, EntityNamespace, GroupSpec, Metadata, Spec},
        naming::Layout,
    };
    use serde_json::json;

    /// One entity, `group:default/x`, with these notes.
    fn described(notes: Notes) -> Described {
        let owner = EntityRef::parse("group:default/platform", "", "").unwrap();
        let settings = Settings::new(Layout::new("entities", "main").unwrap(), owner);
        let source = json!({"apiVersion": "example.org/v1", "kind": "App", "metadata": {"name": "x"}});
        let metadata = Metadata::new(EntityNamespace::fit("default"), EntityName::fit("x"));
        let entity = Entity::new(metadata, Spec::Group(GroupSpec { ty: "team".into(), children: vec![] }));
        Described::new(&Object::try_from(source).unwrap(), &settings, vec![entity], notes)
    }

    fn noted(last: &str) -> String {
        let mut notes = Notes::default();
        (0..20).for_each(|n| notes.invalid(&format!("field-{n:02}"), "é".repeat(60)));
        notes.invalid("last", last);
        described(notes).descriptor.unwrap().body().to_owned()
    }

    #[test]
    fn an_entity_of_which_a_part_is_omitted_is_not_omitted() {
        let mut notes = Notes::default();
        for (entity, reason) in [("x", "a part"), ("x", "another"), ("y", "one reason"), ("y", "two")] {
            notes.omit(&EntityRef::parse(entity, "group", "default").unwrap(), &reason);
        }
        let described = described(notes);
        assert_eq!(described.omitted.len(), 4);
        assert_eq!(described.omitted_entities().into_iter().collect::<Vec<_>>(), ["group:default/y"]);
    }

    #[test]
    fn what_is_too_long_to_be_written_is_a_note_of_its_object() {
        let owner = EntityRef::parse("group:default/platform", "", "").unwrap();
        let settings = Settings::new(Layout::new("entities", "main").unwrap(), owner.clone());
        let source = json!({"apiVersion": "example.org/v1", "kind": "App", "metadata": {"name": "x"}});
        let source = Object::try_from(source).unwrap();
        let of = |children: usize| {
            let metadata = Metadata::new(EntityNamespace::fit("default"), EntityName::fit("x"));
            let spec = GroupSpec { ty: "team".into(), children: vec![owner.clone(); children] };
            let entity = Entity::new(metadata, Spec::Group(spec));
            let work = || Described::new(&source, &settings, vec![entity], Notes::default());
            Described::alone(source.reference(), &owner, &settings, work)
        };
        let (short, long) = (of(10), of(LONGEST / 20));
        assert_eq!((short.failure(), short.descriptor.is_some()), (None, true));
        assert!(long.failure().is_some_and(|why| why.contains("bytes")) && long.descriptor.is_none());
        assert_eq!(long.omitted[0].entity, "group:default/platform");
    }

    #[test]
    fn a_change_behind_the_cut_still_changes_bytes() {
        let (one, other) = (noted("a"), noted("b"));
        assert_ne!(one, other);
        let text = annotation(&one);
        assert!(text.chars().count() <= MAX_NOTES && text.contains(" ... (21 in all, "), "{text}");
    }

    #[test]
    fn each_note_has_a_line_of_its_own() {
        let mut notes = Notes::default();
        notes.invalid("one", "this; and that\nand more");
        notes.invalid("two", "that");
        let body = described(notes).descriptor.unwrap().body().to_owned();
        assert_eq!(annotation(&body), "one: this; and that and more\ntwo: that");
    }

    fn annotation(body: &str) -> String {
        let entities: Vec<serde_json::Value> = serde_saphyr::from_multiple(body).unwrap();
        let annotations = entities.iter().find_map(|entity| entity.pointer("/metadata/annotations")).unwrap();
        annotations["callboard.dev/invalid-overrides"].as_str().unwrap().to_owned()
    }
}
