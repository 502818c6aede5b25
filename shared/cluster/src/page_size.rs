//! How many objects a page may have.

use crate::wire::ANSWER;
use lru::LruCache;
use std::{
    num::NonZeroUsize,
    sync::{Mutex, MutexGuard, PoisonError},
};

/// How many kinds are remembered.
const KINDS: NonZeroUsize = NonZeroUsize::new(256).expect("256 is not zero");

/// The bytes that a page should have: half of what it may, because objects differ.
const GOAL: usize = ANSWER / 2;

/// The kinds of which fewer objects than usual fill a page, with how many do.
pub(crate) struct PageSizes(Mutex<LruCache<String, usize>>);

impl PageSizes {
    pub(crate) fn new() -> Self {
        Self(Mutex::new(LruCache::new(KINDS)))
    }

    /// How many objects to ask for, at most `most`.
    pub(crate) fn of(&self, list: &str, most: usize) -> usize {
        self.known().get(list).map_or(most, |size| most.min(*size))
    }

    /// Takes note that a page of so many objects took so many bytes.
    pub(crate) fn took(&self, list: &str, most: usize, objects: usize, bytes: usize) {
        let fits = objects.saturating_mul(GOAL) / bytes.max(1);
        match (objects, fits) {
            (0, _) => {}
            (_, fits) if fits >= most => drop(self.known().pop(list)),
            (_, fits) => drop(self.known().put(list.to_owned(), fits.max(1))),
        }
    }

    /// How many objects to ask for after so many had too many bytes.
    pub(crate) fn smaller(&self, list: &str, size: usize) -> usize {
        let smaller = (size / 4).max(1);
        self.known().put(list.to_owned(), smaller);
        smaller
    }

    fn known(&self) -> MutexGuard<'_, LruCache<String, usize>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_has_as_many_objects_as_its_bytes_allow() {
        let sizes = PageSizes::new();
        assert_eq!(sizes.of("apps", 500), 500);
        sizes.took("apps", 500, 500, 500 * 100);
        assert_eq!(sizes.of("apps", 500), 500, "small objects");
        sizes.took("apps", 500, 10, 10 * GOAL / 20);
        assert_eq!((sizes.of("apps", 500), sizes.of("jobs", 500)), (20, 500), "large ones of one kind");
        sizes.took("apps", 500, 0, 100);
        assert_eq!(sizes.of("apps", 500), 20, "an empty page says nothing");
        sizes.took("apps", 500, 20, 20 * 100);
        assert_eq!(sizes.of("apps", 500), 500, "small ones again");
        sizes.took("apps", 500, 1, ANSWER);
        assert_eq!(sizes.of("apps", 500), 1);
    }

    #[test]
    fn what_was_too_long_is_asked_for_in_smaller_pages_until_it_is_one_object() {
        let sizes = PageSizes::new();
        let smaller = |size: &usize| (*size > 1).then(|| sizes.smaller("apps", *size));
        let tried: Vec<_> = std::iter::successors(Some(500), smaller).collect();
        assert_eq!(tried, [500, 125, 31, 7, 1]);
        assert_eq!(sizes.of("apps", 500), 1);
    }
}
