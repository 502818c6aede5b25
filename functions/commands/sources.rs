//! `callboard sources`: the ApiServerSources and RBAC for the kinds of all installed Promises, and for the channels and
//! sources of the event mesh that are not Knative's own. Apply or commit them.

use super::{Broker, terminal::shown};
use crate::{
    args::Namespaces,
    ending::Ending,
    kinds::{mesh, offers},
    progress::Progress,
};
use anyhow::Context as _;
use catalog::Offered;
use cluster::{Cluster, Error};
use events::Function;
use std::{collections::BTreeMap, fmt::Write as _, io::Write as _};

/// What to print.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// Namespace of the install
    #[arg(long, default_value = "callboard", value_name = "NAMESPACE")]
    pub install: String,
    /// Broker of the install. If it is in another namespace: NAMESPACE/NAME
    #[arg(long, default_value = "callboard", value_name = "BROKER")]
    pub broker: Broker,
    /// ServiceAccounts of the functions, for the RoleBindings in chosen namespaces
    #[arg(long, value_delimiter = ',', default_value = "callboard-apps,callboard-resync", value_name = "ACCOUNTS")]
    pub functions: Vec<String>,
    /// Whose objects.
    #[command(flatten)]
    pub namespaces: Namespaces,
    /// The cluster.
    #[command(flatten)]
    pub cluster: cluster::Args,
}

const EXAMPLES: &str = "Examples:
  # Create the sources for all installed Promises
  callboard sources | kubectl apply -f -

  # For two namespaces only
  callboard sources --namespaces shop,team-a > sources.yaml";

/// What needs a source.
struct Found {
    /// What Promises offer; `None` without Kratix.
    offers: Option<Vec<Offered>>,
    /// The channels and sources of which deploy/ watches none.
    meshed: Vec<Offered>,
}

/// Prints them as YAML.
///
/// # Errors
/// If Promises or CustomResourceDefinitions cannot be listed.
pub fn run(args: &Args) -> anyhow::Result<Ending> {
    super::run(async {
        let (cluster, progress) = (Cluster::of_user(&args.cluster).await?, Progress::watched());
        progress.now(format_args!("listing Promises and CustomResourceDefinitions"));
        let found = shown(&progress, found(&cluster)).await?;
        let text = printed(args, &found);
        if text.is_empty() {
            let without = if found.offers.is_some() { "no Promise is installed" } else { "Kratix is not installed" };
            // A terminal that has left reads nothing.
            let _ = writeln!(
                std::io::stderr(),
                "callboard: nothing to print: {without}, and deploy/ watches all channels and sources"
            );
        }
        super::print(&text)?;
        Ok(Ending::Fine)
    })
}

async fn found(cluster: &Cluster) -> anyhow::Result<Found> {
    let offers = match offers(cluster).await {
        Err(Error::Unserved { .. }) => None,
        offers => Some(offers.context("the Promises cannot be listed")?),
    };
    let meshed = mesh::unwatched(cluster).await.context("the kinds of channels and sources cannot be listed")?;
    Ok(Found { offers, meshed })
}

/// One source for each API group, since the extension `callboard`, which says who takes an event, is set per source.
fn printed(args: &Args, found: &Found) -> String {
    let mut documents = Vec::new();
    let namespaces = args.namespaces.chosen();
    // Without Kratix a source of its kinds never becomes ready.
    if !namespaces.is_empty() && found.offers.is_some() {
        documents.push(source(
            args,
            Function::Apps,
            "resource-bindings",
            "Resource",
            &[("platform.kratix.io/v1alpha1", "ResourceBinding")],
        ));
        documents.push(source(args, Function::Apps, "works", "Reference", &[("platform.kratix.io/v1alpha1", "Work")]));
    }
    let offers = found.offers.iter().flatten();
    documents.extend(grouped(offers).iter().flat_map(|(group, offers)| of_group(args, group, offers)));
    documents.extend(grouped(&found.meshed).iter().flat_map(|(group, kinds)| of_mesh(args, group, kinds)));
    documents.extend(namespaces.iter().flat_map(|namespace| bindings(args, namespace)));
    documents.join("---\n")
}

fn grouped<'a>(offers: impl IntoIterator<Item = &'a Offered>) -> BTreeMap<String, Vec<Offered>> {
    let mut groups: BTreeMap<String, Vec<Offered>> = BTreeMap::new();
    for offer in offers {
        groups.entry(offer.group.clone()).or_default().push(offer.clone());
    }
    for offers in groups.values_mut() {
        offers.sort();
        offers.dedup_by(|a, b| a.kind == b.kind);
    }
    groups
}

/// Knative's own aggregated roles let the mesh read them.
fn of_mesh(args: &Args, group: &str, kinds: &[Offered]) -> Vec<String> {
    let name = format!("mesh-{}", group.replace('.', "-"));
    let (guessable, others): (Vec<_>, Vec<_>) = kinds.iter().partition(|kind| kind.is_guessable());
    let mut documents = Vec::new();
    if !guessable.is_empty() {
        let resources: Vec<_> =
            guessable.iter().map(|it| (format!("{group}/{}", it.version), it.kind.clone())).collect();
        let resources: Vec<_> = resources.iter().map(|(version, kind)| (version.as_str(), kind.as_str())).collect();
        documents.push(source(args, Function::Mesh, &name, "Resource", &resources));
        let watched: Vec<_> = guessable.iter().map(|it| it.plural.as_str()).collect();
        documents.push(role(args, "sources", &name, group, (&watched, "get, list, watch")));
    }
    let comments = others.iter().map(|it| {
        format!(
            "# {}: ApiServerSource would guess another plural than {:?}. The periodic resync finds its changes.\n",
            it.kind, it.plural
        )
    });
    documents.extend(comments);
    documents
}

fn of_group(args: &Args, group: &str, offers: &[Offered]) -> Vec<String> {
    let name = group.replace('.', "-");
    let (guessable, others): (Vec<_>, Vec<_>) = offers.iter().partition(|offer| offer.is_guessable());
    let versions: Vec<_> = guessable.iter().map(|it| (format!("{group}/{}", it.version), it.kind.as_str())).collect();
    let resources: Vec<_> = versions.iter().map(|(version, kind)| (version.as_str(), *kind)).collect();
    let mut documents: Vec<_> = (!resources.is_empty())
        .then(|| source(args, Function::Apps, &name, "Resource", &resources))
        .into_iter()
        .collect();
    let all: Vec<_> = offers.iter().map(|it| it.plural.as_str()).collect();
    let mut functions = role(args, "functions", &name, group, (&all, "get, list"));
    for offer in others {
        let _ = writeln!(
            functions,
            "# {}: ApiServerSource would guess another plural than {:?}. The sources works and resource-bindings report its changes, and the periodic resync finds them.",
            offer.kind, offer.plural
        );
    }
    documents.push(functions);
    let watched: Vec<_> = guessable.iter().map(|it| it.plural.as_str()).collect();
    documents
        .extend((!watched.is_empty()).then(|| role(args, "sources", &name, group, (&watched, "get, list, watch"))));
    documents
}

fn source(args: &Args, function: Function, name: &str, mode: &str, resources: &[(&str, &str)]) -> String {
    let Args { install, broker: Broker { namespace: elsewhere, name: broker }, .. } = args;
    let elsewhere = elsewhere.as_ref().map(|it| format!("      namespace: {it}\n")).unwrap_or_default();
    let namespaces = args.namespaces.chosen();
    let selector = match namespaces.is_empty() {
        true => "  namespaceSelector: {}\n".to_owned(),
        false => format!(
            "  namespaceSelector:\n    matchExpressions:\n    - key: kubernetes.io/metadata.name\n      operator: In\n      values: [{}]\n",
            namespaces.join(", ")
        ),
    };
    let resources: String =
        resources.iter().map(|(version, kind)| format!("  - apiVersion: {version}\n    kind: {kind}\n")).collect();
    format!(
        "apiVersion: sources.knative.dev/v1
kind: ApiServerSource
metadata:
  name: {name}
  namespace: {install}
spec:
  serviceAccountName: callboard-sources
  mode: {mode}
{selector}  resources:
{resources}  ceOverrides:
    extensions:
      callboard: {function}
  sink:
    ref:
      apiVersion: eventing.knative.dev/v1
      kind: Broker
      name: {broker}
{elsewhere}"
    )
}

/// A part of one of the aggregated ClusterRoles of deploy/.
fn role(args: &Args, whose: &str, name: &str, group: &str, (plurals, verbs): (&[&str], &str)) -> String {
    let role = of_install(args, whose);
    format!(
        "apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: {role}-{name}
  labels:
    callboard.dev/aggregate-to-{whose}: \"true\"
rules:
- apiGroups: [{group}]
  resources: [{}]
  verbs: [{verbs}]
",
        plurals.join(", ")
    )
}

/// The name of what two installs must not share: the aggregated ClusterRole, and what belongs to it. deploy/ has the same names.
fn of_install(args: &Args, whose: &str) -> String {
    format!("{}-{whose}", args.install)
}

/// What replaces the cluster-wide bindings of deploy/ if namespaces are chosen.
fn bindings(args: &Args, namespace: &str) -> [String; 2] {
    let functions: Vec<_> = args.functions.iter().map(String::as_str).collect();
    [binding(args, "functions", namespace, &functions), binding(args, "sources", namespace, &["callboard-sources"])]
}

fn binding(args: &Args, whose: &str, namespace: &str, accounts: &[&str]) -> String {
    let subjects: String = accounts
        .iter()
        .map(|account| format!("- kind: ServiceAccount\n  name: {account}\n  namespace: {}\n", args.install))
        .collect();
    let role = of_install(args, whose);
    format!(
        "apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata:
  name: {role}
  namespace: {namespace}
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: ClusterRole
  name: {role}
subjects:
{subjects}"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn args(namespaces: &[&str]) -> Args {
        let namespaces = Namespaces { namespaces: namespaces.iter().map(ToString::to_string).collect() };
        let functions = ["callboard-apps", "callboard-resync"].map(str::to_owned).to_vec();
        let (install, broker) = ("callboard".into(), "callboard".parse().unwrap());
        Args { cluster: cluster::Args::default(), namespaces, install, broker, functions }
    }

    fn offered(group: &str, kind: &str, plural: &str) -> Offered {
        let [group, kind, plural] = [group, kind, plural].map(str::to_owned);
        Offered { group, kind, plural, version: "v1".into(), namespaced: true, promise: "app".into() }
    }

    fn all(args: &Args, offers: Vec<Offered>, meshed: Vec<Offered>) -> String {
        printed(args, &Found { offers: Some(offers), meshed })
    }

    #[test]
    fn the_example_of_chosen_namespaces_is_what_is_printed() {
        let example = concat!(env!("CARGO_MANIFEST_DIR"), "/deploy/examples/namespaces/sources/sources.yaml");
        let example = std::fs::read_to_string(example).unwrap();
        let app = offered("marketplace.kratix.io", "app", "apps");
        assert_eq!(all(&args(&["shop", "team-a"]), vec![app], vec![]), example);
    }

    #[test]
    fn a_plural_that_cannot_be_guessed_gets_rights_and_no_source() {
        let offers = vec![offered("example.org", "Redis", "redis"), offered("example.org", "Queue", "queues")];
        let text = all(&args(&[]), offers, vec![]);
        assert!(text.contains("resources: [queues, redis]\n  verbs: [get, list]\n"), "{text}");
        assert!(text.contains("resources: [queues]\n  verbs: [get, list, watch]\n"), "{text}");
        assert!(text.contains("kind: Queue\n") && !text.contains("kind: Redis\n"), "{text}");
        assert!(text.contains("# Redis: ApiServerSource would guess another plural than \"redis\""), "{text}");
        assert_eq!(text.matches("kind: ApiServerSource").count(), 1, "{text}");
    }

    #[test]
    fn a_group_of_which_nothing_can_be_guessed_has_no_source() {
        let text = all(&args(&[]), vec![offered("example.org", "Redis", "redis")], vec![]);
        assert!(!text.contains("ApiServerSource\n") && text.contains("callboard-functions-example-org"), "{text}");
        assert_eq!(all(&args(&[]), vec![], vec![]), "");
    }

    #[test]
    fn a_source_of_the_mesh_is_marked_for_it_and_knatives_roles_let_it_read() {
        let kinds =
            vec![offered("sources.example.org", "FooSource", "foosources"), offered("example.org", "Redis", "redis")];
        let text = all(&args(&[]), vec![], kinds);
        assert!(text.contains("name: mesh-sources-example-org\n") && text.contains("callboard: mesh\n"), "{text}");
        assert!(text.contains("callboard-sources-mesh-sources-example-org\n"), "{text}");
        assert!(!text.contains("aggregate-to-functions") && text.contains("# Redis: "), "{text}");
    }

    #[test]
    fn without_kratix_no_source_waits_for_its_kinds() {
        let meshed = || vec![offered("sources.example.org", "FooSource", "foosources")];
        let alone = printed(&args(&["shop"]), &Found { offers: None, meshed: meshed() });
        assert!(!alone.contains("kratix") && alone.contains("kind: FooSource\n"), "{alone}");
        let kratix = printed(&args(&["shop"]), &Found { offers: Some(vec![]), meshed: meshed() });
        assert!(kratix.contains("kind: ResourceBinding\n"), "{kratix}");
        assert_eq!(printed(&args(&[]), &Found { offers: None, meshed: vec![] }), "");
    }

    #[test]
    fn a_broker_of_another_namespace_is_named_with_it() {
        let other = Args { broker: "shop/default".parse().unwrap(), ..args(&[]) };
        let text = all(&other, vec![offered("example.org", "Queue", "queues")], vec![]);
        assert!(text.contains("      kind: Broker\n      name: default\n      namespace: shop\n"), "{text}");
    }

    #[test]
    fn two_installs_share_no_role_and_no_binding() {
        let other = Args { install: "other".into(), ..args(&["shop"]) };
        let text = all(&other, vec![offered("example.org", "Queue", "queues")], vec![]);
        for name in ["other-functions-example-org", "other-functions", "other-sources"] {
            assert!(text.contains(&format!("name: {name}\n")), "{name}: {text}");
        }
        let shared = ["callboard-functions", "callboard-sources-", "name: callboard-sources\n  namespace: shop"];
        assert!(!shared.iter().any(|it| text.contains(it)) && text.contains("namespace: other\n"), "{text}");
    }
}
