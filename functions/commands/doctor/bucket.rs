//! The bucket: what may be done with it, whether writes are conditional, and what lies there that should not.

use super::finding::{Area, Finding};
use bucket::{Bucket, Error, Fault, Honours, Listed, Right, S3, Store, Tried, Versioning};
use catalog::Layout;
use std::time::Duration;

const AREA: Area = Area::Bucket;

/// Whatever the SDK's chain takes; these go first.
const KEYS: &str = "export AWS_ACCESS_KEY_ID=... AWS_SECRET_ACCESS_KEY=...";

/// How many foreign files are named.
const NAMED: usize = 10;

/// From here on a store soon takes no signature of ours (15 minutes).
const SKEW: Duration = Duration::from_secs(5 * 60);

/// Which bucket, as commands name it.
#[derive(Debug)]
pub struct Place {
    /// Its name.
    pub bucket: String,
    /// The store's URL; `None`: AWS.
    pub endpoint: Option<String>,
}

impl Place {
    /// A command of the AWS CLI for this store.
    fn aws(&self, command: &str) -> String {
        let endpoint = self.endpoint.as_ref().map(|url| format!(" --endpoint-url {url}"));
        format!("aws{} {command}", endpoint.unwrap_or_default())
    }
}

/// Checks the bucket, and returns what lies below the prefix as well, as far as it can be listed.
pub(super) async fn examine<S: Store>(
    bucket: &Bucket<S>,
    place: &Place,
    layout: &Layout,
    honours: Honours,
) -> (Vec<Finding>, Vec<Listed>) {
    let tried = bucket.tried().await;
    let mut found = rights(&tried, place, layout);
    if tried.calls.iter().any(|(_, result)| result.is_err()) {
        return (found, Vec::new());
    }
    found.extend(clock(&tried));
    found.push(conditions(bucket.ignored_conditions().await, honours));
    match bucket.listed(&format!("{}/", prefix(layout))).await {
        Ok(listed) => {
            found.extend(foreign(&listed, place, layout));
            (found, listed)
        }
        Err(error) => {
            found.push(AREA.unknown("foreign files", error.to_string()));
            (found, Vec::new())
        }
    }
}

/// Whether the bucket keeps what is overwritten: nothing demands it.
pub(super) async fn versioning(store: &S3, place: &Place) -> Finding {
    let subject = "versioning";
    let enable =
        format!("s3api put-bucket-versioning --bucket {} --versioning-configuration Status=Enabled", place.bucket);
    match store.versioning().await {
        Ok(Versioning::On) => AREA.ok(subject, "on: the bucket keeps the history of the catalog"),
        Ok(Versioning::Off) => AREA
            .ok(subject, "off: the bucket keeps no history of the catalog, which this would change")
            .with_mend(place.aws(&enable)),
        Err(Fault::Denied { .. }) => AREA.unknown(subject, "the credentials have no s3:GetBucketVersioning"),
        Err(fault) => AREA.unknown(subject, fault.to_string()),
    }
}

/// The prefix that Backstage reads, of all clusters.
pub(super) fn prefix(layout: &Layout) -> String {
    let root = layout.root();
    root.strip_suffix(&format!("/{}", layout.cluster())).unwrap_or(&root).to_owned()
}

fn rights(tried: &Tried, place: &Place, layout: &Layout) -> Vec<Finding> {
    let mut found: Vec<Finding> = Vec::new();
    for (right, fault) in tried.calls.iter().filter_map(|(right, result)| Some((right, result.as_ref().err()?))) {
        let mend = mends(*right, fault, place, layout);
        // Where the store does not answer, each call fails alike.
        if !found.iter().any(|it| it.mend.as_ref() == Some(&mend)) {
            let subject = match fault {
                Fault::Denied { .. } => format!("{} on {}", action(*right), place.bucket),
                _ => format!("bucket {}", place.bucket),
            };
            found.push(AREA.wrong(subject, fault.to_string(), mend));
        }
    }
    if found.is_empty() {
        found.push(AREA.ok(format!("rights on {}", place.bucket), "list, put, head, get, delete"));
    }
    found
}

/// The right's name in a policy.
fn action(right: Right) -> &'static str {
    match right {
        Right::List => "s3:ListBucket",
        Right::Put => "s3:PutObject",
        Right::Head | Right::Get => "s3:GetObject",
        Right::Delete => "s3:DeleteObject",
    }
}

fn mends(right: Right, fault: &Fault, place: &Place, layout: &Layout) -> String {
    let Place { bucket, .. } = place;
    match fault {
        Fault::Denied { code } if code.contains("InvalidAccessKeyId") || code.contains("SignatureDoesNotMatch") => {
            KEYS.into()
        }
        Fault::Unusable(why) if why.contains("credentials") => KEYS.into(),
        Fault::Denied { .. } => {
            let resources = match right {
                Right::List => format!("\"arn:aws:s3:::{bucket}\""),
                _ => format!("[\"arn:aws:s3:::{bucket}/{0}/*\", \"arn:aws:s3:::{bucket}/state/{0}/*\"]", layout.root()),
            };
            format!("{{\"Effect\": \"Allow\", \"Action\": \"{}\", \"Resource\": {resources}}}", action(right))
        }
        Fault::NoBucket => place.aws(&format!("s3 mb s3://{bucket}")),
        Fault::Busy { .. } | Fault::Timeout | Fault::Unusable(_) | Fault::TooLong { .. } | Fault::Answer { .. } => {
            match &place.endpoint {
                Some(url) => format!("export AWS_ENDPOINT_URL_S3=...   # now {url}"),
                None => "export AWS_ENDPOINT_URL_S3=...   # now unset: AWS".to_owned(),
            }
        }
    }
}

fn clock(tried: &Tried) -> Option<Finding> {
    let skew = tried.skew?;
    let told = format!("{} s from the store's", skew.as_secs());
    Some(match skew > SKEW {
        true => AREA.wrong("this clock", told, "sudo timedatectl set-ntp true"),
        false => AREA.ok("this clock", told),
    })
}

fn conditions(ignored: Result<Vec<&'static str>, Error>, honours: Honours) -> Finding {
    let subject = "conditional writes";
    match (ignored, honours) {
        (Err(error), _) => AREA.unknown(subject, error.to_string()),
        (Ok(ignored), Honours::Nothing) if ignored.is_empty() => AREA.wrong(
            subject,
            "the store honours them, yet CALLBOARD_UNCONDITIONAL=true does without",
            "export CALLBOARD_UNCONDITIONAL=false",
        ),
        (Ok(ignored), _) if ignored.is_empty() => AREA.ok(subject, "honoured"),
        (Ok(ignored), Honours::Nothing) => AREA.ok(
            subject,
            format!("{} ignored; CALLBOARD_UNCONDITIONAL says so: one process may write", ignored.join(", ")),
        ),
        (Ok(ignored), Honours::Unknown | Honours::Conditions) => AREA.wrong(
            subject,
            format!("the store ignores {}: two writers would undo each other's work", ignored.join(", ")),
            "export CALLBOARD_UNCONDITIONAL=true   # and let one process write: docs/bucket.md",
        ),
    }
}

/// What Backstage reads, or tries to, and nobody of Callboard wrote.
fn foreign(listed: &[Listed], place: &Place, layout: &Layout) -> Vec<Finding> {
    let is_ours = |key: &str| match key.starts_with(&layout.entities()) {
        true => layout.read(key).is_some(),
        false => key.ends_with(".yaml") || key.ends_with('/'),
    };
    let foreign: Vec<_> = listed.iter().map(|it| it.key.as_str()).filter(|key| !is_ours(key)).collect();
    let aside = |key: &str| {
        let bucket = &place.bucket;
        place.aws(&format!("s3 mv 's3://{bucket}/{key}' 's3://{bucket}/foreign/{key}'"))
    };
    let more = foreign.len().saturating_sub(NAMED);
    let wrong = |key: &&str| AREA.wrong(*key, "no file of Callboard: Backstage reads it as YAML", aside(key));
    let mut found: Vec<_> = foreign.iter().take(NAMED).map(wrong).collect();
    match (found.is_empty(), more) {
        (true, _) => found.push(AREA.ok("foreign files", format!("none among {}", listed.len()))),
        (false, 1..) => found.push(AREA.wrong("foreign files", format!("{more} more"), "callboard drift")),
        (false, 0) => {}
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_by_which_signatures_soon_fail_is_told() {
        let found = |seconds| clock(&Tried { calls: vec![], skew: Some(Duration::from_secs(seconds)) }).unwrap();
        assert_eq!(found(2), AREA.ok("this clock", "2 s from the store's"));
        let wrong = AREA.wrong("this clock", "600 s from the store's", "sudo timedatectl set-ntp true");
        assert_eq!(found(600), wrong);
    }
}
