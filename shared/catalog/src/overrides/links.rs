//! Links that a user wrote into an annotation.

use super::parse;
use crate::{
    entity::{Link, web_url::web_url},
    secret,
};
use serde::Deserialize;
use serde_json::Value;

/// Links that a user wrote: a JSON array of `{url, title, icon, type}`, or URLs separated by whitespace.
pub(crate) fn read(text: &str) -> Vec<Result<Link, String>> {
    if !text.trim_start().starts_with('[') {
        return text
            .split_whitespace()
            .map(|url| UserLink { url: url.to_owned(), ..UserLink::default() }.link())
            .collect();
    }
    match serde_json::from_str::<Vec<Value>>(text) {
        Ok(links) => links.into_iter().zip(1..).map(link).collect(),
        Err(error) => vec![Err(format!("is not a valid JSON array: {error}"))],
    }
}

/// The note does not quote the item, which may hold anything.
fn link((value, number): (Value, usize)) -> Result<Link, String> {
    let link: UserLink = serde_json::from_value(value).map_err(|_| {
        format!("item {number} is not a valid link. Write an object with url, and optionally title, icon and type")
    })?;
    link.link()
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct UserLink {
    url: String,
    title: Option<String>,
    icon: Option<String>,
    #[serde(rename = "type")]
    ty: Option<String>,
}

impl UserLink {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rejected_link_that_may_hold_a_secret_is_not_quoted() {
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
            let links = read(text);
            assert!(!links.is_empty() && links.iter().all(Result::is_err), "{text}: {links:?}");
            assert!(!format!("{links:?}").contains("hunter2"), "{text}: {links:?}");
        }
    }

    #[test]
    fn a_wrong_link_does_not_take_the_right_one_with_it() {
        let links = read(
            r#"[{"url": "https://a.example", "title": "A", "type": "doc"}, {"url": "ftp://b"}, {"href": "x"}, {"url": "http://c", "icon": ""}]"#,
        );
        assert_eq!(links.iter().map(Result::is_ok).collect::<Vec<_>>(), [true, false, false, false]);
        assert_eq!(read("https://a.example\nhttps://b.example").into_iter().filter_map(Result::ok).count(), 2);
        assert!(read("[1").iter().all(Result::is_err));
    }
}
