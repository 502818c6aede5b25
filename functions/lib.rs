//! Callboard keeps a Backstage catalog up to date with what runs in a cluster: CloudEvents in, Backstage entities out, in
//! the bucket that Backstage reads. Each function has a folder. `table.rs` lists them, `main.rs` serves them.

pub mod args;
pub mod cli;
pub mod clock;
#[path = "commands/commands.rs"]
pub mod commands;
#[path = "comparison/comparison.rs"]
mod comparison;
pub mod context;
#[cfg(feature = "dev")]
#[path = "dev/dev.rs"]
pub mod dev;
pub mod ending;
#[path = "kinds/kinds.rs"]
pub mod kinds;
pub mod now;
pub mod output;
pub mod per_object;
#[cfg(feature = "preview")]
#[path = "preview/preview.rs"]
pub mod preview;
pub mod progress;
mod reads;
pub mod serve;
pub mod serving;
mod systems;
pub mod table;

#[path = "apps/handler.rs"]
pub mod apps;
#[path = "mesh/handler.rs"]
pub mod mesh;
#[path = "promises/handler.rs"]
pub mod promises;
#[path = "refresh/handler.rs"]
pub mod refresh;
#[path = "resync/handler.rs"]
pub mod resync;
