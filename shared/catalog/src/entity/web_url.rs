//! The URLs that a link of an entity may have.

use crate::secret;
use url::Url;

/// An http or https URL that people may see.
pub(crate) fn web_url(text: &str) -> Result<Url, &'static str> {
    let text = text.trim();
    if text.len() > 2000 || text.contains(|c: char| c.is_whitespace() || c.is_control() || matches!(c, '{' | '}')) {
        return Err("has spaces, control characters or braces, or is longer than 2000 bytes");
    }
    match Url::parse(text) {
        Ok(url) if !matches!(url.scheme(), "http" | "https") => Err("is neither http nor https"),
        Ok(url) if secret::is_in_url(&url) => Err("has a user, a password or a token, which everybody would see"),
        Ok(url) => Ok(url),
        Err(_) => Err("is not an absolute URL"),
    }
}
