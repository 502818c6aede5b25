//! Links to where an object can be reached.

use crate::{entity::Link, overrides::parse, secret};
use events::Object;
use serde::Deserialize;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use url::Url;

/// The most links that a status leads to.
const MAX: usize = 10;

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
            links.entry(url).or_insert(Link { url: text.trim().to_owned(), title, icon: None, ty: None });
        }
    }
    links.into_values().collect()
}

/// Links that a user wrote: a JSON array of `{url, title, icon, type}`, or URLs parted by whitespace.
pub(crate) fn wished(text: &str) -> Vec<Result<Link, String>> {
    if !text.trim_start().starts_with('[') {
        return text.split_whitespace().map(|url| Wish { url: url.to_owned(), ..Wish::default() }.link()).collect();
    }
    match serde_json::from_str::<Vec<Value>>(text) {
        Ok(links) => links.into_iter().zip(1..).map(link).collect(),
        Err(error) => vec![Err(format!("is no JSON array: {error}"))],
    }
}

/// A note must not quote the item, which may hold anything.
fn link((value, number): (Value, usize)) -> Result<Link, String> {
    let wish: Wish = serde_json::from_value(value).map_err(|_| {
        format!("item {number} is no link; write an object with url and, where wanted, title, icon and type")
    })?;
    wish.link()
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wish {
    url: String,
    title: Option<String>,
    icon: Option<String>,
    #[serde(rename = "type")]
    ty: Option<String>,
}

impl Wish {
    fn link(self) -> Result<Link, String> {
        let quoted = secret::quoted(parse::rendered(&self.url)?);
        web_url(&self.url).map_err(|why| format!("{quoted} {why}"))?;
        let part = |text: Option<String>| text.map(|text| parse::text(&text, 200)).transpose();
        let parts = || {
            Ok(Link {
                url: self.url.trim().to_owned(),
                title: part(self.title)?,
                icon: part(self.icon)?,
                ty: part(self.ty)?,
            })
        };
        parts().map_err(|why: String| format!("the title, icon or type of {quoted} {why}"))
    }
}

/// An http or https URL that people may see.
pub(crate) fn web_url(text: &str) -> Result<Url, &'static str> {
    let text = text.trim();
    if text.len() > 2000 || text.contains(|c: char| c.is_whitespace() || c.is_control() || matches!(c, '{' | '}')) {
        return Err("has spaces, control characters or braces or is longer than 2000 bytes");
    }
    match Url::parse(text) {
        Ok(url) if !matches!(url.scheme(), "http" | "https") => Err("is neither http nor https"),
        Ok(url) if secret::is_in_url(&url) => Err("has a user, a password or a token, which everybody would see"),
        Ok(url) => Ok(url),
        Err(_) => Err("is no absolute URL"),
    }
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
    use serde_json::json;

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
    fn what_is_no_link_for_people_is_left_out() {
        let status = json!({"endpoint": "javascript:alert(1)", "url": "todo.default.svc:8080", "message": "http://jane:secret@a.example"});
        assert_eq!(of(&status), []);
        for secret in ["?token=abc", "?a=1&api%5Fkey=abc", "#access_token=abc", "#/path?token=abc", "?%74oken=abc"] {
            assert_eq!(of(&json!({"url": format!("https://a.example/{secret}")})), [], "{secret}");
        }
        assert_eq!(of(&json!({"url": "https://a.example/@jane?page=2#token"})).len(), 1);
    }

    #[test]
    fn a_refused_link_is_not_quoted_where_it_may_hold_a_secret() {
        for text in [
            "https://jane:hunter2@a.example",
            "ftp://jane:hunter2@a.example",
            "https://hunter2@a.example",
            "https://jane:hun/hunter2@a.example",
            "https://a.example?token=hunter2",
            "https://a.example/{x}#access_token=hunter2",
            "https://a.example?%74oken=hunter2",
            r#"[{"url": "https://jane:hunter2@a.example"}]"#,
            r#"[{"url": "https://a.example", "password": "hunter2"}]"#,
            r#"[{"url": "https://jane:hunter2@a.example", "icon": ""}]"#,
            r#"["https://jane:hunter2@a.example"]"#,
            r#"["hunter2"]"#,
            r#"["hunter2"#,
        ] {
            let links = wished(text);
            assert!(!links.is_empty() && links.iter().all(Result::is_err), "{text}: {links:?}");
            assert!(!format!("{links:?}").contains("hunter2"), "{text}: {links:?}");
        }
    }

    #[test]
    fn a_message_full_of_urls_leads_to_ten_links() {
        let message: String = (0..50).map(|n| format!("http://{n}.example ")).collect();
        assert_eq!(of(&json!({ "message": message })).len(), 10);
    }

    #[test]
    fn a_wrong_link_does_not_take_the_right_one_with_it() {
        let links = wished(
            r#"[{"url": "https://a.example", "title": "A", "type": "doc"}, {"url": "ftp://b"}, {"href": "x"}, {"url": "http://c", "icon": ""}]"#,
        );
        assert_eq!(links.iter().map(Result::is_ok).collect::<Vec<_>>(), [true, false, false, false]);
        assert_eq!(wished("https://a.example\nhttps://b.example").into_iter().filter_map(Result::ok).count(), 2);
        assert!(wished("[1").iter().all(Result::is_err));
    }
}
