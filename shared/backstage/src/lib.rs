//! Backstage's catalog, as its own HTTP API shows it. It is notified of what changed, and asked what it took.
//!
//! Nothing of Backstage is installed for this: refresh, scheduler and entity routes are stock (Backstage 1.55).

mod args;
mod catalog;
mod error;
mod line;
mod location;
mod refusal;
mod seen;
mod task;
mod token_source;
mod trouble;
mod wire;

pub use args::Args;
pub use catalog::{Backstage, Known, Triggered};
pub use error::Error;
pub use location::Location;
pub use seen::{Pending, Seen};
pub use task::Task;
pub use trouble::Trouble;
