//! Which entities a write created, updated and deleted, in a form that fits into an object's metadata.

use catalog::EntityRef;
use events::{Action, EntityChange};
use std::collections::BTreeMap;

/// The most bytes of an outcome in metadata; S3 allows 2 KB for all of it.
const MAX: usize = 1024;

/// The mark that some entities are left out.
const MORE: &str = "+";

/// What a write did, sorted by ref. It is cut to what metadata can hold even before the first reply, so that a rebuilt
/// reply is the same.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Outcome {
    /// The entities, sorted by ref.
    pub entities: Vec<EntityChange>,
    /// Whether some were left out.
    pub truncated: bool,
}

impl Outcome {
    /// What writing these entities does to an object whose last outcome is this one.
    pub(crate) fn written_over(before: Option<&Self>, wanted: &[EntityRef]) -> Self {
        let mut changes: BTreeMap<String, Action> = BTreeMap::new();
        for entity in before.into_iter().flat_map(Self::remaining) {
            changes.insert(entity.to_owned(), Action::Deleted);
        }
        let unknown = before.is_some_and(|before| before.truncated);
        for entity in wanted {
            let known = changes.contains_key(entity.as_str()) || unknown;
            changes.insert(entity.to_string(), if known { Action::Updated } else { Action::Created });
        }
        Self { entities: Vec::new(), truncated: unknown }.with(changes)
    }

    /// What deleting an object does, if this outcome is the last one.
    pub(crate) fn deleted(before: &Self) -> Self {
        let changes = before.remaining().map(|entity| (entity.to_owned(), Action::Deleted)).collect();
        Self { entities: Vec::new(), truncated: before.truncated }.with(changes)
    }

    /// The form in metadata: `+ref` created, `~ref` updated, `-ref` deleted, separated by spaces.
    pub(crate) fn encode(&self) -> String {
        let mut text: Vec<_> =
            self.entities.iter().map(|change| format!("{}{}", sign(change.action), change.entity)).collect();
        text.extend(self.truncated.then(|| MORE.to_owned()));
        text.join(" ")
    }

    /// Reads what [`Self::encode`] wrote; words that it did not write are left out.
    pub(crate) fn decode(text: &str) -> Self {
        let words: Vec<_> = text.split(' ').collect();
        let entities = words.iter().filter_map(|word| {
            let action = [Action::Created, Action::Updated, Action::Deleted]
                .into_iter()
                .find(|action| word.starts_with(sign(*action)))?;
            Some(EntityChange { entity: word.get(1..)?.to_owned(), action }).filter(|change| !change.entity.is_empty())
        });
        Self { entities: entities.collect(), truncated: words.contains(&MORE) }
    }

    /// The entities that the write left in the bucket.
    pub(crate) fn remaining(&self) -> impl Iterator<Item = &str> {
        self.entities.iter().filter(|change| change.action != Action::Deleted).map(|change| change.entity.as_str())
    }

    fn with(mut self, changes: BTreeMap<String, Action>) -> Self {
        let mut room = MAX - MORE.len();
        for (entity, action) in changes {
            match room.checked_sub(entity.len() + 2) {
                Some(left) => room = left,
                None => {
                    self.truncated = true;
                    break;
                }
            }
            self.entities.push(EntityChange { entity, action });
        }
        self
    }
}

fn sign(action: Action) -> char {
    match action {
        Action::Created => '+',
        Action::Updated => '~',
        Action::Deleted => '-',
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refs(names: impl IntoIterator<Item = String>) -> Vec<EntityRef> {
        names.into_iter().map(|name| EntityRef::parse(&name, "component", "default").unwrap()).collect()
    }

    #[test]
    fn an_outcome_has_created_updated_and_deleted_entities() {
        let first = Outcome::written_over(None, &refs(["a".into(), "b".into()]));
        assert_eq!(first.encode(), "+component:default/a +component:default/b");
        let second = Outcome::written_over(Some(&first), &refs(["b".into(), "c".into()]));
        assert_eq!(second.encode(), "-component:default/a ~component:default/b +component:default/c");
        assert_eq!(Outcome::deleted(&second).encode(), "-component:default/b -component:default/c");
    }

    #[test]
    fn an_outcome_reads_back_and_stays_within_metadata() {
        let many = Outcome::written_over(None, &refs((0..100).map(|n| format!("n{n:0>40}"))));
        assert!(many.truncated && many.encode().len() <= MAX, "{}", many.encode().len());
        assert_eq!(Outcome::decode(&many.encode()), many);
        assert_eq!(Outcome::decode(""), Outcome::default());
        assert_eq!(Outcome::decode(&Outcome::default().encode()), Outcome::default());
    }
}
