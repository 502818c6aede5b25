//! Which texts may hold a secret.

use super::field::is_secret;
use url::{Url, form_urlencoded};

/// As much of a wrong text as a note may quote: nothing of what may hold a secret.
pub(crate) fn quoted(text: &str) -> String {
    if may_be_in_text(text) {
        "a text that may hold a secret".to_owned()
    } else {
        format!("{:?}", text.chars().take(80).collect::<String>())
    }
}

/// Whether a text may hold a secret: one that is assigned to its name, or one in a URL.
pub(crate) fn may_be_in_text(text: &str) -> bool {
    let assigned = text.rsplit(['=', ':']).skip(1).any(is_secret);
    let user = text.rsplit_once('@').is_some_and(|(user, _)| user.contains(':'));
    assigned || user || Url::parse(text).is_ok_and(|url| is_in_url(&url))
}

/// Whether a URL holds a user, who may be a token, a password, or a secret in its query or fragment.
pub(crate) fn is_in_url(url: &Url) -> bool {
    let fragment = url.fragment().unwrap_or_default();
    let mut fields = url.query_pairs().chain(form_urlencoded::parse(fragment.as_bytes()));
    let assigned = |value: &str| value.rsplit('=').skip(1).any(is_secret);
    !url.username().is_empty()
        || url.password().is_some()
        || fields.any(|(name, value)| !value.is_empty() && is_secret(&name) || assigned(&value))
}
