//! Which fields hold a secret, and which texts may hold one.

mod field;
mod text;

pub(crate) use field::{Secrecy, is_secret};
pub(crate) use text::{is_in_url, may_be_in_text, quoted};
