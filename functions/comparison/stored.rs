//! What the bucket has, by kind.

use crate::{context::Context, kinds::KindName};
use catalog::Located;
use std::collections::BTreeMap;

/// The keys of objects, with their kinds, and those of no object.
pub(crate) fn located<'a, S>(
    cx: &Context<S>,
    keys: impl Iterator<Item = &'a String>,
) -> (Vec<(Located, KindName)>, Vec<&'a String>) {
    let (mut located, mut unmanaged) = (Vec::new(), Vec::new());
    for key in keys {
        match cx.settings.layout.read(key) {
            Some(it) => {
                let kind = KindName::new(&it.group, &it.kind);
                located.push((it, kind));
            }
            None => unmanaged.push(key),
        }
    }
    (located, unmanaged)
}

/// How many objects of each kind are stored.
pub(crate) fn counted(located: &[(Located, KindName)]) -> BTreeMap<KindName, usize> {
    let mut stored: BTreeMap<KindName, usize> = BTreeMap::new();
    for (_, kind) in located {
        *stored.entry(kind.clone()).or_default() += 1;
    }
    stored
}
