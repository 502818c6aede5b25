//! Generated files and generated parts of pages. With `CALLBOARD_BLESS=1` a test writes them instead of comparing them.

use std::{
    env, fs,
    path::Path,
    sync::{Mutex, PoisonError},
};

/// Folders that are not part of the repository.
const MADE: [&str; 5] = [".cache", ".func", ".git", "catalog", "target"];

/// Tests of one page run in parallel, and each writes its own part.
static WRITING: Mutex<()> = Mutex::new(());

pub(crate) fn read(file: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{file}: {error}"))
}

/// Asserts that a whole file is up to date.
pub(crate) fn assert_file(file: &str, wanted: &str) {
    let _writing = WRITING.lock().unwrap_or_else(PoisonError::into_inner);
    compare(file, &read(file), wanted);
}

/// Asserts that the part of a page between `<!-- NAME -->` and `<!-- /NAME -->` is up to date.
pub(crate) fn assert_part(page: &str, name: &str, wanted: &str) {
    let _writing = WRITING.lock().unwrap_or_else(PoisonError::into_inner);
    let is = read(page);
    let (begin, end) = (format!("<!-- {name} -->\n"), format!("<!-- /{name} -->"));
    let (before, rest) = is.split_once(&begin).unwrap_or_else(|| panic!("{page} has no line {begin}for\n{wanted}"));
    let (_, after) = rest.split_once(&end).unwrap_or_else(|| panic!("{page} has no line {end}"));
    compare(page, &is, &[before, &begin, wanted, &end, after].concat());
}

/// The files below a folder of the repository that people write, by path.
pub(crate) fn files(folder: &str) -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    let mut folders = vec![root.join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let is_made = path.ends_with("node_modules") || MADE.iter().any(|it| path == root.join(it));
            if path.is_dir() && !is_made {
                folders.push(path);
            } else if path.is_file() {
                files.push(path.strip_prefix(root).unwrap().to_str().unwrap().to_owned());
            }
        }
    }
    files.sort();
    files
}

/// A paragraph, or an item of a list, in lines of 100 characters. A link stays in one line.
pub(crate) fn wrapped(text: &str) -> String {
    let indent = if text.starts_with("- ") { "  " } else { "" };
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let line = lines.last_mut().unwrap();
        let is_within = line.matches('[').count() > line.matches(']').count();
        if line.chars().count() + 1 + word.chars().count() > 100 && !is_within {
            lines.push(format!("{indent}{word}"));
        } else {
            line.push_str(if line.is_empty() { "" } else { " " });
            line.push_str(word);
        }
    }
    lines.join("\n")
}

/// A text as a cell of a table.
pub(crate) fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('<', "\\<")
}

fn compare(file: &str, is: &str, wanted: &str) {
    if env::var_os("CALLBOARD_BLESS").is_some() {
        fs::write(Path::new(env!("CARGO_MANIFEST_DIR")).join(file), wanted).unwrap();
    } else {
        assert!(is == wanted, "{file} is out of date: run the test with CALLBOARD_BLESS=1 and look at what it changes");
    }
}
