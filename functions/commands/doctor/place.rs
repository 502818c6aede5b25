//! Where the bucket is, as commands name it.

use super::line::shell;
use catalog::Layout;

/// The bucket and its store.
#[derive(Debug)]
pub struct Place {
    /// Its name.
    pub bucket: String,
    /// The store's URL; `None`: AWS.
    pub endpoint: Option<String>,
}

impl Place {
    /// A command of the AWS CLI for this store.
    pub(super) fn aws(&self, command: &str) -> String {
        let endpoint = self.endpoint.as_ref().map(|url| format!(" --endpoint-url {}", shell(url)));
        format!("aws{} {command}", endpoint.unwrap_or_default())
    }
}

/// The prefix that Backstage reads, of all clusters.
pub(super) fn prefix(layout: &Layout) -> String {
    let root = layout.root();
    root.strip_suffix(&format!("/{}", layout.cluster())).unwrap_or(&root).to_owned()
}
