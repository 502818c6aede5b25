//! The bucket: what the credentials may do, whether writes are conditional, and which files Callboard does not manage.

use super::{
    finding::{Area, Finding},
    line::{literal, shell},
    place::{Place, prefix},
    variables::STORE,
};
use bucket::{Bucket, Error, Fault, Honours, Listed, Right, Store, Tried, Versioning};
use catalog::Layout;
use std::time::Duration;

const AREA: Area = Area::Bucket;

/// The SDK takes these before anything else in its chain.
const KEYS: &str = "export AWS_ACCESS_KEY_ID=... AWS_SECRET_ACCESS_KEY=...";

/// What a store answers if the keys or their signature are not valid.
const OF_KEYS: [&str; 5] =
    ["ExpiredToken", "InvalidToken", "InvalidAccessKeyId", "SignatureDoesNotMatch", "NotSignedUp"];

/// What TLS says of an answer that is plain HTTP.
const NO_TLS: &str = "InvalidContentType";

/// What is said of a connection that ends because it is not TLS.
const CUT: [&str; 3] = ["connection closed before message completed", "IncompleteMessage", "Connection reset"];

/// What a store answers if the bucket is in another region.
const OF_REGION: [&str; 3] = ["PermanentRedirect", "AuthorizationHeaderMalformed", "IllegalLocationConstraint"];

const CLOCK: &str = "sudo timedatectl set-ntp true";

/// How many unmanaged files are named.
const NAMED: usize = 10;

/// From here on the store will soon refuse signatures. It does so at 15 minutes.
const SKEW: Duration = Duration::from_secs(5 * 60);

/// Checks the bucket. Also returns what is below the prefix, if it can be listed.
pub(super) async fn examine<S: Store>(
    bucket: &Bucket<S>,
    place: &Place,
    layout: &Layout,
    honours: Honours,
) -> (Vec<Finding>, Option<Vec<Listed>>) {
    let tried = bucket.tried().await;
    let mut found = rights(&tried, place, layout);
    let is_denied = |right: Right| tried.calls.iter().any(|(it, result)| *it == right && result.is_err());
    if !tried.calls.iter().any(|(_, result)| result.is_err()) {
        found.extend(clock(&tried));
        found.push(conditions(bucket.ignored_conditions().await, honours));
    }
    if is_denied(Right::List) {
        return (found, None);
    }
    match bucket.listed(&format!("{}/", prefix(layout))).await {
        Ok(listed) => {
            found.extend(unmanaged(&listed, place, layout));
            (found, Some(listed))
        }
        Err(error) => {
            found.push(AREA.unknown("unmanaged files", error.to_string()));
            (found, None)
        }
    }
}

/// Whether the bucket keeps what is overwritten. It need not.
pub(super) fn versioning(state: &Result<Versioning, Fault>, place: &Place) -> Finding {
    let (subject, bucket) = ("versioning", shell(&place.bucket));
    let enable = format!("s3api put-bucket-versioning --bucket {bucket} --versioning-configuration Status=Enabled");
    match state {
        Ok(Versioning::On) => AREA.ok(subject, "on: the bucket keeps the history of the catalog"),
        Ok(Versioning::Off) => AREA
            .ok(subject, "off: the bucket keeps no history of the catalog. The line below turns it on")
            .with_fix(place.aws(&enable)),
        Err(Fault::Denied { .. }) => AREA.skipped(subject, "the credentials do not have s3:GetBucketVersioning"),
        Err(fault) => AREA.skipped(subject, fault.to_string()),
    }
}

fn rights(tried: &Tried, place: &Place, layout: &Layout) -> Vec<Finding> {
    let faults = || tried.calls.iter().filter_map(|(right, result)| Some((*right, result.as_ref().err()?)));
    // What every call fails of is one finding. Only some of the answers say what it is.
    if let Some((fault, fix)) = faults().find_map(|(_, fault)| Some((fault, fix_of_all(fault, place)?))) {
        let (subject, why) = (format!("bucket {}", place.bucket), said(fault));
        // What a person lacks is not wrong with the install.
        return vec![match (is_of_credentials(fault), is_unreached(fault), &place.forward) {
            (true, _, Some(forward)) => AREA.unknown(subject, why).with_fix(format!("{fix}\n{forward}")),
            (true, _, None) => AREA.unknown(subject, why).with_fix(fix),
            (false, true, Some(forward)) => AREA.unknown(subject, why).with_fix(forward),
            _ => AREA.wrong(subject, why, fix),
        }];
    }
    let mut found: Vec<Finding> = Vec::new();
    for (right, fault) in faults() {
        let fix = policy(right, place, layout);
        if !found.iter().any(|it| it.fix.as_ref() == Some(&fix)) {
            found.push(AREA.wrong(format!("{} on {}", action(right), place.bucket), fault.to_string(), fix));
        }
    }
    if found.is_empty() {
        let read = tried.read.as_ref().map(|key| format!("; head, get {key}")).unwrap_or_default();
        let tried = format!("list {}; put, head, get, delete {}{read}", layout.entities(), layout.state(""));
        found.push(AREA.ok(format!("rights on {}", place.bucket), tried));
    }
    found
}

/// What is wrong. A policy is not, if the store does not even know who asks.
fn said(fault: &Fault) -> String {
    match fault {
        Fault::Denied { code } if names(code, &OF_KEYS) => {
            format!("the store does not take this key or its secret ({code})")
        }
        fault => fault.to_string(),
    }
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

/// The fix for what every call fails of. `None`: the policy does not allow this call.
fn fix_of_all(fault: &Fault, place: &Place) -> Option<String> {
    let region = || "export AWS_REGION=...   # that of the bucket".to_owned();
    if let Some(fix) = fix_of_endpoint(fault, place) {
        return Some(fix);
    }
    match fault {
        Fault::Clock { .. } => Some(CLOCK.into()),
        fault if names(code(fault), &OF_KEYS) => Some(KEYS.into()),
        fault if names(code(fault), &OF_REGION) => Some(region()),
        fault if names(code(fault), &["InvalidBucketName"]) => {
            Some(format!("export CALLBOARD_BUCKET=...   # now {}", place.bucket))
        }
        Fault::Denied { .. } => None,
        fault if is_of_credentials(fault) => Some(KEYS.into()),
        Fault::Unusable(why) if why.contains("region") => Some(region()),
        Fault::NoBucket => Some(place.aws(&format!("s3 mb {}", shell(&format!("s3://{}", place.bucket))))),
        Fault::Busy { .. }
        | Fault::Timeout { .. }
        | Fault::Unusable(_)
        | Fault::TooLong { .. }
        | Fault::NoStore { .. }
        | Fault::Refused { .. }
        | Fault::Answer { .. } => Some(match &place.endpoint {
            Some(url) => format!("export {STORE}=...   # now {url}"),
            None => format!("export {STORE}=...   # now unset, which means AWS"),
        }),
    }
}

/// The right URL, if the one that is set explains this. It comes before keys: a wrong URL makes a signature wrong, too.
fn fix_of_endpoint(fault: &Fault, place: &Place) -> Option<String> {
    let url = place.endpoint.as_ref()?;
    let is_plain = |fault: &Fault| match fault {
        // A store says more. This is a server that expects TLS.
        Fault::Refused { code, .. } => code == "400",
        Fault::Unusable(why) => names(why, &CUT),
        _ => false,
    };
    let swapped = match (url.strip_prefix("http://"), url.strip_prefix("https://"), fault) {
        (Some(rest), _, fault) if is_plain(fault) => Some(format!("https://{rest}")),
        (_, Some(rest), Fault::Unusable(why)) if why.contains(NO_TLS) => Some(format!("http://{rest}")),
        _ => None,
    };
    if let Some(swapped) = swapped {
        return Some(format!("export {STORE}={}   # now {url}", shell(&swapped)));
    }
    let is_of_path = match fault {
        Fault::Denied { code } | Fault::Refused { code, .. } | Fault::Answer { code, .. } => {
            !names(code, &["ExpiredToken"])
        }
        Fault::NoBucket | Fault::NoStore { .. } => true,
        _ => false,
    };
    let parsed = url::Url::parse(url).ok().filter(|it| is_of_path && it.path() != "/")?;
    let store = parsed.origin().ascii_serialization();
    Some(format!("export {STORE}={}   # now {url}. Does the store need the path?", shell(&store)))
}

/// Whether there are no keys here.
fn is_of_credentials(fault: &Fault) -> bool {
    matches!(fault, Fault::Unusable(why) if why.contains("credentials"))
}

/// Whether the store did not answer.
fn is_unreached(fault: &Fault) -> bool {
    matches!(fault, Fault::Unusable(_) | Fault::Timeout { .. })
}

/// The store's own word for a refusal.
fn code(fault: &Fault) -> &str {
    match fault {
        Fault::Denied { code } | Fault::Refused { code, .. } | Fault::Answer { code, .. } => code,
        _ => "",
    }
}

/// Whether a store's answer is one of these codes.
fn names(code: &str, codes: &[&str]) -> bool {
    codes.iter().any(|it| code.contains(it))
}

/// The statement that allows a call.
fn policy(right: Right, Place { bucket, .. }: &Place, layout: &Layout) -> String {
    let resources = match right {
        Right::List => format!("\"arn:aws:s3:::{bucket}\""),
        _ => format!("[\"arn:aws:s3:::{bucket}/{0}/*\", \"arn:aws:s3:::{bucket}/state/{0}/*\"]", layout.root()),
    };
    format!("{{\"Effect\": \"Allow\", \"Action\": \"{}\", \"Resource\": {resources}}}", action(right))
}

fn clock(tried: &Tried) -> Option<Finding> {
    let skew = tried.skew?;
    let detail = format!("{} s off the clock of the store", skew.as_secs());
    Some(match skew > SKEW {
        true => AREA.wrong("this clock", detail, CLOCK),
        false => AREA.ok("this clock", detail),
    })
}

fn conditions(ignored: Result<Vec<&'static str>, Error>, honours: Honours) -> Finding {
    let subject = "conditional writes";
    match (ignored, honours) {
        (Err(error), _) => AREA.unknown(subject, error.to_string()),
        (Ok(ignored), Honours::Nothing) if ignored.is_empty() => AREA
            .ok(subject, "the store honours them, but CALLBOARD_UNCONDITIONAL=true does not use them")
            .with_fix(literal("CALLBOARD_UNCONDITIONAL", "false")),
        (Ok(ignored), _) if ignored.is_empty() => AREA.ok(subject, "honoured"),
        (Ok(ignored), Honours::Nothing) => AREA.ok(
            subject,
            format!(
                "the store ignores {}, as CALLBOARD_UNCONDITIONAL says. Only one process may write",
                ignored.join(", ")
            ),
        ),
        (Ok(ignored), Honours::Unknown | Honours::Conditions) => AREA.wrong(
            subject,
            format!("the store ignores {}: two writers would overwrite each other", ignored.join(", ")),
            literal("CALLBOARD_UNCONDITIONAL", "true") + ". Let only one process write: docs/reference/bucket.md",
        ),
    }
}

/// What Backstage reads, or tries to, although Callboard did not write it.
fn unmanaged(listed: &[Listed], place: &Place, layout: &Layout) -> Vec<Finding> {
    let is_managed = |key: &str| match key.starts_with(&layout.entities()) {
        true => layout.read(key).is_some(),
        false => key.ends_with(".yaml") || key.ends_with('/'),
    };
    let unmanaged: Vec<_> = listed.iter().map(|it| it.key.as_str()).filter(|key| !is_managed(key)).collect();
    let aside = |key: &str| {
        let bucket = &place.bucket;
        let [from, to] = [format!("s3://{bucket}/{key}"), format!("s3://{bucket}/unmanaged/{key}")];
        place.aws(&format!("s3 mv {} {}", shell(&from), shell(&to)))
    };
    let more = unmanaged.len().saturating_sub(NAMED);
    let wrong = |key: &&str| AREA.wrong(*key, "Callboard did not write it, and Backstage reads it as YAML", aside(key));
    let mut found: Vec<_> = unmanaged.iter().take(NAMED).map(wrong).collect();
    match (found.is_empty(), more) {
        (true, _) => found.push(AREA.ok("unmanaged files", format!("none among {}", listed.len()))),
        (false, 1..) => found.push(AREA.wrong("unmanaged files", format!("{more} more"), "callboard drift")),
        (false, 0) => {}
    }
    found
}

#[cfg(test)]
mod tests {
    use super::{super::finding::State, *};

    #[test]
    fn what_every_call_fails_of_is_reported_once_with_its_fix() {
        let place = Place { bucket: "catalog".into(), ..Place::default() };
        let layout = Layout::new("entities", "main").unwrap();
        let answer = |code: &str| Fault::Answer { code: code.into(), message: String::new() };
        let refused = |code: &str| Fault::Refused { code: code.into(), message: String::new() };
        let clock = Fault::Clock { store: "AWS".into(), skew: "9 s behind".into(), code: "403".into() };
        let denied = |code: &str| Fault::Denied { code: code.into() };
        let region = "export AWS_REGION=...   # that of the bucket";
        for (fault, fix) in [
            (refused("400 ExpiredToken"), KEYS),
            (refused("400 InvalidToken"), KEYS),
            (denied("403 InvalidAccessKeyId"), KEYS),
            (denied("403 SignatureDoesNotMatch"), KEYS),
            (answer("301 PermanentRedirect"), region),
            (refused("400 AuthorizationHeaderMalformed"), region),
            (refused("400 IllegalLocationConstraintException"), region),
            (clock, CLOCK),
            (denied("403 NotSignedUp"), KEYS),
            (refused("400 InvalidBucketName"), "export CALLBOARD_BUCKET=...   # now catalog"),
        ] {
            assert!(fix != KEYS || !said(&fault).contains("s3:GetObject"), "a policy does not help: {}", said(&fault));
            // A HEAD has no code.
            let calls = vec![(Right::Head, Err(denied("403"))), (Right::List, Err(fault.clone()))];
            let found = rights(&Tried { calls, read: None, skew: None }, &place, &layout);
            assert_eq!(found, [AREA.wrong("bucket catalog", said(&fault), fix)]);
        }
    }

    #[test]
    fn a_wrong_url_is_blamed_before_the_keys() {
        let answer = |code: &str| Fault::Refused { code: code.into(), message: String::new() };
        let clock = || Fault::Clock { store: "s3".into(), skew: "9 s behind".into(), code: "403".into() };
        let unusable = |why: &str| Fault::Unusable(why.into());
        let denied = |code: &str| Fault::Denied { code: code.into() };
        for (endpoint, fault, fix) in [
            ("http://s3:9000", answer("400"), Some("https://s3:9000   # now http://s3:9000")),
            ("http://s3:9000", unusable("x: connection closed before message completed"), Some("https://s3:9000   #")),
            (
                "https://s3:9000",
                unusable("received corrupt message of type InvalidContentType"),
                Some("http://s3:9000   #"),
            ),
            ("http://s3:9000/x", denied("403 SignatureDoesNotMatch"), Some("http://s3:9000   # now http://s3:9000/x.")),
            ("http://s3:9000/x", Fault::NoBucket, Some("http://s3:9000   # now")),
            ("http://s3:9000", answer("400 InvalidRequest"), None),
            ("http://s3:9000", denied("403 InvalidAccessKeyId"), None),
            ("http://s3:9000/x", clock(), None),
            ("http://s3:9000/x", unusable("Connection refused"), None),
        ] {
            let place = Place { bucket: "catalog".into(), endpoint: Some(endpoint.into()), forward: None };
            let found = fix_of_endpoint(&fault, &place);
            match fix {
                Some(fix) => {
                    let wanted = format!("export AWS_ENDPOINT_URL_S3={fix}");
                    assert!(found.as_ref().is_some_and(|it| it.starts_with(&wanted)), "{endpoint} {fault}: {found:?}");
                }
                None => assert_eq!(found, None, "{endpoint} {fault}"),
            }
        }
    }

    #[test]
    fn what_a_person_lacks_is_unknown_and_reached_by_a_line() {
        let found = |fault: Fault, forward: Option<&str>| {
            let place = Place {
                bucket: "catalog".into(),
                endpoint: Some("http://s3:9000".into()),
                forward: forward.map(Into::into),
            };
            let layout = Layout::new("entities", "main").unwrap();
            rights(&Tried { calls: vec![(Right::List, Err(fault))], read: None, skew: None }, &place, &layout).remove(0)
        };
        let (keys, late) = (|| Fault::Unusable("no credentials".into()), || Fault::Timeout { store: "s3".into() });
        for (fault, forward, state, fix) in [
            (keys(), None, State::Unknown, KEYS.to_owned()),
            (keys(), Some("forward"), State::Unknown, format!("{KEYS}\nforward")),
            (late(), Some("forward"), State::Unknown, "forward".to_owned()),
            (late(), None, State::Wrong, "export AWS_ENDPOINT_URL_S3=...   # now http://s3:9000".to_owned()),
            (
                Fault::NoBucket,
                Some("forward"),
                State::Wrong,
                "aws --endpoint-url http://s3:9000 s3 mb s3://catalog".to_owned(),
            ),
        ] {
            let found = found(fault, forward);
            assert_eq!((found.state, found.fix), (state, Some(fix)));
        }
    }

    #[test]
    fn a_clock_whose_signatures_will_soon_fail_is_reported() {
        let found =
            |seconds| clock(&Tried { calls: vec![], read: None, skew: Some(Duration::from_secs(seconds)) }).unwrap();
        assert_eq!(found(2), AREA.ok("this clock", "2 s off the clock of the store"));
        let wrong = AREA.wrong("this clock", "600 s off the clock of the store", "sudo timedatectl set-ntp true");
        assert_eq!(found(600), wrong);
    }
}
