//! `LIKE`, with the mistakes of the Go SDK.

/// Whether a text is like a pattern, in which `%` is anything and `_` is one byte, unless `\` precedes them.
///
/// As in the Go SDK, a `%` of the pattern that meets a `%` of the text matches only that character.
pub(super) fn is_like(text: &str, pattern: &str) -> bool {
    let (text, pattern) = (text.as_bytes(), pattern.as_bytes());
    let (mut at, mut of) = (0, 0);
    let mut wildcard = None;
    while at < text.len() {
        match pattern.get(of) {
            Some(b'\\') if matches!(pattern.get(of + 1), Some(next @ (b'_' | b'%')) if *next == text[at]) => {
                (at, of) = (at + 1, of + 2);
            }
            Some(&byte) if byte == b'_' || byte == text[at] => (at, of) = (at + 1, of + 1),
            Some(b'%') => {
                wildcard = Some((at, of));
                of += 1;
            }
            _ => match wildcard {
                Some((from, star)) => {
                    wildcard = Some((from + 1, star));
                    (at, of) = (from + 1, star + 1);
                }
                None => return false,
            },
        }
    }
    pattern[of..].iter().all(|byte| *byte == b'%')
}

/// Whether a text with this beginning and this end may be like the pattern.
pub(super) fn may_be_like(starts: &str, ends: &str, pattern: &str) -> bool {
    let special = ['%', '_', '\\'];
    let Some(first) = pattern.find(special) else { return super::outcome::fits(pattern, starts, ends) };
    let last = pattern.rfind(special).unwrap_or(first);
    agree(starts.bytes(), pattern[..first].bytes()) && agree(ends.bytes().rev(), pattern[last + 1..].bytes().rev())
}

fn agree(one: impl Iterator<Item = u8>, other: impl Iterator<Item = u8>) -> bool {
    one.zip(other).all(|(one, other)| one == other)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_is_matched_as_the_go_sdk_does() {
        for (text, pattern, is) in [
            ("abc", "a%c", true),
            ("abc", "%b%", true),
            ("abc", "a_c", true),
            ("é", "_", false),
            ("é", "__", true),
            ("", "", true),
            ("", "%%", true),
            ("a", "", false),
            ("a_c", "a\\_c", true),
            ("abc", "a\\_c", false),
            ("100%", "100\\%", true),
            ("100% sure", "100%", false),
            ("aab", "%ab", true),
        ] {
            assert_eq!(is_like(text, pattern), is, "{text} like {pattern}");
        }
    }

    #[test]
    fn of_a_half_known_text_only_its_ends_speak() {
        for (starts, ends, pattern, may) in [
            ("com.", "", "com.%", true),
            ("com.", "", "org.%", false),
            ("", ".v1", "%.v2", false),
            ("com.", ".v1", "com.x.v1", true),
            ("com.", ".v1", "com.v1", false),
            ("com.a.", "", "com.%b", true),
        ] {
            assert_eq!(may_be_like(starts, ends, pattern), may, "{starts}…{ends} like {pattern}");
        }
    }
}
