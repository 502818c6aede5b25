//! A table of 132 columns.

use crate::dev::done::Report;

/// How wide the last column is, which is wrapped.
const LAST: usize = 51;

/// The head.
pub(super) fn head() -> String {
    format!("{}{}\n", line("#", "object", "event", "done", "entities, or why not"), "-".repeat(132))
}

/// One event, with a line for each detail at least.
pub(super) fn row(number: usize, object: &str, event: &str, report: &Report) -> String {
    let mut details = report.details.iter().flat_map(|detail| wrapped(detail));
    let first = details.next().unwrap_or_default();
    let mut row = line(&number.to_string(), object, event, &report.done.to_string(), &first);
    row.extend(details.map(|detail| line("", "", "", "", &detail)));
    row
}

fn line(number: &str, object: &str, event: &str, done: &str, detail: &str) -> String {
    let whole = format!("{number:>2}  {object:<32}  {event:<30}  {done:<9}  {detail}");
    format!("{}\n", whole.trim_end())
}

/// The words of a text in lines that fit; a word that is too long is cut into pieces.
fn wrapped(text: &str) -> Vec<String> {
    let mut lines = vec![String::new()];
    let words = text.split_whitespace().map(|word| word.chars().collect::<Vec<_>>());
    for word in words.flat_map(|word| word.chunks(LAST - 2).map(String::from_iter).collect::<Vec<_>>()) {
        match lines.last_mut() {
            Some(line) if line.is_empty() => line.push_str(&word),
            Some(line) if line.chars().count() + 1 + word.chars().count() <= LAST => *line = format!("{line} {word}"),
            _ => lines.push(format!("  {word}")),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dev::done::Done;

    #[test]
    fn a_row_keeps_every_word_and_fits() {
        let details =
            vec!["component:default/app".into(), format!("why {} not so", "é".repeat(100)), "a b ".repeat(30)];
        let report = Report { done: Done::Unchanged, details: details.clone() };
        let row = row(7, "app default/todoer", "update: its annotations fixed", &report);
        assert!(row.lines().all(|line| line.chars().count() <= 132), "{row}");
        let letters = |text: &str| text.chars().filter(|c| "éab".contains(*c)).count();
        assert_eq!(letters(row.split_once("unchanged").unwrap().1), letters(&details.concat()));
    }
}
