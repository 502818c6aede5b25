//! Notes as annotations of an entity.

use crate::entity::Entity;
use sha2::{Digest, Sha256};

/// The most characters of notes that an entity carries.
pub(super) const MAX_NOTES: usize = 1000;

/// What is left of notes that are cut, so that there is room for how many there are.
const CUT_NOTES: usize = 950;

pub(super) fn note<'a>(entity: &mut Entity, key: &str, notes: impl Iterator<Item = (&'a String, &'a String)>) {
    let text: Vec<_> = notes.map(|(what, why)| one_line(&format!("{what}: {why}"))).collect();
    if !text.is_empty() {
        entity.metadata.annotations.insert(key.to_owned(), cut(text.len(), text.join("\n")));
    }
}

/// Each note has a line of its own, because a reason may hold any other separator.
fn one_line(note: &str) -> String {
    note.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Notes that are cut end with a hash of the whole: a change behind the cut is one, too.
fn cut(notes: usize, text: String) -> String {
    if text.chars().count() <= MAX_NOTES {
        return text;
    }
    let hash = hex::encode(Sha256::digest(&text));
    let kept: String = text.chars().take(CUT_NOTES).collect();
    format!("{} ... ({notes} in all, {})", kept.trim_end(), &hash[..8])
}
