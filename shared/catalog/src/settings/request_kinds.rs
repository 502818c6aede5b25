//! What is known about the kinds of resource requests.

use super::invalid::InvalidSetting;
use events::ObjectRef;
use std::collections::BTreeMap;

/// What is known about a kind of resource requests in addition to what its objects say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestKind {
    /// The Promise that offers it.
    pub promise: String,
    /// The label selector of its workload, with `{name}` and `{spec.name}`. `None` means the labels of Kratix's own
    /// Pods.
    pub selector: Option<String>,
}

/// Kinds of resource requests, by `<lower-case kind>.<group>`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestKinds(BTreeMap<String, RequestKind>);

impl Default for RequestKinds {
    /// The kinds of the Kratix workshop and the Kratix marketplace that it uses.
    fn default() -> Self {
        let known = [
            ("app.marketplace.kratix.io", "app", Some("app={spec.name}")),
            ("app.workshop.kratix.io", "app", Some("app={spec.name}")),
            ("appstack.marketplace.kratix.io", "app-stack", None),
            ("jenkins.marketplace.kratix.io", "jenkins", Some("jenkins-cr={name}")),
            ("postgresql.marketplace.kratix.io", "postgresql", None),
            ("redis.marketplace.kratix.io", "redis", None),
            ("runtime.marketplace.kratix.io", "runtime", None),
        ];
        let kind = |promise: &str, selector: Option<&str>| RequestKind {
            promise: promise.into(),
            selector: selector.map(Into::into),
        };
        Self(known.into_iter().map(|(key, promise, selector)| (key.into(), kind(promise, selector))).collect())
    }
}

impl RequestKinds {
    /// Adds, or replaces, what `<kind>.<group>=<promise>[:<selector>]` says.
    pub fn add(&mut self, line: &str) -> Result<(), InvalidSetting> {
        let rule = "is not of the form <kind>.<group>=<promise>[:<label selector>]";
        let (key, rest) = line.split_once('=').ok_or_else(|| InvalidSetting::new(line, rule))?;
        let (promise, selector) =
            rest.split_once(':').map_or((rest, None), |(promise, selector)| (promise, Some(selector)));
        let (kind, group) = key.split_once('.').ok_or_else(|| InvalidSetting::new(line, rule))?;
        let checked = ObjectRef::new(&format!("{group}/v1"), kind, None, promise);
        checked.map_err(|_| InvalidSetting::new(line, rule))?;
        let kind = RequestKind { promise: promise.to_owned(), selector: selector.map(str::to_owned) };
        self.0.insert(key.to_ascii_lowercase(), kind);
        Ok(())
    }

    /// What is known about the kind of this object.
    pub fn of(&self, object: &ObjectRef) -> Option<&RequestKind> {
        self.0.get(&format!("{}.{}", object.kind().to_ascii_lowercase(), object.group()))
    }

    /// The lower-case kind that a Promise offers, if exactly one is known.
    pub fn offered_by(&self, promise: &str) -> Option<&str> {
        let offered = self.0.iter().filter(|(_, kind)| kind.promise == promise);
        let mut kinds: Vec<_> = offered.filter_map(|(key, _)| Some(key.split_once('.')?.0)).collect();
        kinds.dedup();
        match kinds[..] {
            [kind] => Some(kind),
            _ => None,
        }
    }
}
