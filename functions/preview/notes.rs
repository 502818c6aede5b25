//! What there is to say of the objects, apart from their entities.

use super::objects::Found;
use crate::kinds::kind_name;
use anyhow::Context;
use std::{collections::BTreeMap, io::Write};

/// Up to so many objects that share a note have a line each.
const MAX_LINES: usize = 3;

/// What there is to say.
#[derive(Debug, Default)]
pub(super) struct Notes {
    lines: Vec<String>,
    /// The objects that share a note, by their kind and the note. There may be many of them.
    shared: BTreeMap<(String, String), Vec<String>>,
    /// The documents that are no Kubernetes objects: the place of the first one, and how many there are.
    skipped: Option<(String, usize)>,
    /// How many of the lines say that something is wrong.
    pub(super) wrong: usize,
}

impl Notes {
    /// Something is wrong with what is in this place.
    pub(super) fn wrong(&mut self, place: &str, what: &str) {
        self.wrong += 1;
        self.note(place, what);
    }

    /// Something is worth knowing about what is in this place.
    pub(super) fn note(&mut self, place: &str, what: &str) {
        self.lines.push(format!("{place}: {what}"));
    }

    /// The same about an object, if it may be true of many objects of its kind.
    pub(super) fn share(&mut self, found: &Found, what: &str) {
        let object = found.object.reference();
        let kind = kind_name(object.kind(), object.group());
        self.shared.entry((kind, what.to_owned())).or_default().push(format!("{}: {object}", found.place));
    }

    /// What is in this place is no Kubernetes object.
    pub(super) fn skip(&mut self, place: &str) {
        self.skipped.get_or_insert_with(|| (place.to_owned(), 0)).1 += 1;
    }

    /// Whether there is nothing to say, apart from what is no Kubernetes object.
    pub(super) fn is_empty(&self) -> bool {
        self.lines.is_empty() && self.shared.is_empty()
    }

    /// Writes all of it. Where many objects of a kind share a note, that is one line.
    ///
    /// # Errors
    /// If it cannot be written.
    pub(super) fn write(&self, to: &mut dyn Write) -> anyhow::Result<()> {
        let shared = self.shared.iter().flat_map(|((kind, what), objects)| match &objects[..] {
            [first, more @ ..] if objects.len() > MAX_LINES => {
                vec![format!("{first} {what}. So do {} more of {kind}", more.len())]
            }
            objects => objects.iter().map(|object| format!("{object} {what}")).collect(),
        });
        let skipped = self.skipped.iter().map(|(first, count)| {
            let more = if *count == 1 { String::new() } else { format!(". There are {count} of them") };
            format!("{first}: no Kubernetes object, since it has neither apiVersion nor kind{more}")
        });
        for line in self.lines.iter().cloned().chain(shared).chain(skipped) {
            writeln!(to, "{line}").context("failed to write to standard error")?;
        }
        Ok(())
    }
}
