//! What the platform engineer decides about entities.

use crate::{
    entity::{EntityNamespace, EntityRef},
    naming::Layout,
};
use events::{Object, ObjectRef};
use std::{collections::BTreeMap, str::FromStr};

/// The settings of the catalog; the binary reads them from arguments and environment.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Where things lie in the bucket.
    pub layout: Layout,
    /// Who owns what names no owner.
    pub owner: EntityRef,
    /// The System of what names no system.
    pub system: Option<EntityRef>,
    /// JSON pointers into the object at which an owner may stand.
    pub owner_paths: Vec<String>,
    /// Where the object can be looked at.
    pub source_url: Option<SourceUrl>,
    /// What is known about kinds of resource requests.
    pub kinds: RequestKinds,
    /// Which objects are cataloged.
    pub selection: Selection,
    /// Where the Components of others lie, of which only a `backstage.io/kubernetes-id` is known.
    pub component_namespace: EntityNamespace,
    /// How the API of an EventType is defined.
    pub event_types: EventTypes,
    /// Whether what Knative makes for its own use is cataloged, such as the Channel behind a Broker.
    pub internals: Internals,
}

/// How the API of an EventType is defined.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum EventTypes {
    /// `spec.type: asyncapi` with a document of AsyncAPI 3.0.0, which Backstage renders.
    #[default]
    AsyncApi,
    /// `spec.type: eventType` with the schema as it is, as Knative's Event Mesh plugin has it.
    EventType,
}

/// What becomes of objects that Knative makes for its own use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Internals {
    /// They have no entity.
    #[default]
    Hidden,
    /// They are cataloged as those of users are.
    Shown,
}

/// Which objects are cataloged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Selection {
    /// All but those that opt out.
    #[default]
    All,
    /// Only those that opt in.
    OptIn,
}

/// A setting that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{value:?} {rule}")]
pub struct InvalidSetting {
    value: String,
    rule: &'static str,
}

impl InvalidSetting {
    fn new(value: &str, rule: &'static str) -> Self {
        Self { value: value.to_owned(), rule }
    }
}

impl Settings {
    /// The defaults for a layout and an owner.
    pub fn new(layout: Layout, owner: EntityRef) -> Self {
        Self {
            layout,
            owner,
            system: None,
            owner_paths: Vec::new(),
            source_url: None,
            kinds: RequestKinds::default(),
            selection: Selection::default(),
            component_namespace: EntityNamespace::fit("default"),
            event_types: EventTypes::default(),
            internals: Internals::default(),
        }
    }
}

/// What is known about a kind of resource requests beside what its objects say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestKind {
    /// The Promise that offers it.
    pub promise: String,
    /// The label selector of its workload, with `{name}` and `{spec.name}`; `None`: what Kratix's own pods carry.
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
        let rule = "is no <kind>.<group>=<promise>[:<label selector>]";
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

    /// The lower-case kind that a Promise offers, where just one is known.
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

/// A URL template over `{cluster}`, `{group}`, `{kind}`, `{namespace}` and `{name}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceUrl(String);

impl FromStr for SourceUrl {
    type Err = InvalidSetting;

    fn from_str(text: &str) -> Result<Self, InvalidSetting> {
        let rule = "is no http or https URL with placeholders {cluster}, {group}, {kind}, {namespace} and {name}";
        let filled = fill(text, &["x"; 5]);
        let usable = url::Url::parse(&filled).is_ok_and(|url| matches!(url.scheme(), "http" | "https"));
        if usable && !filled.contains(['{', '}']) {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidSetting::new(text, rule))
        }
    }
}

impl SourceUrl {
    /// The URL of this object.
    pub fn of(&self, object: &Object, layout: &Layout) -> String {
        let reference = object.reference();
        let namespace = reference.namespace().unwrap_or_default();
        fill(&self.0, &[layout.cluster(), reference.group(), reference.kind(), namespace, reference.name()])
    }
}

/// The values are parts of an [`ObjectRef`] and thus need no encoding in a path.
fn fill(template: &str, values: &[&str; 5]) -> String {
    let names = ["{cluster}", "{group}", "{kind}", "{namespace}", "{name}"];
    names.iter().zip(values).fold(template.to_owned(), |url, (name, value)| url.replace(name, value))
}
