//! Comparing cluster and bucket: what `resync` and `mesh` have in common.

mod announce;
pub(crate) mod approval;
mod findings;
pub(crate) mod guard;
pub(crate) mod held;
mod history;
mod orphans;
pub(crate) mod other_cluster;
mod remove;
mod repair;
mod repairs;
pub(crate) mod reported;
mod scope;
mod stopped;
mod stored;
mod turn;
mod walk;

pub use findings::{Findings, Report};
pub(crate) use orphans::{Orphan, orphans};
pub(crate) use repair::Differing;
pub(crate) use repairs::{AT_ONCE, Ended};
pub(crate) use scope::is_asked;
pub(crate) use stopped::Stopped;
pub(crate) use stored::{counted, located};
pub(crate) use turn::Turn;
pub use walk::Mode;
pub(crate) use walk::{Run, Walk};
