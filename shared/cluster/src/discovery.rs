//! Which kinds the API server has, remembered for each group.

use crate::{
    Error, Kind,
    kind::{Scope, encoded, version_path},
    wire::{Call, GET, Refusal, Wire},
};
use lru::LruCache;
use serde::{Deserialize, de::DeserializeOwned};
use std::{
    collections::BTreeSet,
    num::NonZeroUsize,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::time::{Instant, timeout};

/// How long a group is not asked for again, so that a flood of unknown kinds is none of requests.
const FRESH: Duration = Duration::from_secs(5);

/// How many groups are remembered.
const GROUPS: NonZeroUsize = NonZeroUsize::new(256).expect("256 is not zero");

/// The most versions of a group.
const VERSIONS: usize = 16;

/// What is known of each group. A group is asked for once at a time.
pub(crate) struct Discovery(Mutex<LruCache<String, Slot>>);

type Slot = Arc<tokio::sync::Mutex<Option<Group>>>;

/// What a group serves, best version first; `None` if there is no such group.
#[derive(Clone)]
struct Group {
    kinds: Option<Arc<[Kind]>>,
    asked: Instant,
}

/// What discovery says of a kind.
pub(crate) enum Found {
    Kind(Kind),
    NoKind,
    NoGroup,
}

/// A kind to look for.
#[derive(Clone, Copy)]
pub(crate) struct Sought<'a> {
    pub(crate) group: &'a str,
    /// Compared without regard to case.
    pub(crate) kind: &'a str,
    /// The version if it is served, otherwise any.
    pub(crate) version: Option<&'a str>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ApiGroup {
    versions: Vec<ApiVersion>,
    preferred_version: Option<ApiVersion>,
}

#[derive(Deserialize, PartialEq)]
struct ApiVersion {
    version: String,
}

#[derive(Deserialize)]
struct Resources {
    resources: Vec<Resource>,
}

#[derive(Deserialize)]
struct Resource {
    name: String,
    kind: String,
    namespaced: bool,
    #[serde(default)]
    verbs: Vec<String>,
}

impl Discovery {
    pub(crate) fn new() -> Self {
        Self(Mutex::new(LruCache::new(GROUPS)))
    }

    /// Looks the kind up in what is known, and if it is not there, asks, unless that was a moment ago.
    pub(crate) async fn find(&self, wire: &Wire, sought: Sought<'_>) -> Result<Found, Error> {
        let group = self.group(wire, sought).await?;
        let Some(kinds) = &group.kinds else { return Ok(Found::NoGroup) };
        if let Some(several) = several(kinds, sought) {
            return Err(failed(sought.group, several));
        }
        Ok(pick(kinds, sought).map_or(Found::NoKind, |kind| Found::Kind(kind.clone())))
    }

    /// The kind of this plural, without regard to case.
    pub(crate) async fn plural(&self, wire: &Wire, group: &str, plural: &str) -> Result<Option<Kind>, Error> {
        let known = self.group(wire, Sought { group, kind: plural, version: None }).await?;
        let mut kinds = known.kinds.iter().flat_map(|kinds| kinds.iter());
        Ok(kinds.find(|it| it.plural().eq_ignore_ascii_case(plural)).cloned())
    }

    /// Forgets the group, of which a path was not there, unless it was asked for a moment ago.
    pub(crate) fn doubt(&self, group: &str) {
        // Where it is locked, it is being asked for.
        if let Ok(mut known) = self.slot(group).try_lock() {
            known.take_if(|group| !group.is_fresh());
        }
    }

    /// Forgets the group, even if it was asked for a moment ago.
    pub(crate) async fn forget(&self, group: &str) {
        *self.slot(group).lock().await = None;
    }

    async fn group(&self, wire: &Wire, sought: Sought<'_>) -> Result<Group, Error> {
        let slot = self.slot(sought.group);
        let late = |_| failed(sought.group, format!("others have waited for it for {} s", GET.as_secs()));
        let mut known = timeout(GET, slot.lock()).await.map_err(late)?;
        let has_it = |group: &Group| group.kinds.as_ref().is_some_and(|kinds| pick(kinds, sought).is_some());
        if let Some(group) = known.as_ref().filter(|group| group.is_fresh() || has_it(group)) {
            return Ok(group.clone());
        }
        let kinds = kinds(wire, sought.group).await?.map(Arc::from);
        Ok(known.insert(Group { kinds, asked: Instant::now() }).clone())
    }

    fn slot(&self, group: &str) -> Slot {
        let mut groups = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        groups.get_or_insert(group.to_owned(), Slot::default).clone()
    }
}

impl Group {
    fn is_fresh(&self) -> bool {
        self.asked.elapsed() < FRESH
    }
}

/// Why a kind cannot be told: kinds that differ in case alone have the same keys in the bucket. An object names its own.
fn several(kinds: &[Kind], sought: Sought<'_>) -> Option<String> {
    let named = kinds.iter().map(Kind::kind).filter(|it| it.eq_ignore_ascii_case(sought.kind));
    let named: BTreeSet<_> = named.collect();
    let is_object = sought.version.is_some() && named.contains(sought.kind);
    let names: Vec<_> = named.into_iter().collect();
    (names.len() > 1 && !is_object).then(|| {
        let names = names.join(" and ");
        format!(
            "the kinds {names} differ in case alone, so that their objects have the same keys in the bucket: rename one"
        )
    })
}

fn pick<'a>(kinds: &'a [Kind], sought: Sought<'_>) -> Option<&'a Kind> {
    let is_exact = kinds.iter().any(|it| it.kind() == sought.kind);
    let is_it =
        |it: &&Kind| if is_exact { it.kind() == sought.kind } else { it.kind().eq_ignore_ascii_case(sought.kind) };
    let mut named = kinds.iter().filter(is_it);
    let wanted = named.clone().find(|it| Some(it.version()) == sought.version);
    wanted.or_else(|| named.next())
}

/// All kinds of a group in all its versions, the preferred first; `None` if there is no such group.
async fn kinds(wire: &Wire, group: &str) -> Result<Option<Vec<Kind>>, Error> {
    let Some(versions) = versions(wire, group).await? else { return Ok(None) };
    let mut kinds = Vec::new();
    for version in versions.iter().take(VERSIONS) {
        // A version that was deleted since is one that has no kinds.
        let served: Option<Resources> = ask(wire, group, version_path(group, version)).await?;
        let served = served.into_iter().flat_map(|served| served.resources);
        let objects = served.filter(|it| !it.name.contains('/') && it.verbs.iter().any(|verb| verb == "get"));
        kinds.extend(objects.map(|it| {
            let scope = if it.namespaced { Scope::Namespaced } else { Scope::Cluster };
            Kind::new(group, version, &it.kind, &it.name, scope)
        }));
    }
    Ok(Some(kinds))
}

async fn versions(wire: &Wire, group: &str) -> Result<Option<Vec<String>>, Error> {
    if group.is_empty() {
        return Ok(Some(vec!["v1".into()]));
    }
    let path = format!("/apis/{}", encoded(group));
    let Some(mut served) = ask::<ApiGroup>(wire, group, path).await? else { return Ok(None) };
    served.versions.sort_by_key(|it| Some(it) != served.preferred_version.as_ref());
    Ok(Some(served.versions.into_iter().map(|it| it.version).collect()))
}

/// The answer at a path of discovery; `None` if there is no such path.
async fn ask<T: DeserializeOwned>(wire: &Wire, group: &str, path: String) -> Result<Option<T>, Error> {
    match wire.send(&Call::discover(path)).await {
        Ok(answer) => serde_json::from_slice(&answer)
            .map(Some)
            .map_err(|error| failed(group, format!("the answer is not a valid discovery: {error}"))),
        Err(Refusal::Missing(_)) => Ok(None),
        Err(refusal) => Err(refusal.on(&what(group))),
    }
}

fn failed(group: &str, why: String) -> Error {
    Error::Failed { what: what(group), why }
}

fn what(group: &str) -> String {
    format!("discover the kinds of {}", if group.is_empty() { "the core group" } else { group })
}
