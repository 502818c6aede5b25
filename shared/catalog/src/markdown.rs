//! Texts that Backstage and its viewers of APIs read as Markdown.

use std::borrow::Cow;

/// Where a link may lead.
const WEB: [&str; 3] = ["http://", "https://", "mailto:"];

/// Elements of HTML that do something without an attribute.
const ELEMENTS: [&str; 12] =
    ["base", "form", "iframe", "math", "noscript", "object", "plaintext", "script", "style", "svg", "template", "xmp"];

/// As much of a link or an element as is looked at, in bytes.
const MAX: usize = 300;

/// The text without images, without HTML that has attributes, and without links to anything but web pages: a blank
/// makes plain text of them. An image would be fetched from its server by everybody who looks.
pub(crate) fn tame(text: &str) -> Cow<'_, str> {
    let mut tame = String::new();
    let mut from = 0;
    for (at, sign) in text.match_indices(['[', '(', ':', '<']) {
        let (before, behind) = (&text[..at], &text[at + 1..]);
        let behind = &behind[..behind.floor_char_boundary(MAX)];
        let breaks = match sign {
            "[" => before.ends_with('!').then_some(at),
            "(" => (before.ends_with(']') && !leads_to_web(behind, ')')).then_some(at),
            ":" => (before.ends_with(']') && !leads_to_web(behind, '\n')).then_some(at),
            _ => is_element(behind).then_some(at + 1),
        };
        if let Some(at) = breaks {
            tame.push_str(&text[from..at]);
            tame.push(' ');
            from = at;
        }
    }
    if from == 0 {
        return text.into();
    }
    tame.push_str(&text[from..]);
    tame.into()
}

/// Whether the target of a link is a web page, or only looks like a target.
fn leads_to_web(target: &str, end: char) -> bool {
    let target = target.trim_start();
    let target = target.split(end).next().unwrap_or_default();
    is_web(target.strip_prefix('<').unwrap_or(target)) || !target.contains([':', '/', '\\', '&', '<'])
}

fn is_web(target: &str) -> bool {
    WEB.iter().any(|web| target.get(..web.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(web)))
}

/// Whether what follows `<` makes an element that may do something, rather than a placeholder or a link in brackets.
fn is_element(behind: &str) -> bool {
    if !behind.starts_with(|c: char| c.is_ascii_alphabetic() || matches!(c, '/' | '!' | '?')) {
        return false;
    }
    let Some((inside, _)) = behind.split_once('>') else { return true };
    let name = inside.strip_prefix('/').unwrap_or(inside);
    let is_placeholder = name.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | ' '));
    let has_attribute = inside.contains(['"', '\'', '<']) || inside.contains(' ') && inside.contains('=');
    let is_link = is_web(inside) && !has_attribute;
    let first = name.split(' ').next().unwrap_or_default().to_ascii_lowercase();
    !is_link && (!is_placeholder || ELEMENTS.contains(&first.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ordinary_text_stays_as_it_is() {
        for text in [
            "",
            "See [the docs](https://a.example/x?y=1) or <https://a.example>, [mail](mailto:jane@a.example).",
            "[docs]: http://a.example \"Docs\"",
            "`<name>.<namespace>` is a < b and <b>bold</b>, a list[0]: first, `^[a-z]([-a-z0-9]*[a-z0-9])?$`!",
            "[x](<https://a.example/a b>)",
            "Grüße [ä](anchor) [ ] (https://a.example)",
        ] {
            assert_eq!(tame(text), text);
        }
    }

    #[test]
    fn what_would_be_fetched_or_lead_elsewhere_becomes_plain_text() {
        for (text, plain) in [
            ("![x](https://evil.example/x.png)", "! [x](https://evil.example/x.png)"),
            ("![x][y]\n\n[y]: https://evil.example", "! [x][y]\n\n[y]: https://evil.example"),
            ("[x](javascript:alert(1))", "[x] (javascript:alert(1))"),
            ("[x]( java&#115;cript:alert(1))", "[x] ( java&#115;cript:alert(1))"),
            ("[x](//evil.example)", "[x] (//evil.example)"),
            ("[x](<data:text/html,y>)", "[x] (< data:text/html,y>)"),
            ("[x]: javascript:alert(1)", "[x] : javascript:alert(1)"),
            ("<img src=https://evil.example>", "< img src=https://evil.example>"),
            ("<img src=https://evil.example", "< img src=https://evil.example"),
            ("<script>alert(1)</script>", "< script>alert(1)< /script>"),
            ("<javascript:alert(1)>", "< javascript:alert(1)>"),
            ("<https://a.example\" onclick=\"x\">", "< https://a.example\" onclick=\"x\">"),
            ("<!--x--><?x?>", "< !--x-->< ?x?>"),
        ] {
            assert_eq!(tame(text), plain, "{text}");
            assert_eq!(tame(plain), plain, "{text} twice");
        }
    }
}
