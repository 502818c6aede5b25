//! Kubernetes' rules for names, as its API server checks them (apimachinery, `pkg/util/validation` and `pkg/api/validation`).
//! What Backstage takes is another matter.

/// The longest label, kind, label value, and name within a key.
const LABEL: usize = 63;

/// The longest subdomain.
const SUBDOMAIN: usize = 253;

/// A DNS-1123 label, as the name of a namespace is.
pub fn is_label(text: &str) -> bool {
    text.len() <= LABEL && is_part(text)
}

/// A DNS-1035 label, as a version and a plural are: it begins with a letter.
pub fn is_label_1035(text: &str) -> bool {
    is_label(text) && !text.starts_with(|c: char| c.is_ascii_digit())
}

/// A DNS-1123 subdomain, as a group and most names of objects are. Only the whole has a greatest length.
pub fn is_subdomain(text: &str) -> bool {
    text.len() <= SUBDOMAIN && text.split('.').all(is_part)
}

/// A kind, whose lower case is a DNS-1035 label.
pub fn is_kind(text: &str) -> bool {
    is_label_1035(&text.to_ascii_lowercase())
}

/// The name of any object. The API server also takes blanks, control characters, `\` and what is not ASCII, but only of
/// kinds whose names are no subdomain, such as RBAC's. Callboard does not: the name becomes a part of a key and a URL.
pub fn is_object_name(text: &str) -> bool {
    (1..=SUBDOMAIN).contains(&text.len())
        && text != "."
        && text != ".."
        && text.bytes().all(|b| b.is_ascii_graphic() && !matches!(b, b'/' | b'%' | b'\\'))
}

fn is_part(text: &str) -> bool {
    let edge = |b: &u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    let bytes = text.as_bytes();
    bytes.first().is_some_and(edge) && bytes.last().is_some_and(edge) && bytes.iter().all(|b| edge(b) || *b == b'-')
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What apimachinery 0.34.1 says: `l` IsDNS1123Label, `L` IsDNS1035Label, `s` IsDNS1123Subdomain, `k` IsDNS1035Label of
    /// the lower case, `p` IsValidPathSegmentName.
    fn table() -> Vec<(String, &'static str)> {
        let (x, dots) = (|n| "x".repeat(n), "a.".repeat(126));
        let rows = [
            ("a", "lLskp"),
            ("App", "---kp"),
            ("app", "lLskp"),
            ("argocd-application", "lLskp"),
            ("Argocd-Application", "---kp"),
            ("a--b", "lLskp"),
            ("-a", "----p"),
            ("a-", "----p"),
            ("1a", "l-s-p"),
            ("1", "l-s-p"),
            ("a1", "lLskp"),
            ("a_b", "----p"),
            ("a.b", "--s-p"),
            ("a..b", "----p"),
            (".a", "----p"),
            ("a.", "----p"),
            ("a.-b", "----p"),
            ("A.b", "----p"),
            ("a.b/c", "-----"),
            ("a/", "-----"),
            ("/a", "-----"),
            (".", "-----"),
            ("..", "-----"),
            ("a%2fb", "-----"),
            ("system:a", "----p"),
            (&x(63), "lLskp"),
            (&x(64), "--s-p"),
            (&(x(64) + ".io"), "--s-p"),
            (&(dots.clone() + "a"), "--s-p"),
        ];
        rows.map(|(text, rules)| (text.to_owned(), rules)).into()
    }

    #[test]
    fn each_check_says_what_the_api_server_says() {
        for (text, rules) in table() {
            let said = [
                ('l', is_label(&text)),
                ('L', is_label_1035(&text)),
                ('s', is_subdomain(&text)),
                ('k', is_kind(&text)),
                ('p', is_object_name(&text)),
            ];
            let said: String = said.map(|(rule, holds)| if holds { rule } else { '-' }).iter().collect();
            assert_eq!(said, rules, "{text:?}");
        }
    }

    /// The API server takes all but the empty one as a path segment.
    #[test]
    fn what_cannot_be_a_part_of_a_key_is_no_name() {
        let long = "a.".repeat(126) + "ab";
        for text in ["", "a b", "a\\b", "a\nb", "ä", "v1\n", &long] {
            assert!(!is_object_name(text) && !is_label(text) && !is_subdomain(text) && !is_kind(text), "{text:?}");
        }
    }
}
