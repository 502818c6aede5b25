//! Why an object has no entities.

use crate::{
    entity::EntityRef,
    settings::{Selection, Settings},
};
use std::fmt;

/// Why an object has no entities.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Absence {
    /// Its kind has none.
    Kind,
    /// It has a third-party Component.
    Elsewhere(EntityRef),
    /// Knative made it for its own use.
    Internal,
    /// It opts out.
    OptedOut,
    /// It does not opt in, or opts out.
    NotOptedIn,
    /// A namespace is a System for the entities in it, and it has none.
    Empty,
    /// Its spec is not valid, as the notes say.
    Invalid,
    /// Callboard cannot describe it, for this reason. What the bucket has stays.
    Failed(String),
}

impl Absence {
    /// Of an object that is not wanted.
    pub(crate) fn unwanted(settings: &Settings) -> Self {
        match settings.selection {
            Selection::All => Self::OptedOut,
            Selection::OptIn => Self::NotOptedIn,
        }
    }
}

impl fmt::Display for Absence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Kind => f.write_str("this kind has none of its own"),
            Self::Elsewhere(component) => write!(f, "its Component is {component}, which Callboard does not write"),
            Self::Internal => f.write_str("Knative made it for its own use"),
            Self::OptedOut => f.write_str("it opts out by an annotation or a label"),
            Self::NotOptedIn => f.write_str("it does not opt in, or opts out"),
            Self::Empty => f.write_str("no entity is in this namespace"),
            Self::Invalid => f.write_str("its spec is not valid"),
            Self::Failed(why) => f.write_str(why),
        }
    }
}
