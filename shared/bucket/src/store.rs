//! The calls which the bucket protocol makes, in Callboard's own types.

use crate::Fault;
use std::{collections::BTreeMap, time::SystemTime};

/// An S3-compatible store, seen as one bucket. Each call is atomic.
pub trait Store: Send + Sync {
    /// What is known of the object at a key; `None` if there is none.
    fn head(&self, key: &str) -> impl Future<Output = Result<Option<Head>, Fault>> + Send;

    /// The object at a key with its ETag; `None` if there is none, [`Fault::TooLong`] if it is longer than `limit` bytes.
    fn get(&self, key: &str, limit: usize) -> impl Future<Output = Result<Option<(Head, Vec<u8>)>, Fault>> + Send;

    /// Writes an object where the condition holds. `Done` carries its ETag.
    fn put(
        &self,
        key: &str,
        body: Body,
        condition: Condition<'_>,
    ) -> impl Future<Output = Result<Conditional<String>, Fault>> + Send;

    /// Deletes an object where the condition holds.
    fn delete(
        &self,
        key: &str,
        condition: Condition<'_>,
    ) -> impl Future<Output = Result<Conditional<()>, Fault>> + Send;

    /// One page of the keys that begin with `prefix`, in order, from where the last page's `next` says. It may be empty
    /// without being the last.
    fn list(&self, prefix: &str, from: Option<&str>) -> impl Future<Output = Result<Page, Fault>> + Send;

    /// A name of the store for error messages, such as its endpoint and bucket.
    fn name(&self) -> String;
}

/// What HEAD tells of an object.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Head {
    /// The ETag, with its quotes.
    pub etag: String,
    /// The user metadata, keys in lower case.
    pub metadata: BTreeMap<String, String>,
}

/// What PUT writes.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Body {
    /// The content.
    pub bytes: Vec<u8>,
    /// Its media type.
    pub content_type: &'static str,
    /// User metadata, ASCII, 2 KB at most in all.
    pub metadata: BTreeMap<String, String>,
}

/// What must hold for a write to happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Condition<'a> {
    /// Nothing.
    Always,
    /// There is no object (`If-None-Match: *`).
    Absent,
    /// The object is the one with this ETag (`If-Match`).
    Is(&'a str),
}

/// How a conditional write ended.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Conditional<T> {
    /// It happened.
    Done(T),
    /// The condition did not hold (412, AWS's 409, or 404 where an ETag was asked for): nothing happened.
    Lost,
}

/// A part of a listing.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Page {
    /// The objects, in the order of their keys.
    pub objects: Vec<Listed>,
    /// Where the next page begins; `None` on the last one.
    pub next: Option<String>,
}

/// An object as a listing shows it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Listed {
    /// Its key.
    pub key: String,
    /// Its ETag, with its quotes.
    pub etag: String,
    /// Its length in bytes.
    pub size: u64,
    /// When it was last written, by the store's clock.
    pub modified: SystemTime,
}
