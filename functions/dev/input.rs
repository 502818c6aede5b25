//! Reading Kubernetes objects from files, within bounds.

use anyhow::{Context, bail, ensure};
use serde_json::Value;
use std::{
    fs::{self, File},
    io::Read,
    path::{Path, PathBuf},
};

/// The most bytes of one file.
const MAX_FILE: u64 = 64 * 1024 * 1024;

/// The most files of one folder.
const MAX_FILES: usize = 100_000;

/// The file itself, or the YAML and JSON files below a folder, sorted.
pub(super) fn files(path: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let failed = |path: &Path| format!("failed to read {}", path.display());
    if !fs::metadata(path).with_context(|| failed(path))?.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let (mut folders, mut files) = (vec![path.to_owned()], Vec::new());
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).with_context(|| failed(&folder))? {
            let entry = entry.with_context(|| failed(&folder))?;
            let (kind, path) = (entry.file_type().with_context(|| failed(&folder))?, entry.path());
            match path.extension().and_then(|extension| extension.to_str()) {
                _ if kind.is_dir() => folders.push(path),
                Some("yaml" | "yml" | "json") => files.push(path),
                _ => {}
            }
        }
        ensure!(files.len() <= MAX_FILES, "there are more than {MAX_FILES} files below {}", path.display());
    }
    files.sort();
    Ok(files)
}

/// The text of a file.
pub(super) fn file(path: &Path) -> anyhow::Result<String> {
    text(File::open(path).context("failed to open it")?)
}

/// The text of a reader.
pub(super) fn text(reader: impl Read) -> anyhow::Result<String> {
    let mut bytes = Vec::new();
    reader.take(MAX_FILE + 1).read_to_end(&mut bytes).context("failed to read it")?;
    ensure!(bytes.len() as u64 <= MAX_FILE, "it has more than {MAX_FILE} bytes");
    String::from_utf8(bytes).context("it is not valid UTF-8")
}

/// The documents of a text, which is JSON or YAML.
pub(super) fn documents(text: &str) -> anyhow::Result<Vec<Value>> {
    if let Ok(value) = serde_json::from_str(text) {
        return Ok(vec![value]);
    }
    let options = serde_saphyr::options! {
        strict_booleans: true,
        with_snippet: false,
        budget: serde_saphyr::budget! {
            max_events: 10_000_000,
            max_nodes: 5_000_000,
            max_documents: 100_000,
            max_depth: 128,
        },
    };
    match serde_saphyr::from_multiple_with_options(text, options) {
        Ok(documents) => Ok(documents),
        Err(error) => bail!("it is neither JSON nor YAML: {}", error.to_string().replace('\n', " ")),
    }
}

/// The items of a list, or the document itself.
pub(super) fn items(mut document: Value) -> Vec<Value> {
    let is_list = document.get("kind").and_then(Value::as_str).is_some_and(|kind| kind.ends_with("List"));
    match document.get_mut("items") {
        Some(Value::Array(items)) if is_list => std::mem::take(items),
        _ => vec![document],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn json_and_yaml_mean_the_same() {
        let both = json!({"a": {"b": [1, "y", null, true, 1.5]}, "c": "1e3"});
        assert_eq!(documents(&both.to_string()).unwrap().first(), Some(&both));
        assert_eq!(documents("a:\n  b: [1, y, ~, true, 1.5]\nc: '1e3'\n---\n# nothing\n").unwrap(), [both]);
    }

    #[test]
    fn only_the_items_of_a_list_are_taken_apart() {
        let list = json!({"kind": "AppList", "items": [1, 2]});
        assert_eq!(items(list), [json!(1), json!(2)]);
        let app = json!({"kind": "App", "items": [1, 2]});
        assert_eq!(items(app.clone()), [app]);
    }

    #[test]
    fn what_is_too_long_or_no_text_is_refused() {
        assert!(text(std::io::repeat(b' ')).unwrap_err().to_string().contains("more than"));
        assert!(text(&[0xff_u8][..]).unwrap_err().to_string().contains("UTF-8"));
    }

    #[test]
    fn an_alias_bomb_is_refused() {
        let mut bomb = "a0: &a0 [x,x,x,x,x,x,x,x,x]\n".to_owned();
        for n in 1..12 {
            let before = vec![format!("*a{}", n - 1); 9].join(",");
            bomb.push_str(&format!("a{n}: &a{n} [{before}]\n"));
        }
        assert!(documents(&bomb).is_err());
    }
}
