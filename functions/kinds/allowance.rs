//! What the list of one kind may take. A list without an end, or one that hangs, keeps no other kind from its turn.

use super::{hanging::late, name::KindName};
use cluster::{Error, Page};
use std::time::Duration;
use tokio::time::{Instant, timeout};

/// How long the API server has for a page.
pub(crate) const PAGE: Duration = Duration::from_secs(10);

/// How long it has for all pages of a kind.
const LIST: Duration = Duration::from_secs(25);

/// The most pages and objects of a kind.
const PAGES: usize = 4_000;
const OBJECTS: usize = 200_000;

/// What is left for the list of a kind.
#[derive(Debug)]
pub(crate) struct Allowance<'a> {
    kind: &'a KindName,
    page: Duration,
    list: Duration,
    pages: usize,
    objects: usize,
}

impl<'a> Allowance<'a> {
    /// That of a kind whose pages have so much time each.
    pub(crate) fn of(kind: &'a KindName, page: Duration) -> Self {
        Self { kind, page, list: LIST, pages: PAGES, objects: OBJECTS }
    }

    /// Waits for an answer, as long as there is time for it.
    ///
    /// # Errors
    /// [`Error::Late`] if it does not come in time.
    pub(crate) async fn answer<T>(&mut self, asked: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
        self.within(self.list, asked).await
    }

    /// Waits for a page, as long as there is time for it.
    ///
    /// # Errors
    /// [`Error::Late`] if it does not come in time, or there are too many.
    pub(crate) async fn page(&mut self, asked: impl Future<Output = Result<Page, Error>>) -> Result<Page, Error> {
        let Some(pages) = self.pages.checked_sub(1) else {
            return Err(late(self.kind, format!("its list has more than {PAGES} pages")));
        };
        self.pages = pages;
        let page = self.within(self.page.min(self.list), asked).await?;
        self.objects = self
            .objects
            .checked_sub(page.len())
            .ok_or_else(|| late(self.kind, format!("it has more than {OBJECTS} objects")))?;
        Ok(page)
    }

    async fn within<T>(&mut self, limit: Duration, asked: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
        let began = Instant::now();
        let answer = timeout(limit, asked).await;
        self.list = self.list.saturating_sub(began.elapsed());
        let why = || format!("the API server did not answer within {} s", limit.as_secs_f32().ceil());
        answer.unwrap_or_else(|_| Err(late(self.kind, why())))
    }
}
