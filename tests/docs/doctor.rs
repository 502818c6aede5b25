//! docs/reference/doctor.md against what the doctor finds in the tests of the doctor.

use super::{
    code::{Sources, literals},
    page::read,
    table::{Table, code},
};
use callboard::commands::doctor::Finding;

const PAGE: &str = "docs/reference/doctor.md";

/// The tables of the page, by area.
const AREAS: [(&str, &str); 4] = [
    ("bucket", "Bucket check"),
    ("cluster", "Cluster check"),
    ("eventing", "Eventing check"),
    ("backstage", "Backstage check"),
];

/// Asserts that the page has a check of this name for each finding.
pub(crate) fn assert_documented(findings: &[Finding]) {
    let page = read(PAGE);
    for finding in findings {
        let finding = serde_json::to_value(finding).unwrap();
        for field in finding.as_object().unwrap().keys() {
            assert!(page.contains(&format!("`{field}`")), "{PAGE} does not name the field {field} of a check");
        }
        let (area, subject) = (finding["area"].as_str().unwrap(), finding["subject"].as_str().unwrap());
        let (_, heading) = AREAS.into_iter().find(|(it, _)| *it == area).unwrap();
        let documented = Table::with(&page, &[heading]).code(0);
        assert!(documented.iter().any(|name| is_of(subject, name)), "{PAGE} has no {heading} {subject:?}");
    }
}

#[test]
fn every_documented_check_is_in_the_code() {
    let literals = Sources::all()
        .below("functions/commands/doctor")
        .iter()
        .flat_map(|(_, text)| literals(text))
        .collect::<Vec<_>>();
    let page = read(PAGE);
    for (_, heading) in AREAS {
        for row in Table::with(&page, &[heading]).rows {
            for name in code(&row[0]) {
                let fixed = name.split('<').next().unwrap().to_owned();
                // A kind is in the code as the API has it: `SinkBinding`.
                let is_kind = |it: &str| fixed.trim_end().trim_end_matches('s').eq_ignore_ascii_case(it);
                let is_in_code = |it: &String| it.starts_with(&fixed) || is_kind(it);
                assert!(fixed.is_empty() || literals.iter().any(is_in_code), "no {heading} is called {name}");
            }
        }
    }
}

#[test]
fn a_name_stands_for_what_differs() {
    assert!(is_of("kind app.workshop.kratix.io", "kind <kind>.<group>") && is_of("this clock", "this clock"));
    assert!(
        !is_of("kind app", "kind <kind>.<group>")
            && !is_of("clock", "this clock")
            && !is_of("kinds a.b", "kind <kind>.<group>")
    );
    assert!(is_of("CALLBOARD_OWNER", "<VARIABLE>") && !is_of("the owner", "<VARIABLE>"));
}

/// Whether a subject has this name, where `<...>` stands for one word, and `<VARIABLE>` for one in capital letters.
fn is_of(subject: &str, name: &str) -> bool {
    if name == "<VARIABLE>" {
        return subject.bytes().all(|it| it.is_ascii_uppercase() || it.is_ascii_digit() || it == b'_');
    }
    let Some((before, rest)) = name.split_once('<') else { return subject == name };
    let after = rest.split_once('>').map_or("", |(_, after)| after);
    let Some(subject) = subject.strip_prefix(before) else { return false };
    let ends = subject.char_indices().skip(1).map(|(at, _)| at).chain([subject.len()]);
    ends.filter(|end| *end > 0).any(|end| is_of(&subject[end..], after))
}
