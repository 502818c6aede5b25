//! The documentation: what is generated from code is up to date, what it lists exists, and its links lead somewhere.

mod examples;
pub(crate) mod page;
