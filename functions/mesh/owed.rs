//! What somebody has undertaken to write.

use super::ledger::Ledger;
use catalog::mesh::Id;
use std::collections::BTreeSet;

/// Objects that are to be written. What is left of them when this is dropped, on whatever way, is to be written by
/// whoever comes next.
#[derive(Debug)]
pub(super) struct Owed<'a> {
    ledger: &'a Ledger,
    ids: BTreeSet<Id>,
}

impl<'a> Owed<'a> {
    pub(super) fn new(ledger: &'a Ledger, ids: BTreeSet<Id>) -> Self {
        Self { ledger, ids }
    }

    /// Those that are left.
    pub(super) fn ids(&self) -> &BTreeSet<Id> {
        &self.ids
    }

    /// These, too.
    pub(super) fn extend(&mut self, ids: BTreeSet<Id>) {
        self.ids.extend(ids);
    }

    /// This one is written.
    pub(super) fn paid(&mut self, id: &Id) {
        self.ids.remove(id);
    }
}

impl Drop for Owed<'_> {
    fn drop(&mut self) {
        self.ledger.owe(std::mem::take(&mut self.ids));
    }
}
