//! The variables by which the functions and this command must agree.

use std::collections::{BTreeMap, BTreeSet};

pub(super) const BUCKET: &str = "CALLBOARD_BUCKET";
pub(super) const STORE: &str = "AWS_ENDPOINT_URL_S3";
pub(super) const URL: &str = "CALLBOARD_BACKSTAGE_URL";
pub(super) const TOKEN_FILE: &str = "CALLBOARD_BACKSTAGE_TOKEN_FILE";
pub(super) const BUCKET_URL: &str = "CALLBOARD_BACKSTAGE_BUCKET_URL";

/// Each with its default.
const VARIABLES: [(&str, &str); 10] = [
    (BUCKET, ""),
    (STORE, ""),
    ("CALLBOARD_PREFIX", "entities"),
    ("CALLBOARD_CLUSTER", "main"),
    ("CALLBOARD_NAMESPACES", ""),
    ("CALLBOARD_OWNER", ""),
    ("CALLBOARD_UNCONDITIONAL", "false"),
    (URL, ""),
    (BUCKET_URL, ""),
    ("CALLBOARD_BACKSTAGE_PROVIDER", "callboard"),
];

/// Others that say where the bucket is. A path of a file is that of a pod, and of no use here.
const OTHERS: [&str; 1] = ["CALLBOARD_PATH_STYLE"];

/// Whether the check takes the variable from the install if it is not given.
pub(super) fn is_shared(name: &str) -> bool {
    VARIABLES.iter().any(|(it, _)| *it == name) || OTHERS.contains(&name)
}

/// Variables by name, as they take effect.
#[derive(Debug, Clone)]
pub struct Variables(pub(super) BTreeMap<&'static str, String>);

impl Variables {
    /// The given ones, each by its name.
    pub fn new<'a>(given: impl Fn(&str) -> Option<&'a str>) -> Self {
        let effective = |(name, usual)| {
            let text = given(name).map(|it| normal(name, it)).filter(|it| !it.is_empty());
            (name, text.unwrap_or_else(|| String::from(usual)))
        };
        let mut all: BTreeMap<_, _> = VARIABLES.into_iter().map(effective).collect();
        if all[BUCKET_URL].is_empty() && !all[STORE].is_empty() {
            all.insert(BUCKET_URL, format!("{}/{}", all[STORE], all[BUCKET]));
        }
        Self(all)
    }

    /// The URL of Backstage; empty: not given.
    pub(super) fn backstage(&self) -> &str {
        &self.0[URL]
    }
}

fn normal(name: &str, text: &str) -> String {
    let text = text.trim();
    match name {
        "CALLBOARD_NAMESPACES" => {
            let all: BTreeSet<_> = text.split(',').map(str::trim).filter(|it| !it.is_empty()).collect();
            all.into_iter().collect::<Vec<_>>().join(",")
        }
        STORE | URL | BUCKET_URL => text.trim_end_matches('/').to_owned(),
        _ => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_with_the_same_effect_are_equal() {
        let [given, usual] = [
            [(BUCKET, "c"), (STORE, "http://s3:1/"), ("CALLBOARD_NAMESPACES", " b,a,,b"), ("CALLBOARD_PREFIX", "")],
            [(BUCKET, "c"), (STORE, "http://s3:1"), ("CALLBOARD_NAMESPACES", "a,b"), (BUCKET_URL, "http://s3:1/c/")],
        ]
        .map(|rows| Variables::new(move |name| rows.into_iter().find(|(it, _)| *it == name).map(|(_, value)| value)));
        assert_eq!(given.0, usual.0);
        assert_eq!(given.0["CALLBOARD_BACKSTAGE_PROVIDER"], "callboard");
    }
}
