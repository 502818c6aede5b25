//! docs/reference/components.md against the folders of deploy/.

use super::{page::read, table::Table};
use std::{collections::BTreeSet, fs, path::Path};

#[test]
fn every_folder_of_deploy_is_documented() {
    let page = read("docs/reference/components.md");
    for (heading, folder) in [("Folder", "deploy"), ("Component", "deploy/components"), ("Example", "deploy/examples")]
    {
        let entries = fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)).unwrap().map(Result::unwrap);
        let folders =
            entries.filter(|entry| entry.path().is_dir()).map(|entry| entry.file_name().into_string().unwrap());
        let folders: BTreeSet<_> = folders.collect();
        assert!(folders.len() > 2, "{folder}: {folders:?}");
        assert_eq!(Table::with(&page, &[heading]).code(0), folders, "{folder}");
    }
}
