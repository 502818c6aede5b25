//! The links that an object's status gives.

use crate::entity::{Link, web_url::web_url};
use events::Object;
use std::collections::{BTreeMap, BTreeSet};

/// The most links that a status leads to.
const MAX: usize = 10;

/// Stock Backstage has none of this name, and shows its globe.
const ICON: &str = "web";

/// What surrounds a URL in a sentence.
const AROUND: [char; 7] = ['<', '>', '"', '\'', '`', ',', '|'];

/// What may end a sentence right behind a URL.
const BEHIND: [char; 9] = ['.', ';', ':', '!', '?', ')', ']', '}', '*'];

/// Links from `status.endpoint`, `status.url` and the URLs in `status.message`.
pub(crate) fn of_status(object: &Object) -> BTreeSet<Link> {
    let at = |pointer, title| object.text(pointer).into_iter().map(move |url| (url, title));
    let in_message = object.text("/status/message").into_iter().flat_map(urls_in).map(|url| (url, None));
    let mut links = BTreeMap::new();
    for (text, title) in at("/status/endpoint", Some("Endpoint")).chain(at("/status/url", None)).chain(in_message) {
        if let (Ok(url), true) = (web_url(text), links.len() < MAX) {
            let title = title.or(url.host_str()).map(str::to_owned);
            links.entry(url).or_insert(Link {
                url: text.trim().to_owned(),
                title,
                icon: Some(ICON.to_owned()),
                ty: None,
            });
        }
    }
    links.into_values().collect()
}

fn urls_in(text: &str) -> impl Iterator<Item = &str> {
    let words = text.split(|c: char| c.is_whitespace() || AROUND.contains(&c));
    words.filter_map(|word| {
        let start = ["http://", "https://"].iter().filter_map(|scheme| word.find(scheme)).min()?;
        Some(word[start..].trim_end_matches(BEHIND))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn of(status: &Value) -> Vec<(String, String)> {
        let object =
            json!({"apiVersion": "example.org/v1", "kind": "App", "metadata": {"name": "x"}, "status": status});
        let links = of_status(&Object::try_from(object).unwrap());
        links.into_iter().map(|link| (link.url, link.title.unwrap_or_default())).collect()
    }

    fn pair(url: &str, title: &str) -> (String, String) {
        (url.to_owned(), title.to_owned())
    }

    #[test]
    fn an_endpoint_that_the_message_repeats_is_one_link() {
        let status =
            json!({"endpoint": "http://todo.local.gd:31338", "message": "deployed to http://todo.local.gd:31338/."});
        assert_eq!(of(&status), [pair("http://todo.local.gd:31338", "Endpoint")]);
    }

    #[test]
    fn urls_are_found_in_a_sentence() {
        let status = json!({"message": "see (https://a.example/x?y=1), <http://b.example>; or ui=http://c.example! Not httpd://d or http:// ."});
        assert_eq!(
            of(&status),
            [
                pair("http://b.example", "b.example"),
                pair("http://c.example", "c.example"),
                pair("https://a.example/x?y=1", "a.example")
            ]
        );
    }

    #[test]
    fn what_is_not_a_link_for_people_is_omitted() {
        let status = json!({"endpoint": "javascript:alert(1)", "url": "todo.default.svc:8080", "message": "http://jane:secret@a.example"});
        assert_eq!(of(&status), []);
        for secret in ["?token=abc", "?a=1&api%5Fkey=abc", "#access_token=abc", "#/path?token=abc", "?%74oken=abc"] {
            assert_eq!(of(&json!({"url": format!("https://a.example/{secret}")})), [], "{secret}");
        }
        assert_eq!(of(&json!({"url": "https://a.example/@jane?page=2#token"})).len(), 1);
    }

    #[test]
    fn a_message_full_of_urls_leads_to_ten_links() {
        let message: String = (0..50).map(|n| format!("http://{n}.example ")).collect();
        assert_eq!(of(&json!({ "message": message })).len(), 10);
    }
}
