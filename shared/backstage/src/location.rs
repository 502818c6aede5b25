//! The Location entity that Backstage's provider makes of a bucket object.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use sha1::{Digest, Sha1};
use url::Url;

/// What JavaScript's `encodeURIComponent` encodes.
const COMPONENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'!')
    .remove(b'~')
    .remove(b'*')
    .remove(b'\'')
    .remove(b'(')
    .remove(b')');

/// The Location of one bucket object.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Location {
    /// The URL at which Backstage reads the object.
    pub target: String,
    /// `location:default/generated-<sha1 of "url:<target>">`
    pub reference: String,
}

impl Location {
    /// That of the object with this key below the bucket's URL as Backstage sees it.
    pub fn new(bucket: &Url, key: &str) -> Self {
        let path = bucket.path();
        let mut target = bucket.clone();
        target.set_path(&format!("{}/{}", path.strip_suffix('/').unwrap_or(path), encoded(key)));
        let target = String::from(target);
        let hash: String = Sha1::digest(format!("url:{target}")).iter().map(|byte| format!("{byte:02x}")).collect();
        Self { reference: format!("location:default/generated-{hash}"), target }
    }

    /// The entity's name.
    pub(crate) fn name(&self) -> &str {
        self.reference.rsplit('/').next().unwrap_or_default()
    }
}

fn encoded(key: &str) -> String {
    let segments = key.split('/').map(|segment| utf8_percent_encode(segment, COMPONENT).to_string());
    segments.collect::<Vec<_>>().join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_location_is_what_the_providers_own_code_makes_of_the_key() {
        // Written by locations.mjs next to it.
        let table = include_str!("../tests/locations.tsv");
        assert!(table.lines().count() > 15);
        for row in table.lines() {
            let [bucket, key, target, reference] = row.split('\t').collect::<Vec<_>>()[..] else { panic!("{row}") };
            let location = Location::new(&bucket.parse().unwrap(), key);
            assert_eq!((location.target.as_str(), location.reference.as_str()), (target, reference), "{bucket} {key}");
        }
    }
}
