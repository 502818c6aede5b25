//! YAML reads back to exactly what was meant. Here a Rust parser reads it. If `CALLBOARD_ROUNDTRIP_FILE` names a file,
//! values and texts are written into it for Backstage's own parser (`tests/backstage/run`).

use proptest::{collection::vec, prelude::*, sample::select, strategy::ValueTree, test_runner::TestRunner};
use serde_json::{Map, Value, json};
use std::{
    env,
    fs::File,
    io::{BufWriter, Write},
};

const RANDOM: usize = 20_000;

/// Strings that some YAML parser reads as something else, or that break a text into pieces.
#[rustfmt::skip]
const NASTY: &[&str] = &[
    "", " ", "  ", "\n", "\n\n", "\t", "\r", "\r\n", "a\r", "a\rb", "a\r\nb\n", "\u{85}", "\u{2028}", "\u{2029}",
    "\u{a0}", "\u{0}", "\u{1}", "\u{7}", "\u{8}", "\u{b}", "\u{c}", "\u{1b}", "\u{7f}", "\u{80}", "\u{9f}",
    "\u{feff}", "\u{fffd}", "\u{fffe}", "\u{ffff}", "\u{d7ff}", "\u{e000}", "\u{10ffff}", "no", "No", "NO", "n", "y",
    "yes", "on", "off", "true", "True", "FALSE", "null", "Null", "NULL", "~", "nil", "none", "undefined", "1", "-1",
    "+1", "0", "-0", "00", "007", "0o17", "0x1f", "0X1F", "0b11", "1e3", "1E3", "1e+3", "1.", ".5", "1.0", "-1.5e-7",
    "1_000", "1,000", "12:30:45", "190:20:30", "0.0.0.0", ".inf", "-.INF", ".nan", ".NaN", "NaN", "Infinity",
    "9007199254740993", "18446744073709551616", "2026-11-21", "2026-11-21T01:02:03Z",
    "2026-11-21 01:02:03.123456789 +01:00", "=", "<<", "-", "- a", "-a", "--", "---", "--- a", "...", "... a", "?",
    "? a", "?a", ":", ": a", ":a", "a:", "a: b", "a:b", "a :b", "a #b", "a#b", "#", "# a", ",", "a, b", "[", "]",
    "[a]", "{", "}", "{a: b}", "&a", "& a", "*a", "* a", "!", "!!", "!a", "!!str a", "!!binary aGk=", "|", "| a",
    "|-", "|+1", ">", ">-", "> a", "@", "@a", "`", "`a`", "%", "%YAML 1.1", "% a", "'", "''", "'a'", "a'b", "\"",
    "\"\"", "\"a\"", "a\"b", "\\", "\\n", "a\\", "\\u0041", "${{ x }}", "${{ parameters.name | dump }}", "{{ x }}",
    "$text", "$json", "$yaml", "$ref", "__proto__", "constructor", "toString", "emoji 🙂", "👩‍👩‍👧", "🇪🇺", "ÄÖÜß",
    "日本語", "مرحبا", "\u{202e}abc", "e\u{301}", " leading", "trailing ", "\tleading", "trailing\t", "a  b", "a\tb",
    "\nleading", "trailing\n", "trailing\n\n", "a\nb", "a\n\nb", "a\n b", "a\n  b\nc", " a\nb", "a \nb", "a\n \nb",
    "a\n\t\nb", "a\n# b", "a\n---\nb", "a\n...\nb", "- a\n- b", "a: b\nc: d", "key: |\n  text\n", "x\n\n\n",
    "\n\n\nx", "a\u{0}b", "a\u{2028}b", "a\u{85}b",
];

#[test]
fn every_value_reads_back_as_it_was_meant() {
    let values = values();
    match env::var_os("CALLBOARD_ROUNDTRIP_FILE") {
        Some(path) => {
            let mut file = BufWriter::new(File::create(path).unwrap());
            values.for_each(|value| {
                writeln!(file, "{}", json!({"yaml": catalog::document(&value).unwrap(), "value": value})).unwrap()
            });
            file.flush().unwrap();
        }
        None => values.for_each(|value| {
            let yaml = catalog::document(&value).unwrap();
            let read: Value =
                serde_saphyr::from_str(&yaml).unwrap_or_else(|error| panic!("{value} as {yaml:?}: {error}"));
            assert_eq!(read, value, "{yaml:?}");
        }),
    }
}

/// Nasty strings in every place, then random values.
fn values() -> impl Iterator<Item = Value> {
    let long = ["x".repeat(2000), "word ".repeat(400), "word\n".repeat(400)];
    let texts = NASTY.iter().map(|text| (*text).to_owned()).chain(long);
    let placed = texts.flat_map(|text| {
        [
            json!({"a": text}),
            json!({&*text: "a"}),
            json!({"a": [text, [text], {"b": text}]}),
            json!({"a": {&*text: {&*text: [text]}}, "b": {&*text: null}}),
            json!([{&*text: text, "b": text}, text]),
        ]
    });
    let mut runner = TestRunner::deterministic();
    let strategy = value();
    placed.chain((0..RANDOM).map(move |_| strategy.new_tree(&mut runner).unwrap().current()))
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        8 => text().prop_map(Value::from),
        1 => any::<bool>().prop_map(Value::from),
        1 => any::<i32>().prop_map(Value::from),
        1 => any::<f64>().prop_map(|number| Value::from(if number == 0.0 { 0.0 } else { number })),
        1 => Just(Value::Null),
    ];
    leaf.prop_recursive(4, 24, 5, |inner| {
        let object = vec((text(), inner.clone()), 0..5).prop_map(|fields| Value::from(Map::from_iter(fields)));
        prop_oneof![object, vec(inner, 0..5).prop_map(Value::from)]
    })
}

/// Nasty strings, alone and joined, and any others in between.
fn text() -> impl Strategy<Value = String> {
    let piece =
        || prop_oneof![4 => select(NASTY).prop_map(str::to_owned), 1 => any::<String>(), 1 => "[ -~\n\t]{0,12}"];
    let joint = select(&["", " ", "\n", "\n  ", ": ", " #", ", ", "\r\n"][..]);
    prop_oneof![2 => piece(), 1 => (vec(piece(), 1..5), joint).prop_map(|(pieces, joint)| pieces.join(joint))]
}
