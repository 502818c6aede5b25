//! Whether an object is cataloged at all.

use crate::{
    notes::Notes,
    settings::{Selection, Settings},
};
use events::Object;

/// Whether the object is to be cataloged.
///
/// `callboard.dev/ignore` decides. Without it, one "no" of the other switches is enough, then one "yes". Otherwise the
/// settings decide.
pub(crate) fn is_wanted(object: &Object, settings: &Settings, notes: &mut Notes) -> bool {
    let mut said = |&(key, meaning): &(&str, bool)| match object.annotation(key).or_else(|| object.label(key))? {
        "true" => Some(meaning),
        "false" => Some(!meaning),
        _ => {
            notes.invalid(key, "is neither \"true\" nor \"false\"");
            None
        }
    };
    if let Some(wanted) = said(&("callboard.dev/ignore", false)) {
        return wanted;
    }
    let others: Vec<_> = SWITCHES.iter().filter_map(said).collect();
    if others.is_empty() { settings.selection == Selection::All } else { others.iter().all(|wanted| *wanted) }
}

/// Third-party annotations or labels that switch an object on or off, and what `true` means.
pub(super) const SWITCHES: [(&str, bool); 4] = [
    ("kratix.io/backstage", true),
    ("kratix.io/portal-backstage", true),
    ("terasky.backstage.io/add-to-catalog", true),
    ("terasky.backstage.io/exclude-from-catalog", false),
];
