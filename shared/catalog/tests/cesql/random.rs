//! Random expressions, filters and events, of so few words that they often match.

use catalog::cesql::Value;
use proptest::{collection::vec, option, prelude::*, sample::select};
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;

/// The attributes of an event.
pub(crate) type Event = BTreeMap<String, Value>;

const NAMES: [&str; 8] = ["type", "source", "subject", "id", "tenant", "count", "paid", "missing"];
const TEXTS: [&str; 13] = ["a", "com.a", "com.a.v1", "A", "5", "-1", "true", "FALSE", "a%b", "_", "it's", "x y", "añb"];
const LITERALS: [&str; 26] = [
    "0",
    "1",
    "-1",
    "+5",
    "2147483647",
    "-2147483648",
    "TRUE",
    "false",
    "'a'",
    "\"com.a\"",
    "'com.a.v1'",
    "'A'",
    "'5'",
    "''",
    "'true'",
    "'a%b'",
    "'%'",
    "'com.%'",
    "'%v1'",
    "'_'",
    "'a\\_b'",
    "'it\\'s'",
    "'it''s'",
    "\"é\"",
    "'\\\\'",
    "' x '",
];
const OPERATORS: [&str; 15] = ["=", "!=", "<>", "<", "<=", ">", ">=", "AND", "OR", "XOR", "+ ", "- ", "*", "/", "%"];
const FUNCTIONS: [&str; 17] = [
    "INT",
    "BOOL",
    "STRING",
    "IS_INT",
    "IS_BOOL",
    "ABS",
    "LENGTH",
    "CONCAT",
    "CONCAT_WS",
    "LOWER",
    "UPPER",
    "TRIM",
    "LEFT",
    "RIGHT",
    "SUBSTRING",
    "substring",
    "NONE",
];
/// What a lexer may stumble over.
const PIECES: [&str; 34] = [
    "type",
    "tenant",
    "a1",
    "1a",
    "_",
    "a_b",
    "LEFT",
    "x",
    "ı",
    "é",
    "'a'",
    "'",
    "\"",
    "\\",
    "''",
    "'a''",
    "\\'",
    "1",
    "-1",
    "+2",
    "99999999999",
    "(",
    ")",
    ",",
    "=",
    "!",
    "!=",
    "<",
    ">",
    "-",
    "+",
    "$",
    "\n",
    "LIKE",
];

/// An expression that mostly parses.
pub(crate) fn expression() -> impl Strategy<Value = String> {
    let literal = || select(&LITERALS[..]);
    let name = || select(&NAMES[..]);
    let leaf = prop_oneof![
        literal().prop_map(str::to_owned),
        name().prop_map(str::to_owned),
        name().prop_map(|name| format!("EXISTS {name}")),
        (name(), literal()).prop_map(|(name, literal)| format!("{name} = {literal}")),
        (literal(), name()).prop_map(|(literal, name)| format!("{literal} = {name}")),
    ];
    leaf.prop_recursive(5, 24, 3, move |inner| {
        let negated = || select(&["", "NOT "][..]);
        prop_oneof![
            4 => (inner.clone(), select(&OPERATORS[..]), inner.clone()).prop_map(|(left, is, right)| format!("{left} {is} {right}")),
            1 => inner.clone().prop_map(|of| format!("NOT {of}")),
            1 => inner.clone().prop_map(|of| format!("- {of}")),
            2 => inner.clone().prop_map(|of| format!("({of})")),
            1 => (inner.clone(), negated(), select(&LITERALS[8..])).prop_map(|(of, not, like)| format!("{of} {not}LIKE {like}")),
            1 => (inner.clone(), negated(), vec(inner.clone(), 1..4)).prop_map(|(of, not, set)| format!("{of} {not}IN ({})", set.join(", "))),
            2 => (select(&FUNCTIONS[..]), vec(inner, 0..4)).prop_map(|(function, of)| format!("{function}({})", of.join(","))),
        ]
    })
}

/// A text that mostly does not parse.
pub(crate) fn soup() -> impl Strategy<Value = String> {
    let piece =
        prop_oneof![4 => select(&PIECES[..]), 1 => select(&OPERATORS[..]), 1 => select(&["NOT ", "IN", "exists "][..])];
    (vec((piece, select(&["", " "][..])), 1..8))
        .prop_map(|pieces| pieces.into_iter().map(|(piece, space)| format!("{piece}{space}")).collect())
}

/// An event whose attributes are texts, as they are behind a broker.
pub(crate) fn event() -> impl Strategy<Value = Event> {
    let text = || option::of(select(&TEXTS[..]));
    (select(&TEXTS[..]), select(&["/s", "/shop/1", "http://x/y"][..]), text(), text(), text()).prop_map(
        |(event_type, source, subject, tenant, count)| {
            let required = [("id", Some("a")), ("type", Some(event_type)), ("source", Some(source))];
            let optional = [("subject", subject), ("tenant", tenant), ("count", count)];
            let given = required.into_iter().chain(optional);
            given.filter_map(|(name, value)| Some((name.to_owned(), value?.into()))).collect()
        },
    )
}

/// An event with attributes of all three types.
pub(crate) fn typed_event() -> impl Strategy<Value = Event> {
    (event(), option::of(-2..6), option::of(any::<bool>())).prop_map(|(mut event, count, paid)| {
        event.extend(count.map(|count: i32| ("count".to_owned(), count.into())));
        event.extend(paid.map(|paid| ("paid".to_owned(), paid.into())));
        event
    })
}

/// The part of a Trigger's `spec` that filters.
pub(crate) fn trigger() -> impl Strategy<Value = Json> {
    let value = || prop_oneof![5 => select(&TEXTS[..]), 1 => Just("")];
    let old = (select(&NAMES[..]), value()).prop_map(|(name, value)| json!({"attributes": {name: value}}));
    (option::of(vec(filter(), 0..3)), option::of(old))
        .prop_map(|(filters, filter)| json!({"filters": filters, "filter": filter}))
}

fn filter() -> impl Strategy<Value = Json> {
    let value = || prop_oneof![9 => select(&TEXTS[..]), 1 => Just("")];
    let leaf = prop_oneof![
        6 => (select(&["exact", "prefix", "suffix"][..]), select(&NAMES[..]), value())
            .prop_map(|(dialect, name, value)| json!({dialect: {name: value}})),
        2 => (select(&NAMES[..]), value()).prop_map(|(name, value)| json!({"exact": {name: value, "type": "a"}})),
        2 => expression().prop_map(|expression| json!({"cesql": expression})),
        1 => Just(json!({})),
    ];
    leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            (select(&["any", "all"][..]), vec(inner.clone(), 0..3))
                .prop_map(|(dialect, inner)| json!({dialect: inner})),
            inner.prop_map(|inner| json!({"not": inner})),
        ]
    })
}

/// A source as its author writes it, maybe a template, one of an event that matches it, and a filter by sources.
pub(crate) fn source() -> impl Strategy<Value = (String, String, Json)> {
    let raw = || select(&["a", "b/", "/c", "ü", "|", " ", "(d)", ":", "?q=", "=1"][..]);
    let encoded = select(&["%20", "%2F", "%61", "%7B"][..]);
    let beginning = select(&["/", "/shop/", "https://x.example/", "urn:x:", "a/"][..]);
    let fixed = vec(prop_oneof![3 => raw(), 1 => encoded], 0..5).prop_map(|parts| (parts.concat(), parts.concat()));
    // What is encoded already, next to a variable, cannot be distinguished from what Knative encodes.
    let template = vec((raw(), any::<bool>()), 0..5).prop_map(|parts| {
        let written = parts.iter().map(|(text, varies)| if *varies { "{x}" } else { text });
        (written.collect(), parts.iter().map(|(text, _)| *text).collect())
    });
    let sources = (beginning, prop_oneof![fixed, template]);
    (sources, raw(), 0..4_usize, 0..6_usize, any::<bool>()).prop_map(
        |((beginning, (end, real)), more, kind, cut, not)| {
            let (written, real): (String, String) = (format!("{beginning}{end}"), format!("{beginning}{real}"));
            let (begins, ends): (String, String) =
                (real.chars().take(cut + 2).collect(), real.chars().skip(cut).collect());
            let filter = match kind {
                0 => json!({"exact": {"source": if cut == 0 { format!("{real}{more}") } else { real.clone() }}}),
                1 => json!({"prefix": {"source": begins}}),
                2 => json!({"suffix": {"source": if ends.is_empty() { more } else { &ends }}}),
                _ => json!({"cesql": format!("source = '{real}' OR source LIKE '{begins}{more}%'")}),
            };
            (written, real, if not { json!({"filters": [{"not": filter}]}) } else { json!({"filters": [filter]}) })
        },
    )
}
