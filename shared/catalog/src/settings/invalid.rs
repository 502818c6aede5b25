//! Why a setting cannot be used.

use crate::secret::quoted;

/// A setting that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{value} {rule}")]
pub struct InvalidSetting {
    value: String,
    rule: &'static str,
}

impl InvalidSetting {
    pub(super) fn new(value: &str, rule: &'static str) -> Self {
        Self { value: quoted(value), rule }
    }
}
