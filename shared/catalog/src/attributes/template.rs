//! The value that an EventType gives for an attribute, and what it says about its events.

/// The texts of which each event's value consists, with anything or nothing between them. There is one, unless the
/// value is a template like `/apis/v1/namespaces/{namespace}/x`. `None` if the value does not say.
///
/// Knative stores a source as a URL: `/{name}` as `/%7Bname%7D`, and `/münchen` as `/m%C3%BCnchen`. Its broker also
/// reads the source of an event that way, and other brokers read it as it is. A source with such characters does not
/// say which one filters see.
pub(crate) fn literals(name: &str, value: &str) -> Option<Vec<String>> {
    if name != "source" {
        return Some(split(value));
    }
    let codes = [("%7B", "{"), ("%7b", "{"), ("%7D", "}"), ("%7d", "}")];
    let literals = split(&codes.iter().fold(value.to_owned(), |value, (code, brace)| value.replace(code, brace)));
    literals.iter().all(|literal| literal.chars().all(stays)).then_some(literals)
}

/// Whether it looks the same in any spelling of a URL.
fn stays(c: char) -> bool {
    c.is_ascii_alphanumeric() || "-._~$&+,/:;=?@#".contains(c)
}

/// The texts around the variables. A variable that nests, or is closed twice, ends at the last of its braces.
fn split(value: &str) -> Vec<String> {
    let mut literals = Vec::new();
    let mut rest = value;
    while let Some((literal, behind)) = rest.split_once('{')
        && let Some(closed) = behind.find('}')
    {
        let next = behind[closed..].find('{').map_or(behind.len(), |next| closed + next);
        literals.push(literal.to_owned());
        rest = &behind[behind[..next].rfind('}').unwrap_or(closed) + 1..];
    }
    literals.push(rest.to_owned());
    literals
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_template_is_known_around_its_variables() {
        for (value, wanted) in [
            ("/a", vec!["/a"]),
            ("/a/{b}/c/{d}", vec!["/a/", "/c/", ""]),
            ("/a/{}/c", vec!["/a/", "/c"]),
            ("{a{b}}c}d", vec!["", "d"]),
            ("/{a b}", vec!["/", ""]),
        ] {
            assert_eq!(literals("type", value).unwrap(), wanted, "{value}");
            assert_eq!(literals("source", value).unwrap(), wanted, "{value}");
            let stored = value.replace('{', "%7B").replace('}', "%7d").replace(' ', "%20");
            assert_eq!(literals("source", &stored).unwrap(), wanted, "{stored}");
        }
        assert_eq!(literals("type", "a}{c}{d"), Some(vec!["a}".to_owned(), "{d".to_owned()]));
    }

    #[test]
    fn a_source_that_a_url_spells_differently_is_not_known() {
        for value in ["/m%C3%BCnchen", "/münchen", "/a%7Cb", "/a b/c", "/a%2Fb", "/a%7Bb", "a}c{b", "/a(b)"] {
            assert_eq!(literals("source", value), None, "{value}");
            assert_eq!(literals("type", value), Some(vec![value.to_owned()]));
        }
        for value in ["/a%20b/%7Bc%7D", "/{a}/b%2Fc"] {
            assert_eq!(literals("source", value), None, "{value}");
        }
    }
}
