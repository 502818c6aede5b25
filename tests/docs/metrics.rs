//! docs/reference/metrics.md against the instruments, spans and values in the code.

use super::{
    code::{Sources, literals_after},
    page::read,
    table::{Table, code},
};
use std::collections::{BTreeMap, BTreeSet};

const PAGE: &str = "docs/reference/metrics.md";

/// How the code makes an instrument, and what the page calls it.
const INSTRUMENTS: [(&str, &str); 3] =
    [("u64_counter(", "counter"), ("f64_histogram(", "histogram"), ("u64_gauge(", "gauge")];

/// The instruments that a text makes: name, type and unit.
fn instruments(text: &str) -> BTreeSet<(String, &'static str, &'static str)> {
    let made = INSTRUMENTS.iter().flat_map(|(call, ty)| text.split(call).skip(1).map(move |rest| (rest, *ty)));
    let instrument = |(rest, ty): (&str, _)| {
        let statement = rest.split(';').next()?;
        let unit = if statement.contains(".with_unit(\"s\")") { "s" } else { "" };
        Some((rest.split('"').nth(1)?.to_owned(), ty, unit))
    };
    made.filter_map(instrument).collect()
}

#[test]
fn every_metric_is_documented_with_its_type_its_unit_and_its_attributes() {
    let mut made = BTreeMap::new();
    for (path, text) in Sources::all().iter() {
        let attributes = literals_after(text, "KeyValue::new(");
        let instruments = instruments(text);
        let together = instruments.iter().map(|(name, ..)| name.clone()).collect::<BTreeSet<_>>();
        assert!(attributes.is_empty() || !together.is_empty(), "{path} has attributes, but no metric");
        for (name, ty, unit) in instruments {
            made.insert(name, (ty.to_owned(), unit.to_owned(), together.clone(), attributes.clone()));
        }
    }
    let table = Table::with(&read(PAGE), &["Metric", "Type", "Unit", "Attributes"]);
    let row = |row: &Vec<String>| (code(&row[0]).concat(), row.clone());
    let documented: BTreeMap<_, _> = table.rows.iter().map(row).collect();
    assert_eq!(documented.keys().collect::<Vec<_>>(), made.keys().collect::<Vec<_>>());
    for (name, (ty, unit, together, attributes)) in made {
        let row = &documented[&name];
        assert_eq!((&row[1], &row[2].replace('`', "")), (&ty, &unit), "{name}");
        // The metrics of one file share its attributes.
        let documented: BTreeSet<_> = together.iter().flat_map(|name| code(&documented[name][3])).collect();
        assert_eq!(documented, attributes, "{name}");
    }
}

#[test]
fn every_value_of_an_attribute_is_documented() {
    let all = Sources::all();
    let [bucket, cluster, backstage, events, runtime] =
        ["bucket", "cluster", "backstage", "events", "runtime"].map(|it| all.below(&format!("shared/{it}/")));
    let arms = |text: &str| literals_after(text, "=> ");
    let and = |mut values: BTreeSet<String>, more: BTreeSet<String>| {
        values.extend(more);
        values
    };
    let one = |value: &str| BTreeSet::from([value.to_owned()]);
    let page = read(PAGE);
    for (heading, values) in [
        ("Verdict", and(arms(events.method("Nothing", "as_str")), arms(runtime.method("Outcome", "verdict")))),
        ("Reason", arms(events.method("DriftReason", "as_str"))),
        (
            "Action",
            and(arms(runtime.method("EntityCounter", "changed")), runtime.literals_after("KeyValue::new(\"action\", ")),
        ),
        ("Operation on the store", bucket.literals_after("self.call(")),
        ("Outcome of the store", and(arms(bucket.naming("outcome_of")), one("ok"))),
        ("Operation on the cluster", cluster.literals_after("operation: ")),
        ("Outcome of the cluster", and(arms(cluster.method("Refusal", "outcome")), one("ok"))),
        ("Call to Backstage", and(backstage.literals_after("Call::post("), backstage.literals_after("Call::get("))),
        (
            "Outcome of Backstage",
            and(arms(backstage.method("Answer", "outcome")), arms(backstage.method("Error", "as_str"))),
        ),
        ("Outcome of the sink", and(arms(runtime.method("Fault", "as_str")), one("sent"))),
    ] {
        assert!(values.len() > 2, "{heading}: {values:?}");
        assert_eq!(Table::with(&page, &[heading]).code(0), values, "{heading}");
    }
}

#[test]
fn every_span_is_documented_with_its_attributes() {
    let mut made = BTreeMap::new();
    for (_, text) in Sources::all().iter() {
        for call in text.split("_span!(").skip(1) {
            let arguments = arguments(call);
            let name = literals_after(arguments, "otel.name = format!(").into_iter().next();
            let name = name.unwrap_or_else(|| arguments.split('"').nth(1).unwrap().to_owned());
            let fields = arguments.split([',', '\n']).filter_map(|it| Some(it.split_once(" = ")?.0.trim().to_owned()));
            made.insert(beginning(&name), fields.filter(|field| !field.starts_with("otel.")).collect());
        }
    }
    let table = Table::with(&read(PAGE), &["Span", "Attributes"]);
    let row = |row: &Vec<String>| (beginning(&code(&row[0]).concat()), code(&row[1]).into_iter().collect());
    let documented: BTreeMap<String, BTreeSet<String>> = table.rows.iter().map(row).collect();
    assert_eq!(documented, made);
}

#[test]
fn the_documented_log_lines_are_written() {
    let runtime = Sources::all().below("shared/runtime/");
    for row in Table::with(&read(PAGE), &["Level", "Line", "Verdicts"]).rows {
        for line in row[1].split(", ") {
            let call = format!("tracing::{}!(", row[0]);
            let lines = runtime.iter().flat_map(|(_, text)| text.split(call.as_str()).skip(1).map(arguments));
            let mut lines = lines.filter_map(|arguments| arguments.split('"').nth(1));
            assert!(lines.any(|it| it.starts_with(line)), "no line at {} begins with {line:?}", row[0]);
        }
    }
}

/// The arguments of a call, up to its closing bracket.
fn arguments(call: &str) -> &str {
    let mut open = 1;
    let end = call.find(|it| {
        open += match it {
            '(' => 1,
            ')' => -1,
            _ => 0,
        };
        open == 0
    });
    &call[..end.unwrap()]
}

/// A name without what is filled in: `s3.{operation}` in code, `s3.<operation>` on the page.
fn beginning(name: &str) -> String {
    name.split(['{', '<']).next().unwrap_or_default().to_owned()
}
