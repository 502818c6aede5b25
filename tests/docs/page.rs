//! Generated files and generated parts of pages. With `CALLBOARD_BLESS=1` a test writes them instead of comparing them.

use std::{
    env, fs,
    path::Path,
    sync::{Mutex, PoisonError},
};

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
