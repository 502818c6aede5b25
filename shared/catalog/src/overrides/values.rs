//! What the overrides of an object say.

use crate::entity::{EntityRef, Link};
use std::collections::{BTreeMap, BTreeSet};

/// The valid overrides of an object. The others are noted.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Overrides {
    /// `callboard.dev/title`
    pub title: Option<String>,
    /// `callboard.dev/description`
    pub description: Option<String>,
    /// `callboard.dev/owner`
    pub owner: Option<EntityRef>,
    /// `callboard.dev/system`
    pub system: Option<EntityRef>,
    /// `callboard.dev/lifecycle`
    pub lifecycle: Option<String>,
    /// `callboard.dev/type`
    pub ty: Option<String>,
    /// `callboard.dev/tags`
    pub tags: BTreeSet<String>,
    /// `callboard.dev/links`
    pub links: BTreeSet<Link>,
    /// `callboard.dev/depends-on`
    pub depends_on: BTreeSet<EntityRef>,
    /// `callboard.dev/provides-apis`
    pub provides_apis: BTreeSet<EntityRef>,
    /// `callboard.dev/consumes-apis`
    pub consumes_apis: BTreeSet<EntityRef>,
    /// Annotations of Backstage that the object carries itself, such as `backstage.io/kubernetes-id`.
    pub annotations: BTreeMap<String, String>,
}
