//! A bucket, as one process sees it.

use crate::{Error, Store, memory::Memory, probe};
use catalog::Layout;
use tokio::sync::OnceCell;

/// A bucket, as this process sees it.
#[derive(Debug)]
pub struct Bucket<S> {
    pub(crate) store: S,
    pub(crate) memory: Memory,
    pub(crate) honours: Honours,
    pub(crate) layout: Layout,
    probed: OnceCell<()>,
}

/// Whether the store honours conditional writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Honours {
    /// Not known: Callboard finds out before the first write.
    Unknown,
    /// It does.
    Conditions,
    /// It does not, and the user makes sure that only one process writes (`CALLBOARD_UNCONDITIONAL`).
    Nothing,
}

impl<S: Store> Bucket<S> {
    /// A bucket of which nothing is known yet.
    pub fn new(store: S, layout: Layout, honours: Honours) -> Self {
        Self { store, memory: Memory::new(), honours, layout, probed: OnceCell::new() }
    }

    /// The store below.
    pub fn store(&self) -> &S {
        &self.store
    }

    /// Probes the store once, before the first write.
    pub(crate) async fn writable(&self) -> Result<(), Error> {
        match self.honours {
            Honours::Unknown => {
                self.probed.get_or_try_init(|| probe::conditions(&self.store, &self.layout)).await.copied()
            }
            Honours::Conditions | Honours::Nothing => Ok(()),
        }
    }
}
