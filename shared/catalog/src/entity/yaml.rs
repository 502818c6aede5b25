//! YAML that Backstage's parser (npm `yaml`, YAML 1.2) reads back to exactly what was meant.

use serde::Serialize;

/// A value that has no YAML form.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("failed to write YAML: {0}")]
pub struct NotYaml(String);

/// One document, without a leading `---`.
///
/// Block scalars are off: npm `yaml` drops spaces at the ends of their whitespace-only lines.
pub fn document<T: Serialize>(value: &T) -> Result<String, NotYaml> {
    let options = serde_saphyr::ser_options! { prefer_block_scalars: false };
    serde_saphyr::to_string_with_options(value, options).map_err(|error| NotYaml(error.to_string()))
}
