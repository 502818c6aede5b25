//! Secrets in URLs.

use super::{field::is_secret, token::is_token};
use url::{Url, form_urlencoded};

/// Names of signatures, in lower case, that work as a password in the query of a URL.
const SIGNATURES: [&str; 5] = ["sig", "signature", "x-amz-security-token", "x-amz-signature", "x-goog-signature"];

/// Whether a URL holds a user, who may be a token, a password, or a secret in its path, query or fragment. Outside of the
/// web a user alone is none: `ssh://git@`.
pub(crate) fn is_in_url(url: &Url) -> bool {
    let is_web = matches!(url.scheme(), "http" | "https");
    let fragment = url.fragment().unwrap_or_default();
    let mut fields = url.query_pairs().chain(form_urlencoded::parse(fragment.as_bytes()));
    is_web && !url.username().is_empty()
        || url.password().is_some()
        || fields.any(|(name, value)| {
            !value.is_empty() && is_name(&name) || value.rsplit('=').skip(1).any(is_name) || is_token(&value)
        })
        || url
            .path_segments()
            .is_some_and(|mut parts| parts.any(|part| is_token(part) || part.rsplit('=').skip(1).any(is_name)))
        || is_webhook(url)
}

/// Whether what is assigned to this name is a secret.
pub(super) fn is_name(name: &str) -> bool {
    is_secret(name) || SIGNATURES.contains(&name.to_ascii_lowercase().as_str())
}

/// Whether a URL is a webhook of a service outside of the cluster: who knows it may post.
fn is_webhook(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let mut path = url.path_segments().into_iter().flatten();
    let is_path = path.any(|part| matches!(part, "webhook" | "webhooks"))
        && path.any(|part| part.len() >= 8 && part.bytes().any(|b| b.is_ascii_digit()));
    let is_hook = host.starts_with("hooks.") && url.path().len() > 1 || host.ends_with(".webhook.office.com");
    let is_outside = host.contains('.') && !host.ends_with(".svc") && !host.contains(".svc.");
    is_outside && (is_hook || is_path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_found_in_each_part_of_a_url() {
        let token = super::super::token::tests::random(40, 3);
        for url in [
            "https://jane:hunter2@a.example",
            "https://hunter2@a.example",
            "postgres://app:hunter2@db:5432/app",
            "redis://:hunter2@cache:6379",
            "https://a.example?token=hunter2",
            "https://a.example?%74oken=hunter2",
            "https://a.example#access_token=hunter2",
            "https://x.blob.core.windows.net/c?sv=1&sig=hunter2",
            "https://b.s3.amazonaws.com/k?X-Amz-Signature=hunter2",
            "https://hooks.chat.example/services/hunter2",
            "https://chat.example/api/webhooks/123456789012/hunter2",
            "https://a.example/x;password=hunter2/y",
            &format!("https://a.example/bot/{token}/send"),
            &format!("https://a.example/?key={token}"),
        ] {
            assert!(is_in_url(&Url::parse(url).unwrap()), "{url}");
        }
    }

    #[test]
    fn an_ordinary_url_holds_none() {
        for url in [
            "https://a.example/@jane?page=2#token",
            "https://a.example/browse?key=SHOP-12&sort=name",
            "http://hooks.shop.svc.cluster.local/services/cart",
            "http://webhooks.shop.svc/webhooks/cart-00042",
            "ssh://git@a.example/shop/cart.git",
            "https://a.example/shop/cart/tree/550e8400e29b41d4a716446655440000",
            "https://hooks.example.org/",
            "http://broker-ingress.knative-eventing.svc.cluster.local/shop/default",
        ] {
            assert!(!is_in_url(&Url::parse(url).unwrap()), "{url}");
        }
    }
}
