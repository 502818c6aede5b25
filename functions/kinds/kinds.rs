//! Which kinds of objects there are, which function keeps them, and how they are listed.

mod allowance;
mod hanging;
mod list;
pub(crate) mod mesh;
mod name;
mod offers;
mod sources;
mod versions;

pub(crate) use allowance::{Allowance, PAGE};
pub(crate) use hanging::{Hanging, late, silent};
pub(crate) use list::each;
pub(crate) use name::{KindName, kind_name};
pub use offers::offers;
#[cfg(feature = "preview")]
pub(crate) use sources::named_by;
pub(crate) use sources::{Sources, sources};
pub(crate) use versions::{Patience, Versions};
