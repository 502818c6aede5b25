//! Backstage's catalog, as its own HTTP API shows it: told what changed, and asked what it took.
//!
//! Nothing of Backstage is installed for this: refresh, scheduler and entity routes are stock (Backstage 1.55).

mod args;
mod catalog;
mod error;
mod location;
mod seen;

pub use args::Args;
pub use catalog::{Backstage, Known, Pending, Task, Triggered};
pub use error::Error;
pub use location::Location;
pub use seen::{Seen, Trouble};
