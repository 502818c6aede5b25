//! How a text is written: as a block, in quotes, or plainly.

use serde::{Serialize, Serializer};
use serde_saphyr::{LitStr, SingleQuoted};
use std::collections::BTreeMap;

/// JSON in single quotes, a text of several lines or a long one with quotes as a literal block, and any other as the
/// library chooses.
pub(super) struct Text<'a>(pub(super) &'a str);

impl Serialize for Text<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            text if is_json(text) => SingleQuoted(text).serialize(serializer),
            text if is_block(text) => LitStr(text).serialize(serializer),
            text => serializer.serialize_str(text),
        }
    }
}

/// From how many bytes on a line with quotes is a block: in double quotes, each of them would be escaped.
const LONG: usize = 80;

/// Whether every parser reads a literal block of it back to the same text. npm `yaml` drops spaces of lines that have
/// nothing else. The width of the first line's indentation would have to be said, and empty lines at the end are easily
/// lost.
fn is_block(text: &str) -> bool {
    let is_lost = |line: &str| !line.is_empty() && line.trim_matches([' ', '\t']).is_empty();
    (text.contains('\n') || text.len() > LONG && text.contains('"'))
        && !text.starts_with([' ', '\t', '\n'])
        && !text.ends_with("\n\n")
        && !text.contains('\r')
        && !text.split('\n').any(is_lost)
}

/// In double quotes, each quote of it would be escaped.
fn is_json(text: &str) -> bool {
    text.starts_with(['[', '{']) && text.bytes().all(|b| matches!(b, b' '..=b'~'))
}

/// For `serialize_with`.
pub(crate) fn text<S: Serializer>(text: &str, serializer: S) -> Result<S::Ok, S::Error> {
    Text(text).serialize(serializer)
}

/// For `serialize_with`.
pub(crate) fn optional_text<S: Serializer>(text: &Option<String>, serializer: S) -> Result<S::Ok, S::Error> {
    text.as_deref().map(Text).serialize(serializer)
}

/// For `serialize_with`.
pub(crate) fn texts<S: Serializer>(texts: &BTreeMap<String, String>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(texts.iter().map(|(key, text)| (key, Text(text))))
}
