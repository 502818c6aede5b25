//! What the code says: its sources, without their tests.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

/// Sources, by path below the root.
pub(crate) struct Sources(Vec<(String, String)>);

impl Sources {
    /// Those of the functions and of all shared crates, each up to its tests.
    pub(crate) fn all() -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let crates = fs::read_dir(root.join("shared")).unwrap().map(|entry| entry.unwrap().path().join("src"));
        let files: Vec<_> = crates.chain([root.join("functions")]).flat_map(|folder| files(&folder)).collect();
        assert!(files.len() > 100, "only {} sources were found", files.len());
        let path = |file: &Path| file.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
        let code = files.iter().filter(|file| file.file_stem().is_none_or(|name| name != "tests"));
        Self(code.map(|file| (path(file), without_tests(file))).collect())
    }

    /// Those below this folder.
    pub(crate) fn below(&self, folder: &str) -> Self {
        let below: Vec<_> = self.0.iter().filter(|(path, _)| path.starts_with(folder)).cloned().collect();
        assert!(!below.is_empty(), "no source is below {folder}");
        Self(below)
    }

    /// Each path with its text.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(path, text)| (path.as_str(), text.as_str()))
    }

    /// The text of a function of a type, such as `as_str` of `Nothing`.
    pub(crate) fn method(&self, ty: &str, name: &str) -> &str {
        let begins = format!("impl {ty} {{");
        let implementations = self.iter().flat_map(|(_, text)| text.split(begins.as_str()).skip(1));
        let found = implementations.filter_map(|rest| function(rest.split("\n}\n").next()?, name)).next();
        found.unwrap_or_else(|| panic!("no type {ty} has a function {name}"))
    }

    /// The text of a function that names something.
    pub(crate) fn naming(&self, name: &str) -> &str {
        let mut found = self.iter().filter_map(|(_, text)| function(text, name));
        let found = found.find(|text| text.lines().next().is_some_and(|line| line.contains("-> &'static str")));
        found.unwrap_or_else(|| panic!("there is no function {name} that names something"))
    }

    /// The string literals that follow this text anywhere.
    pub(crate) fn literals_after(&self, before: &str) -> BTreeSet<String> {
        self.iter().flat_map(|(_, text)| literals_after(text, before)).collect()
    }
}

/// The string literals that follow this text.
pub(crate) fn literals_after(text: &str, before: &str) -> BTreeSet<String> {
    let before = format!("{before}\"");
    text.split(before.as_str()).skip(1).filter_map(|rest| Some(rest.split_once('"')?.0.to_owned())).collect()
}

/// All string literals of one line.
pub(crate) fn literals(text: &str) -> BTreeSet<String> {
    let lines = text.lines().filter(|line| !line.trim_start().starts_with("//"));
    lines.flat_map(|line| line.split('"').skip(1).step_by(2)).filter(|it| !it.is_empty()).map(str::to_owned).collect()
}

/// Those of one word.
pub(crate) fn words(text: &str) -> BTreeSet<String> {
    literals(text).into_iter().filter(|it| !it.contains([' ', '\\'])).collect()
}

/// All Rust files below a folder, sorted.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut entries: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    let files = entries.into_iter().flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] });
    files.filter(|path| path.extension().is_some_and(|it| it == "rs")).collect()
}

fn without_tests(file: &Path) -> String {
    let text = fs::read_to_string(file).unwrap();
    text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default().to_owned()
}

/// The text of a function, up to the brace that ends it.
fn function<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let at = text.find(&format!("fn {name}(")).or_else(|| text.find(&format!("fn {name}<")))?;
    let begin = text[..at].rfind('\n').map_or(0, |it| it + 1);
    let indent: String = text[begin..].chars().take_while(|it| *it == ' ').collect();
    text[at..].split(&format!("\n{indent}}}")).next()
}
