//! The scenarios, one file for each part of what is promised.

pub(crate) mod adapter;
pub(crate) mod alone;
pub(crate) mod binding;
pub(crate) mod bucket;
pub(crate) mod captures;
pub(crate) mod deletions;
pub(crate) mod func;
pub(crate) mod func_schema;
pub(crate) mod functions;
pub(crate) mod hanging;
pub(crate) mod install;
pub(crate) mod life;
pub(crate) mod mesh;
pub(crate) mod overlays;
pub(crate) mod permissions;
pub(crate) mod plural;
pub(crate) mod pod;
pub(crate) mod remade;
pub(crate) mod removal;
pub(crate) mod requests;
pub(crate) mod secured;
pub(crate) mod warm;
pub(crate) mod with_backstage;
