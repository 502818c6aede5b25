//! URLs as everybody may see them.

/// A text without the users, passwords, queries and fragments of the URLs in it. Whatever ends in a log, an error or an
/// answer and may name a configured URL goes through here.
pub fn shown(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for piece in text.split_inclusive(char::is_whitespace) {
        let word = piece.trim_end();
        shown.push_str(&word_shown(word));
        shown.push_str(&piece[word.len()..]);
    }
    shown
}

/// A word that may be a URL, or hold one. What looks like a password is taken up to the last `@`: in a URL that is not
/// valid it may have any sign in it.
fn word_shown(word: &str) -> String {
    let (scheme, rest) = match word.split_once("://") {
        Some((scheme, rest)) => (Some(scheme), rest),
        None => (None, word),
    };
    let (user, place) = match rest.rsplit_once('@') {
        Some((user, place)) if scheme.is_some() || user.contains(':') => (Some(user), place),
        _ => (None, rest),
    };
    let end = place.find(['?', '#']).filter(|at| scheme.is_some() && at + 1 < place.len());
    let (place, has_query) = (&place[..end.unwrap_or(place.len())], end.is_some());
    let scheme = scheme.map(|scheme| format!("{scheme}://")).unwrap_or_default();
    // An image is `name:tag@sha256:digest`.
    let user = match user {
        Some(user) if scheme.is_empty() && place.starts_with("sha256:") => format!("{user}@"),
        Some(_) => "***@".to_owned(),
        None => String::new(),
    };
    format!("{scheme}{user}{place}{}", if has_query { "?***" } else { "" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_loses_what_may_be_a_secret() {
        for (text, wanted) in [
            ("http://me:hunter2@broker/a", "http://***@broker/a"),
            ("http://hunter2@broker", "http://***@broker"),
            ("http://me:hun/ter?2#@broker/a?b", "http://***@broker/a?***"),
            ("me:hunter2@broker:80", "***@broker:80"),
            ("https://a.example/x?token=hunter2#hunter2", "https://a.example/x?***"),
            ("https://a.example/x#hunter2", "https://a.example/x?***"),
            (
                "invalid value 'http://me:hunter2@broker/' for '--sink <URL>'\n  no",
                "invalid value 'http://***@broker/' for '--sink <URL>'\n  no",
            ),
            (
                "export A=http://me:hunter2@s3:1   # now https://b?c=hunter2",
                "export A=http://***@s3:1   # now https://b?***",
            ),
        ] {
            assert_eq!(shown(text), wanted, "{text}");
        }
    }

    #[test]
    fn any_other_text_stays_as_it_is() {
        let digest = format!("registry:5000/x:1@sha256:{}", "0".repeat(64));
        for text in ["", "a  b\n", "jane@example.org: is it https://a.example/x? Or s3://b, {a}?", &digest] {
            assert_eq!(shown(text), text);
        }
    }
}
