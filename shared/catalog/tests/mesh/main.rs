//! The event mesh: golden cases, what each change affects, and that every way to the same objects ends in the same
//! bytes.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on shall end")]

mod affected;
mod bounds;
mod cases;
mod random;
mod rebuild;
mod references;
mod unread;
