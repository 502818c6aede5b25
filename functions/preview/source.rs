//! The texts that the command line names.

use super::{files::Files, input, notes::Notes};
use anyhow::{Context, ensure};
use std::{
    io::stdin,
    path::{Path, PathBuf},
};

/// The most bytes of all files together.
const MAX_BYTES: usize = 256 * 1024 * 1024;

/// A text with Kubernetes objects.
#[derive(Debug)]
pub(super) struct Text {
    /// Where it is from.
    pub(super) place: String,
    pub(super) text: String,
    /// Whether it was found in a folder, where not everything is a Kubernetes object.
    pub(super) is_found: bool,
}

/// The texts of files, folders and standard input.
///
/// # Errors
/// If one of them cannot be read, or they are too long.
pub(super) fn texts(inputs: &[PathBuf], notes: &mut Notes) -> anyhow::Result<Vec<Text>> {
    let (mut texts, mut bytes) = (Vec::new(), 0);
    let mut add = |place: String, text: anyhow::Result<String>, is_found| -> anyhow::Result<()> {
        let text = text.with_context(|| format!("failed to read {place}"))?;
        bytes += text.len();
        ensure!(bytes <= MAX_BYTES, "there are more than {MAX_BYTES} bytes. Preview one folder after the other");
        texts.push(Text { place, text, is_found });
        Ok(())
    };
    for input in inputs {
        if input.as_os_str() == "-" {
            add("standard input".to_owned(), input::text(stdin().lock()), false)?;
        } else if input.is_dir() {
            let files = Files::below(input)?;
            name_tools(&files, notes);
            files.read.iter().try_for_each(|file| add(shown(file), input::file(file), true))?;
        } else {
            add(shown(input), input::file(input), false)?;
        }
    }
    Ok(texts)
}

/// What only Helm or kustomize can make objects of.
fn name_tools(files: &Files, notes: &mut Notes) {
    for chart in &files.charts {
        let chart = shown(chart);
        notes.note(&chart, &format!("is a Helm chart. Preview it by: helm template {chart} | callboard preview -"));
    }
    for folder in &files.kustomizations {
        let folder = shown(folder);
        let what = "its kustomization is not applied. Preview the result by: kubectl kustomize";
        notes.note(&folder, &format!("{what} {folder} | callboard preview -"));
    }
}

fn shown(path: &Path) -> String {
    path.display().to_string()
}
