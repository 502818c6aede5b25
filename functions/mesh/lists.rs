//! What the lists of a comparison showed.

use super::{
    listing::{Listed, Outcome},
    unread::Why,
};
use crate::{
    comparison::{Findings, Stopped, guard::Guard},
    kinds::{KindName, mesh},
};
use catalog::mesh::Id;
use cluster::Error;
use events::Object;
use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

/// What lists need to know.
pub(super) struct Asked<'a> {
    /// What is stored, by key; nothing if that is not known yet.
    pub(super) listing: &'a BTreeMap<String, String>,
    /// What is remembered of deletions.
    pub(super) guard: &'a Guard,
    /// How long the list of one kind may take.
    pub(super) within: Duration,
}

/// What the lists showed.
#[derive(Debug, Default)]
pub(crate) struct Lists {
    /// The kinds that are complete, and as of which version; none if the kind is deleted.
    pub(super) complete: BTreeMap<KindName, Option<String>>,
    /// Those that are not there, or were read except for items that are not valid objects.
    pub(super) others: BTreeSet<KindName>,
    /// Those that did not end.
    pub(super) unread: BTreeMap<KindName, Why>,
    /// What stays in the index although the cluster does not show it, until a user approves the deletion.
    pub(super) held: BTreeSet<Id>,
    pub(super) findings: Findings,
}

impl Lists {
    pub(super) fn take(&mut self, named: KindName, ended: Result<Listed, Stopped>) -> Option<Listed> {
        self.unread.remove(&named);
        match ended {
            Ok(end) => {
                match &end.outcome {
                    Outcome::Complete(version) => drop(self.complete.insert(named, Some(version.clone()))),
                    Outcome::Deleted => drop(self.complete.insert(named, None)),
                    Outcome::Absent => drop(self.others.insert(named)),
                }
                Some(end)
            }
            Err(stopped) => {
                self.failed(named, stopped);
                None
            }
        }
    }

    /// The definitions, and the end of their list.
    pub(super) fn defined(
        &mut self,
        labelled: Result<Vec<(KindName, Object)>, Stopped>,
    ) -> (Vec<(KindName, Object)>, Vec<Listed>) {
        self.unread.remove(&mesh::definition());
        match labelled {
            Ok(labelled) => (labelled, vec![Listed::definitions()]),
            Err(stopped) => {
                self.failed(mesh::definition(), stopped);
                (Vec::new(), Vec::new())
            }
        }
    }

    fn failed(&mut self, named: KindName, stopped: Stopped) {
        match stopped {
            Stopped::List(error) => {
                let is_decided = matches!(error, Error::Forbidden { .. } | Error::Unserved { .. });
                self.findings.unreadable(&named.display(), &error);
                self.unread.insert(named, if is_decided { Why::Decided } else { Why::Failed });
            }
            Stopped::Unreadable(why) => {
                self.findings.degraded(&named.display(), &why);
                self.others.insert(named);
            }
            Stopped::Store(nack) => self.findings.degraded(&named.display(), &nack),
        }
    }

    /// Whether a kind was listed, or should have been.
    pub(super) fn has(&self, named: &KindName) -> bool {
        self.complete.contains_key(named) || self.others.contains(named) || self.unread.contains_key(named)
    }
}
