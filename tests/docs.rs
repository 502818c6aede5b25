//! The documentation: what is generated from code is up to date, what it lists exists, and its links lead somewhere.

pub(crate) mod page;
