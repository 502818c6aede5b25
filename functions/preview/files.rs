//! Which files of a folder hold Kubernetes objects: what a repository has besides is skipped, or named.

use super::folder;
use anyhow::{Context, ensure};
use std::{
    fs::{self, DirEntry},
    path::{Path, PathBuf},
};

/// The most files and folders that are looked at.
const MAX_ENTRIES: usize = 1_000_000;

/// The most files that are read.
const MAX_FILES: usize = 100_000;

/// Files that hold no objects: they are for Helm and kustomize.
const OF_TOOLS: [&str; 4] = ["Chart.yaml", "values.yaml", "kustomization.yaml", "kustomization.yml"];

/// What is found in a folder.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Files {
    /// The files to read, sorted.
    pub(super) read: Vec<PathBuf>,
    /// The folders of Helm charts, whose templates are not read.
    pub(super) charts: Vec<PathBuf>,
    /// The folders of kustomizations, which are not applied.
    pub(super) kustomizations: Vec<PathBuf>,
}

impl Files {
    /// The YAML and JSON files below a folder.
    ///
    /// # Errors
    /// If a folder cannot be read, or there is too much in it.
    pub(super) fn below(root: &Path) -> anyhow::Result<Self> {
        let (mut files, mut folders, mut seen) = (Self::default(), vec![root.to_owned()], 0);
        while let Some(folder) = folders.pop() {
            let failed = || format!("failed to read {}", folder.display());
            let entries = fs::read_dir(&folder).with_context(failed)?.collect::<Result<Vec<_>, _>>();
            let entries = entries.with_context(failed)?;
            seen += entries.len();
            ensure!(
                seen <= MAX_ENTRIES,
                "there are more than {MAX_ENTRIES} files and folders below {}",
                root.display()
            );
            files.take(&folder, &entries, &mut folders);
            ensure!(files.read.len() <= MAX_FILES, "there are more than {MAX_FILES} files below {}", root.display());
        }
        [&mut files.read, &mut files.charts, &mut files.kustomizations].into_iter().for_each(|all| all.sort());
        Ok(files)
    }

    fn take(&mut self, folder: &Path, entries: &[DirEntry], folders: &mut Vec<PathBuf>) {
        let has = |name: &str| entries.iter().any(|entry| entry.file_name() == name);
        // What `preview --out` or `dev` wrote.
        if has(folder::MARKER) {
            return;
        }
        let is_chart = has("Chart.yaml");
        if is_chart {
            self.charts.push(folder.to_owned());
        }
        if has("kustomization.yaml") || has("kustomization.yml") || has("Kustomization") {
            self.kustomizations.push(folder.to_owned());
        }
        for entry in entries {
            let (name, path) = (entry.file_name(), entry.path());
            let name = name.to_string_lossy();
            if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                let is_of_chart = is_chart && matches!(&*name, "templates" | "charts");
                if !is_of_chart && !name.starts_with('.') && name != "node_modules" {
                    folders.push(path);
                }
            } else if is_manifest(&path) && !OF_TOOLS.contains(&&*name) && !(is_chart && name.starts_with("values")) {
                self.read.push(path);
            }
        }
    }
}

/// Whether it is a regular file of YAML or JSON, or leads to one.
fn is_manifest(path: &Path) -> bool {
    let extension = path.extension().and_then(|extension| extension.to_str());
    matches!(extension, Some("yaml" | "yml" | "json")) && fs::metadata(path).is_ok_and(|it| it.is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_repository_only_what_may_hold_objects_is_read() {
        let root = tempfile::tempdir().unwrap();
        for path in [
            ".git/x.yaml",
            ".github/workflows/ci.yml",
            "README.md",
            "apps/a.yaml",
            "apps/b.json",
            "apps/c.yml",
            "chart/Chart.yaml",
            "chart/charts/sub/Chart.yaml",
            "chart/crds/crd.yaml",
            "chart/templates/app.yaml",
            "chart/values.yaml",
            "chart/values-prod.yaml",
            "node_modules/x/package.json",
            "out/.callboard",
            "out/entities/a.yaml",
            "overlays/prod/kustomization.yaml",
            "overlays/prod/patch.yaml",
        ] {
            let path = root.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "").unwrap();
        }
        let files = Files::below(root.path()).unwrap();
        let below = |paths: &[PathBuf]| -> Vec<_> {
            paths.iter().map(|path| path.strip_prefix(root.path()).unwrap().to_str().unwrap().to_owned()).collect()
        };
        let read = ["apps/a.yaml", "apps/b.json", "apps/c.yml", "chart/crds/crd.yaml", "overlays/prod/patch.yaml"];
        assert_eq!(below(&files.read), read);
        assert_eq!(below(&files.charts), ["chart"]);
        assert_eq!(below(&files.kustomizations), ["overlays/prod"]);
    }

    #[cfg(unix)]
    #[test]
    fn a_link_to_a_folder_is_not_followed_and_one_to_a_file_is() {
        let root = tempfile::tempdir().unwrap();
        fs::write(root.path().join("a.yaml"), "").unwrap();
        std::os::unix::fs::symlink(root.path(), root.path().join("loop")).unwrap();
        std::os::unix::fs::symlink(root.path().join("a.yaml"), root.path().join("b.yaml")).unwrap();
        std::os::unix::fs::symlink("/dev/zero", root.path().join("c.yaml")).unwrap();
        assert_eq!(Files::below(root.path()).unwrap().read.len(), 2);
    }
}
