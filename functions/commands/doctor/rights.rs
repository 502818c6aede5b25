//! What the ServiceAccounts of an install may read, as the API server says (SubjectAccessReview).

use super::{
    finding::{Area, Finding},
    install::Install,
    line::shell,
    list::list,
    service::Service,
};
use crate::{
    kinds::{Sources, mesh},
    table::{Reads, Within, row},
};
use catalog::Offered;
use cluster::{Access, Cluster, Error};
use events::{Function, Object};
use futures::{StreamExt, stream};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

const AREA: Area = Area::Cluster;

/// How many questions are asked in parallel.
const AT_ONCE: usize = 8;

/// How many namespaces are asked for.
const NAMESPACES: usize = 20;

const READ: &[&str] = &["get", "list"];
const WATCH: &[&str] = &["get", "list", "watch"];

/// Whose rights.
pub(super) struct Whose<'a> {
    pub(super) install: &'a Install,
    /// The Services that run functions; `None`: they could not be listed.
    pub(super) services: Option<&'a [Service]>,
}

/// A right that a ServiceAccount needs.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Need {
    account: String,
    access: Access,
    by: By,
}

/// What grants a right.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum By {
    /// deploy/.
    Install,
    /// `callboard sources`.
    Sources,
}

/// What is needed of a kind.
struct Kind<'a> {
    group: &'a str,
    plural: &'a str,
    verbs: &'a [&'a str],
    namespaces: Vec<Option<String>>,
    name: Option<&'a str>,
    by: By,
}

/// Asks for each right. If this command may not ask, that is one finding.
pub(super) async fn examine(
    cluster: &Cluster,
    whose: &Whose<'_>,
    offers: &[Offered],
    sources: Option<&Sources>,
) -> Vec<Finding> {
    let mut found = Vec::new();
    let needs = needs(cluster, whose, (offers, sources), &mut found).await;
    let answers = stream::iter(needs).map(|need| async {
        let may = cluster.may(&need.account, &need.access).await;
        (need, may)
    });
    let answers: Vec<_> = answers.buffered(AT_ONCE).collect().await;
    let namespaces = whose.install.namespaces.len();
    if namespaces > NAMESPACES {
        let why = format!("asked for in the first {NAMESPACES} of {namespaces} namespaces");
        found.push(AREA.unknown("rights in namespaces", why));
    }
    found.extend(findings(whose.install, &answers));
    found
}

fn findings(install: &Install, answers: &[(Need, Result<bool, Error>)]) -> Vec<Finding> {
    let unknown = answers.iter().find_map(|(_, may)| may.as_ref().err());
    let mut found: Vec<_> = unknown.map(|error| AREA.unknown("rights", error.to_string())).into_iter().collect();
    let accounts: BTreeSet<_> = answers.iter().map(|(need, _)| &need.account).collect();
    for account in accounts {
        let of: Vec<_> = answers.iter().filter(|(need, _)| need.account == *account).collect();
        let denied: Vec<_> = of.iter().filter(|(_, may)| *may == Ok(false)).map(|(need, _)| need).collect();
        if denied.is_empty() && unknown.is_none() {
            let kinds: BTreeSet<_> = of.iter().map(|(need, _)| resource(&need.access)).collect();
            found.push(AREA.ok(format!("rights of {account}"), format!("may read all of its {} kinds", kinds.len())));
        }
        found.extend(lacks(install, account, &denied));
    }
    found
}

/// One finding for all kinds that lack the same verbs in the same place.
fn lacks(install: &Install, account: &str, denied: &[&Need]) -> Vec<Finding> {
    let mut verbs: BTreeMap<(Place, String), BTreeSet<&str>> = BTreeMap::new();
    for need in denied {
        verbs.entry((Place::of(need), resource(&need.access))).or_default().insert(&need.access.verb);
    }
    let mut kinds: BTreeMap<(Place, String), Vec<String>> = BTreeMap::new();
    for ((place, kind), verbs) in verbs {
        kinds.entry((place, verbs.into_iter().collect::<Vec<_>>().join(","))).or_default().push(kind);
    }
    let lack = |((place, verbs), kinds): ((Place, String), Vec<String>)| {
        let within = place.namespace.map(|it| format!(" in {it}")).unwrap_or_default();
        let why = format!("may not {verbs} {}{within}", kinds.join(", "));
        let fix = match place.by {
            By::Sources => install.sources(),
            By::Install => grant(install, account, (&verbs, &kinds), &place),
        };
        AREA.wrong(format!("rights of {account}"), why, fix)
    };
    kinds.into_iter().map(lack).collect()
}

/// Where a right is missing, and what grants it.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Place<'a> {
    by: By,
    namespace: Option<&'a str>,
    name: Option<&'a str>,
}

impl<'a> Place<'a> {
    fn of(need: &'a Need) -> Self {
        let Need { access, by, .. } = need;
        Self { by: *by, namespace: access.namespace.as_deref(), name: access.name.as_deref() }
    }
}

/// The commands that grant it.
fn grant(install: &Install, account: &str, (verbs, kinds): (&str, &[String]), place: &Place<'_>) -> String {
    let plural = kinds.first().and_then(|kind| kind.split('.').next()).unwrap_or_default();
    let named = place.name.map(|name| format!("-{name}")).unwrap_or_default();
    // No two installs share it, as in deploy/.
    let whose = account.trim_start_matches("callboard-");
    let role = shell(&format!("{}-{whose}-{plural}{named}", install.namespace));
    let (kubectl, kind) = match place.namespace {
        Some(namespace) => (install.within_of(namespace, "create"), "role"),
        None => (format!("{} create", install.kubectl()), "clusterrole"),
    };
    let apply = format!("--dry-run=client -o yaml | {} apply -f -", install.kubectl());
    let name = place.name.map(|name| format!(" --resource-name={}", shell(name))).unwrap_or_default();
    let kinds = shell(&kinds.join(","));
    let to = shell(&format!("{}:{account}", install.namespace));
    format!(
        "{kubectl} {kind} {role} --verb={verbs} --resource={kinds}{name} {apply}\n\
         {kubectl} {kind}binding {role} --{kind}={role} --serviceaccount={to} {apply}"
    )
}

/// `plural.group`.
fn resource(access: &Access) -> String {
    format!("{}.{}", access.resource, access.group).trim_end_matches('.').to_owned()
}

impl<'a> Kind<'a> {
    /// A kind of deploy/, in all namespaces.
    fn new(group: &'a str, plural: &'a str, verbs: &'a [&'a str]) -> Self {
        Self { group, plural, verbs, namespaces: vec![None], name: None, by: By::Install }
    }

    fn needed_by(&self, account: &str) -> Vec<Need> {
        let each = self.namespaces.iter().flat_map(|namespace| self.verbs.iter().map(move |verb| (namespace, verb)));
        each.map(|(namespace, verb)| {
            let [verb, group, resource] = [*verb, self.group, self.plural].map(str::to_owned);
            let access =
                Access { verb, group, resource, namespace: namespace.clone(), name: self.name.map(str::to_owned) };
            Need { account: account.to_owned(), access, by: self.by }
        })
        .collect()
    }
}

/// The rights that are needed, as far as they can be known. The rest is a finding.
async fn needs(
    cluster: &Cluster,
    whose: &Whose<'_>,
    (offers, sources): (&[Offered], Option<&Sources>),
    found: &mut Vec<Finding>,
) -> BTreeSet<Need> {
    let meshed = of_mesh(cluster, sources, found).await;
    let mut needs = BTreeSet::new();
    for function in Function::ALL {
        for account in whose.accounts(function) {
            needs.extend(whose.kinds(function, offers).iter().flat_map(|kind| kind.needed_by(&account)));
            if row(function).reads.contains(&Reads::Mesh) {
                let kinds = meshed.iter().map(|kind| Kind::new(kind.group(), kind.plural(), READ));
                needs.extend(kinds.flat_map(|kind| kind.needed_by(&account)));
            }
        }
    }
    // If they cannot be listed, the check of the sources reports it.
    let sources = list(cluster, cluster.namespace(), ("sources.knative.dev", "ApiServerSource")).await;
    for source in &sources.unwrap_or_default() {
        needs.extend(of_source(cluster, source, found).await);
    }
    needs
}

impl Whose<'_> {
    fn accounts(&self, function: Function) -> Vec<String> {
        let Some(services) = self.services else { return vec![format!("callboard-{function}")] };
        services.iter().filter(|it| it.serves(function)).map(|it| it.account.clone()).collect()
    }

    /// The kinds that a function reads, except those of the mesh.
    fn kinds<'a>(&'a self, function: Function, offers: &'a [Offered]) -> Vec<Kind<'a>> {
        row(function).reads.iter().flat_map(|reads| self.kinds_of(*reads, offers)).collect()
    }

    fn kinds_of<'a>(&'a self, reads: Reads, offers: &'a [Offered]) -> Vec<Kind<'a>> {
        match reads {
            Reads::Kind(group, plural, within) => vec![match within {
                Within::Cluster => Kind::new(group, plural, READ),
                Within::Namespaces => Kind { namespaces: self.scopes(), ..Kind::new(group, plural, &["get"]) },
                Within::Install => {
                    let own = vec![Some(self.install.namespace.clone())];
                    Kind { namespaces: own, ..Kind::new(group, plural, READ) }
                }
                Within::Name(name) => Kind { name: Some(name), ..Kind::new(group, plural, &["get"]) },
            }],
            Reads::Requests => {
                let offered = |offer: &'a Offered| {
                    let namespaces = if offer.namespaced { self.scopes() } else { vec![None] };
                    Kind { namespaces, by: By::Sources, ..Kind::new(&offer.group, &offer.plural, READ) }
                };
                offers.iter().map(offered).collect()
            }
            Reads::Mesh => Vec::new(),
        }
    }

    /// The chosen namespaces, one by one, or all together.
    fn scopes(&self) -> Vec<Option<String>> {
        let namespaces = &self.install.namespaces;
        match namespaces.is_empty() {
            true => vec![None],
            false => namespaces.iter().take(NAMESPACES).cloned().map(Some).collect(),
        }
    }
}

/// The kinds of the mesh that are installed.
async fn of_mesh(cluster: &Cluster, sources: Option<&Sources>, found: &mut Vec<Finding>) -> Vec<cluster::Kind> {
    let labelled = mesh::labelled(cluster).await.unwrap_or_else(|error| {
        found.push(AREA.unknown("rights for channels and sources", error.to_string()));
        Vec::new()
    });
    let mut installed = Vec::new();
    for named in mesh::all(&labelled, std::iter::empty(), sources).into_keys() {
        installed.extend(kind(cluster, &named.group, &named.kind, found).await);
    }
    installed
}

/// The kind, if it is installed and served.
async fn kind(cluster: &Cluster, group: &str, kind: &str, found: &mut Vec<Finding>) -> Option<cluster::Kind> {
    cluster.kind(group, kind).await.unwrap_or_else(|error| {
        let unknown = AREA.unknown(format!("rights for {kind}"), error.to_string());
        if !found.contains(&unknown) {
            found.push(unknown);
        }
        None
    })
}

/// What the account of an ApiServerSource must be allowed to watch.
async fn of_source(cluster: &Cluster, source: &Object, found: &mut Vec<Finding>) -> Vec<Need> {
    let is_of_base = source.label("app.kubernetes.io/part-of") == Some("callboard");
    let by = if is_of_base { By::Install } else { By::Sources };
    let account = source.text("/spec/serviceAccountName").unwrap_or("default");
    let mut needs = Vec::new();
    for resource in source.at("/spec/resources").and_then(Value::as_array).into_iter().flatten() {
        let text = |field: &str| resource[field].as_str().unwrap_or_default();
        let group = text("apiVersion").split_once('/').map_or("", |(group, _)| group);
        // The source also skips a kind that is not installed.
        let Some(kind) = kind(cluster, group, text("kind"), found).await else { continue };
        let namespaces = if kind.is_namespaced() { watched(source) } else { vec![None] };
        needs.extend(Kind { namespaces, by, ..Kind::new(group, kind.plural(), WATCH) }.needed_by(account));
    }
    needs
}

/// The namespaces of a source, as its status has them. An empty selector selects all.
fn watched(source: &Object) -> Vec<Option<String>> {
    let selector = source.at("/spec/namespaceSelector").and_then(Value::as_object);
    if selector.is_some_and(serde_json::Map::is_empty) {
        return vec![None];
    }
    let named =
        source.at("/status/namespaces").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
    let named: Vec<_> = named.take(NAMESPACES).map(|it| Some(it.to_owned()).filter(|it| !it.is_empty())).collect();
    let own = || vec![source.reference().namespace().map(str::to_owned)];
    if named.is_empty() { own() } else { named }
}
