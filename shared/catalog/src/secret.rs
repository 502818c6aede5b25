//! Which fields and texts may hold a secret, and what is left of them: the one place that decides it.
//!
//! A secret is known by its name (`dbPass`), by its form (`-----BEGIN`, `ghp_`, `postgres://user:password@`), or because
//! nobody would write such a text by hand. Rather too much is hidden than too little: each hit is noted, and the
//! annotation `callboard.dev/not-secret` shows what is none.

mod field;
mod schema;
mod text;
mod token;
mod url;

pub(crate) use field::{Secrecy, is_secret};
pub(crate) use schema::{LeftOut, shown as shown_schema};
pub use text::masked;
pub(crate) use text::{may_be_in_text, quoted};
pub(crate) use token::is_token;
pub(crate) use url::is_in_url;
