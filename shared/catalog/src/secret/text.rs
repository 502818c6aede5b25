//! Secrets in texts.

use super::{
    field,
    token::is_token,
    url::{is_in_url, is_name},
};
use std::{borrow::Cow, ops::Range};
use url::Url;

/// What a secret becomes in a text that is shown.
const MASK: &str = "***";

/// The longest text that is read as JSON, in bytes.
const MAX_JSON: usize = 64 * 1024;

/// The longest text that is looked at, in bytes. A longer one is taken for a secret.
const MAX: usize = 256 * 1024;

/// As much of a wrong text as a note may quote: nothing of what may hold a secret.
pub(crate) fn quoted(text: &str) -> String {
    if may_be_in_text(text) {
        "a text that may hold a secret".to_owned()
    } else {
        format!("{:?}", text.chars().take(80).collect::<String>())
    }
}

/// Whether a value may hold a secret. In doubt it does: in `password: of jane` the words are taken for one.
pub(crate) fn may_be_in_text(text: &str) -> bool {
    text.rsplit(['=', ':']).skip(1).any(is_name) || Url::parse(text).is_ok_and(|url| is_in_url(&url)) || holds(text)
}

/// Whether a text, which may be prose, holds a secret.
pub(super) fn holds(text: &str) -> bool {
    let is_json = text.len() <= MAX_JSON && text.trim_start().starts_with(['{', '[']);
    !secrets(text).is_empty() || is_json && serde_json::from_str(text).is_ok_and(|value| field::holds_secret(&value))
}

/// The text with asterisks instead of the secrets in it.
pub fn masked(text: &str) -> Cow<'_, str> {
    let secrets = secrets(text);
    if secrets.is_empty() {
        return text.into();
    }
    let (mut shown, mut at) = (String::new(), 0);
    for secret in secrets {
        shown.push_str(&text[at..secret.start]);
        shown.push_str(MASK);
        at = secret.end;
    }
    shown.push_str(&text[at..]);
    shown.into()
}

/// Where in a text there are secrets, in order.
fn secrets(text: &str) -> Vec<Range<usize>> {
    if text.len() > MAX {
        return vec![Range { start: 0, end: text.len() }];
    }
    // Most texts are one word, such as a name.
    let is_sign = |b: u8| b.is_ascii_uppercase() || b.is_ascii_whitespace() || matches!(b, b':' | b'=' | b'@' | b'_');
    if text.is_ascii() && !text.bytes().any(is_sign) {
        return Vec::new();
    }
    let key = private_key(text);
    let prose = &text[..key.unwrap_or(text.len())];
    let (mut found, mut at, mut before) = (Vec::new(), 0, "");
    for piece in prose.split_inclusive(char::is_whitespace) {
        let word = trimmed(piece);
        if !word.is_empty() {
            let from = at + piece.find(word).unwrap_or_default();
            if is_secret(word, before) {
                found.push(from..from + word.len());
            } else {
                found.extend(assigned(word).into_iter().map(|it| from + it.start..from + it.end));
            }
        }
        if !piece.trim().is_empty() {
            before = piece.trim();
        }
        at += piece.len();
    }
    found.extend(key.map(|from| from..text.len()));
    found
}

/// Where a private key begins. What follows is not looked at any more.
fn private_key(text: &str) -> Option<usize> {
    let mut keys = text.match_indices("-----BEGIN ");
    let is_private = |(at, begin): &(usize, &str)| {
        let label = text[at + begin.len()..].split("-----").next().unwrap_or_default();
        !label.contains("CERTIFICATE") && !label.contains("PUBLIC")
    };
    keys.find(is_private).map(|(at, _)| at)
}

/// A word without the marks around it.
fn trimmed(piece: &str) -> &str {
    let is_mark = |c: char| c.is_whitespace() || "\"'`()[]{}<>,.;:!?*|".contains(c);
    piece.trim_matches(is_mark)
}

/// Whether a word is a secret, as a whole.
fn is_secret(word: &str, before: &str) -> bool {
    is_token(word)
        || has_password(word)
        || word.contains("://") && Url::parse(word).is_ok_and(|url| is_in_url(&url))
        || is_credential(word, before)
}

/// Whether a word is `user:password@host`. A digest of an image is no host, and an address of mail has no password.
fn has_password(word: &str) -> bool {
    let Some((user, host)) = word.rsplit_once('@') else { return false };
    let password = user.split_once(':').filter(|(scheme, _)| *scheme != "mailto").and_then(|_| user.rsplit(':').next());
    let is_given = password.is_some_and(|password| !password.is_empty() && !password.starts_with("//"));
    is_given && !host.starts_with("sha256:") && !host.starts_with("sha512:")
}

/// Whether the word before says that this one is a secret: `Bearer`, `--password`, `password:`.
fn is_credential(word: &str, before: &str) -> bool {
    let is_named = before.ends_with([':', '=']) || before.starts_with('-') && !before.contains('=');
    let has_digit = || word.bytes().any(|b| b.is_ascii_digit());
    let is_scheme = |name: &str| name.eq_ignore_ascii_case("basic") || name.eq_ignore_ascii_case("bearer");
    is_named && !is_plain(word) && is_name(trimmed(before))
        || (word.len() >= 20 || word.len() >= 6 && has_digit()) && is_scheme(trimmed(before))
}

/// Whether a word may be one of a sentence, or a number.
fn is_plain(word: &str) -> bool {
    let rest = word.strip_prefix(|c: char| c.is_ascii_uppercase()).unwrap_or(word);
    let is_word = rest.chars().all(|c| c.is_lowercase() || matches!(c, '-' | '_' | '/' | '.'));
    is_word || is_reference(word) || word.len() < 8 && word.bytes().all(|b| b.is_ascii_digit())
}

/// Where in a word a secret is assigned to its name: `DB_PASS=...`, `--password=...`, `Server=x;Password=...`. No part of
/// the word is looked at twice.
fn assigned(word: &str) -> Vec<Range<usize>> {
    let is_quote = |c: char| matches!(c, '"' | '\'' | '\\');
    let is_url = word.contains("://");
    let (mut found, mut at) = (Vec::new(), 0);
    while let Some(sign) = word[at..].find(['=', ':']).map(|sign| at + sign) {
        let name = word[at..sign].rsplit(|c: char| ",;&?{[(/|".contains(c)).next().unwrap_or_default();
        at = sign + 1;
        if !is_name(name) {
            continue;
        }
        let value = word[at..].split(|c: char| ",;&)]}".contains(c)).next().unwrap_or_default();
        let is_port = is_url && word[sign..].starts_with(':') && value.starts_with(|c: char| c.is_ascii_digit());
        let (begin, end) = (at, at + value.len());
        let value = value.trim_start_matches(is_quote);
        let begin = begin + (end - begin - value.len());
        let value = value.trim_end_matches(is_quote);
        let is_given = value.contains(char::is_alphanumeric) && !is_reference(value) && !is_switch(value);
        if is_given && !is_port {
            found.push(begin..begin + value.len());
        }
        at = end;
    }
    found
}

/// Whether a value is a variable or a placeholder.
fn is_reference(value: &str) -> bool {
    value.starts_with(['$', '<', '{', '%'])
}

fn is_switch(value: &str) -> bool {
    ["false", "no", "none", "null", "true", "yes"].contains(&value.to_ascii_lowercase().as_str())
}

#[cfg(test)]
mod tests {
    use super::{super::token::tests::random, *};

    #[test]
    fn each_kind_of_secret_is_masked_and_nothing_else() {
        let token = format!("ghp_{}", random(36, 1));
        let key = ["-----BEGIN RSA PRIVATE", " KEY-----\nMIIhunter2\n-----END RSA PRIVATE KEY-----"].concat();
        for (text, shown) in [
            ("postgres://app:hunter2@db:5432/app", "***"),
            ("connect to postgres://app:hunter2@db/app, then wait", "connect to ***, then wait"),
            ("app:hunter2@tcp(db:3306)/x", "***"),
            ("Authorization: Bearer hunter2-a", "Authorization: Bearer ***"),
            ("run --password=hunter2 --verbose", "run --password=*** --verbose"),
            ("run --password hunter2 --verbose", "run --password *** --verbose"),
            ("DB_PASS=hunter2", "DB_PASS=***"),
            ("dbPass: hunter2", "dbPass: ***"),
            (r#"{"user":"jane","password":"hunter2","port":1}"#, r#"{"user":"jane","password":"***","port":1}"#),
            (r#"{"password": "hunter2"}"#, r#"{"password": "***"}"#),
            ("Server=db;Database=x;User Id=sa;Password=hunter2;", "Server=db;Database=x;User Id=sa;Password=***;"),
            ("AccountName=x;AccountKey=hunter2;EndpointSuffix=y", "AccountName=x;AccountKey=***;EndpointSuffix=y"),
            ("https://x.blob.core.windows.net/c?sv=1&sig=hunter2", "***"),
            ("SharedAccessSignature sr=a&sig=hunter2&se=1", "SharedAccessSignature sr=a&sig=***&se=1"),
            (&format!("take {token}."), "take ***."),
            (&format!("key `{}`", random(40, 2)), "key `***`"),
            (&format!("before\n{key}\nbehind"), "before\n***"),
        ] {
            assert_eq!(masked(text), shown, "{text}");
            assert!(may_be_in_text(text) && holds(text), "{text}");
            assert_eq!(masked(&masked(text)), shown, "{text} twice");
        }
    }

    #[test]
    fn what_holds_no_secret_stays_as_it_is() {
        let hex = "0a1b2c3d4e5f60718293a4b5c6d7e8f9";
        for text in [
            "",
            "The password: it must be long. Max tokens: 10",
            "The name of the Secret that holds the token",
            "Basic authentication, or a bearer token",
            "Use --password to set it",
            "password=$DB_PASS password=<yours> token=true",
            "jane@example.org, mailto:jane@example.org, git@github.com:shop/cart.git, ssh://git@github.com/shop",
            "*/5 * * * *",
            "0 2 * * 1-5 /bin/backup",
            "org.springframework.aop.framework.AbstractSingletonProxyFactoryBean",
            "broker-00042-deployment-7d9f8b6c5-x2x4z",
            "550e8400-e29b-41d4-a716-446655440000",
            "type = com.example.order and source begins with /shop",
            "2026-11-29T21:20:32Z",
            "http://vault-token:8200/ui and https://my-secret:8443",
            "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----",
            &format!("nginx:1.25@sha256:{hex}{hex}"),
            &format!("et-default-{hex}"),
        ] {
            assert_eq!(masked(text), text);
            assert!(!holds(text), "{text}");
        }
    }

    #[test]
    fn the_work_grows_with_the_length_of_a_text() {
        let long = |part: &str| part.repeat(MAX / part.len());
        for text in ["=", ":", "a=", "pass=", "pass=$", "pass=x,", "@:", "-----BEGIN ", "https://a:", "aB1", "\"", "{"]
            .map(long)
        {
            let began = std::time::Instant::now();
            let _ = (masked(&text), may_be_in_text(&text));
            assert!(began.elapsed() < std::time::Duration::from_secs(5), "{}", &text[..12]);
        }
        assert_eq!(masked(&" ".repeat(MAX + 1)), MASK);
    }

    #[test]
    fn a_value_is_judged_more_strictly_than_prose() {
        for text in ["password: of jane", "token=", "secret:yes"] {
            assert!(may_be_in_text(text) && !holds(text), "{text}");
        }
        assert!(quoted("password: of jane").contains("may hold a secret"));
        assert_eq!(quoted("of jane"), "\"of jane\"");
    }
}
