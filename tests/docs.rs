//! The documentation: what is generated from code is up to date, what it lists exists, and its links lead somewhere.

mod annotations;
mod bucket;
mod code;
mod commands;
mod components;
pub(crate) mod doctor;
mod examples;
mod links;
mod metrics;
pub(crate) mod page;
mod table;
mod versions;
mod workflows;
