//! A folder that shows the objects of a bucket as files.

use anyhow::{Context, ensure};
use std::{
    fs, io,
    path::{Path, PathBuf},
};

/// The file that marks a folder which Callboard may empty.
pub(super) const MARKER: &str = ".callboard";

/// A folder in which the object at a key is the file at that path.
#[derive(Debug)]
pub struct Folder {
    root: PathBuf,
}

/// Why an object could not become a file.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    /// The key has no place in a folder.
    #[error(
        "the key {0:?} cannot be a path below a folder: \
         it must not begin with '.' or '/', nor hold empty segments, '.', '..', '\\' or NUL"
    )]
    Key(String),
    /// The file system refused.
    #[error("failed to {verb} {path}: {error}", path = path.display())]
    File {
        /// What was tried.
        verb: &'static str,
        /// On which file.
        path: PathBuf,
        /// Why it failed.
        error: io::Error,
    },
}

impl Folder {
    /// The folder at `root`, made at the first write.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    /// The folder at `root`, which this option of the command line named. What an earlier run left under `trees` is
    /// removed. Other files stay.
    ///
    /// # Errors
    /// If the folder cannot be written, or has files and is not marked.
    pub fn claim(root: impl Into<PathBuf>, option: &str, trees: &[&str]) -> anyhow::Result<Self> {
        let root = root.into();
        let shown = root.display();
        let way_out = format!("choose another folder by {option}");
        fs::create_dir_all(&root).with_context(|| format!("failed to make the folder {shown}, {way_out}"))?;
        let mut files = fs::read_dir(&root).with_context(|| format!("failed to list the folder {shown}, {way_out}"))?;
        let marker = root.join(MARKER);
        let may_empty = marker.exists() || files.next().is_none();
        ensure!(may_empty, "the folder {shown} has files and none of them is {MARKER}. Empty it, or {way_out}");
        let written =
            fs::write(&marker, "Written by `callboard`, which replaces the entities in this folder at each start.\n");
        written.with_context(|| format!("failed to write to the folder {shown}, {way_out}"))?;
        for tree in trees {
            match fs::remove_dir_all(root.join(tree)) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    return Err(error).with_context(|| format!("failed to empty {shown}/{tree}, {way_out}"));
                }
                _ => {}
            }
        }
        Ok(Self { root })
    }

    /// Writes the file of a key, whole or not at all.
    ///
    /// # Errors
    /// If the key cannot be a path, or the file system refuses.
    pub fn put(&self, key: &str, bytes: &[u8]) -> Result<(), FolderError> {
        let path = self.path(key)?;
        let parent = path.parent().unwrap_or(&self.root);
        fs::create_dir_all(parent).map_err(file("make the folder", parent))?;
        let partial = self.root.join(".partial");
        fs::write(&partial, bytes).map_err(file("write", &partial))?;
        fs::rename(&partial, &path).map_err(file("write", &path))
    }

    /// Removes the file of a key, and the folders that are empty then.
    ///
    /// # Errors
    /// If the key cannot be a path, or the file system refuses.
    pub fn delete(&self, key: &str) -> Result<(), FolderError> {
        let path = self.path(key)?;
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(file("remove", &path)(error)),
            _ => {}
        }
        let mut folders = path.ancestors().skip(1).take_while(|folder| *folder != self.root);
        while folders.next().is_some_and(|folder| fs::remove_dir(folder).is_ok()) {}
        Ok(())
    }

    fn path(&self, key: &str) -> Result<PathBuf, FolderError> {
        let is_segment = |text: &str| !matches!(text, "" | "." | "..") && !text.contains(['\\', '\0']);
        if key.starts_with('.') || !key.split('/').all(is_segment) {
            return Err(FolderError::Key(key.chars().take(80).collect()));
        }
        Ok(self.root.join(key))
    }
}

fn file(verb: &'static str, path: &Path) -> impl FnOnce(io::Error) -> FolderError {
    let path = path.to_owned();
    move |error| FolderError::File { verb, path, error }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_that_would_leave_the_folder_is_refused() {
        let parent = tempfile::tempdir().unwrap();
        let folder = Folder::new(parent.path().join("catalog"));
        for key in ["", "/etc/x", "../x", "a/../../x", "a/./x", "a//x", "a/", "a\\..\\x", "a\0x", ".callboard", ".."] {
            assert!(matches!(folder.put(key, b"x"), Err(FolderError::Key(_))), "{key:?}");
            assert!(matches!(folder.delete(key), Err(FolderError::Key(_))), "{key:?}");
        }
        assert_eq!(fs::read_dir(parent.path()).unwrap().count(), 0);
    }

    #[test]
    fn a_deleted_file_takes_its_empty_folders_with_it() {
        let root = tempfile::tempdir().unwrap();
        let folder = Folder::new(root.path());
        folder.put("entities/main/a/b.yaml", b"b").unwrap();
        folder.put("entities/main/c.yaml", b"c").unwrap();
        folder.delete("entities/main/a/b.yaml").unwrap();
        folder.delete("entities/main/a/b.yaml").unwrap();
        assert!(!root.path().join("entities/main/a").exists());
        assert_eq!(fs::read(root.path().join("entities/main/c.yaml")).unwrap(), b"c");
    }

    #[test]
    fn a_marked_folder_is_emptied_and_any_other_is_left_alone() {
        let root = tempfile::tempdir().unwrap();
        let folder = Folder::claim(root.path(), "--dir", &["entities", "state"]).unwrap();
        folder.put("entities/main/a.yaml", b"a").unwrap();
        fs::write(root.path().join("notes.txt"), "mine").unwrap();
        Folder::claim(root.path(), "--dir", &["entities", "state"]).unwrap();
        assert!(!root.path().join("entities").exists() && root.path().join("notes.txt").exists());

        fs::remove_file(root.path().join(MARKER)).unwrap();
        let refused = Folder::claim(root.path(), "--dir", &["entities"]).unwrap_err().to_string();
        assert!(refused.contains("none of them is .callboard") && refused.contains("--dir"), "{refused}");
        assert!(root.path().join("notes.txt").exists());
    }

    #[test]
    fn a_folder_that_cannot_be_is_named_with_the_way_out() {
        let root = tempfile::tempdir().unwrap();
        let file = root.path().join("file");
        fs::write(&file, "").unwrap();
        let refused = format!("{:#}", Folder::claim(file.join("catalog"), "--dir", &[]).unwrap_err());
        assert!(refused.contains("file/catalog") && refused.contains("--dir"), "{refused}");
    }
}
