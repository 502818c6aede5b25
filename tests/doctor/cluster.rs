//! What is wrong with the cluster.

use super::*;
use crate::{deploy::manifests, kubernetes::Fault};
use std::collections::BTreeSet;

const SOURCES: &str = "callboard sources | kubectl apply -f -";

#[tokio::test]
async fn a_bucket_of_another_cluster_is_taken_over_by_its_uid() {
    let world = World::new();
    let settings = settings();
    let bucket = Bucket::new(world.store.clone(), settings.layout, Honours::Conditions);
    bucket.put_state("cluster.json", br#"{"uid":"another"}"#.to_vec(), Condition::Always).await.unwrap();
    let uid = world.kubernetes.cluster().uid().await.unwrap();
    let (finding, fix) = world.one_wrong().await;
    assert!(finding.starts_with("whose bucket: another cluster filled it"), "{finding}");
    assert_eq!(fix, format!("callboard resync --accept-cluster {uid}"));
}

#[tokio::test]
async fn a_right_that_is_missing_is_granted_by_a_line() {
    for (right, finding, fix) in [
        (
            "callboard-mesh list triggers.eventing.knative.dev",
            "rights of callboard-mesh: may not list triggers.eventing.knative.dev",
            "kubectl create clusterrole callboard-mesh-triggers --verb=list --resource=triggers.eventing.knative.dev --dry-run=client -o yaml | kubectl apply -f -\n\
             kubectl create clusterrolebinding callboard-mesh-triggers --clusterrole=callboard-mesh-triggers --serviceaccount=callboard:callboard-mesh --dry-run=client -o yaml | kubectl apply -f -",
        ),
        (
            "callboard-resync get namespaces named kube-system",
            "rights of callboard-resync: may not get namespaces",
            "kubectl create clusterrole callboard-resync-namespaces-kube-system --verb=get --resource=namespaces --resource-name=kube-system --dry-run=client -o yaml | kubectl apply -f -\n\
             kubectl create clusterrolebinding callboard-resync-namespaces-kube-system --clusterrole=callboard-resync-namespaces-kube-system --serviceaccount=callboard:callboard-resync --dry-run=client -o yaml | kubectl apply -f -",
        ),
        (
            "callboard-resync list apiserversources.sources.knative.dev in callboard",
            "rights of callboard-resync: may not list apiserversources.sources.knative.dev in callboard",
            "kubectl -n callboard create role callboard-resync-apiserversources --verb=list --resource=apiserversources.sources.knative.dev --dry-run=client -o yaml | kubectl apply -f -\n\
             kubectl -n callboard create rolebinding callboard-resync-apiserversources --role=callboard-resync-apiserversources --serviceaccount=callboard:callboard-resync --dry-run=client -o yaml | kubectl apply -f -",
        ),
        (
            "callboard-sources watch services.serving.knative.dev",
            "rights of callboard-sources: may not watch services.serving.knative.dev",
            "kubectl create clusterrole callboard-sources-services --verb=watch --resource=services.serving.knative.dev --dry-run=client -o yaml | kubectl apply -f -\n\
             kubectl create clusterrolebinding callboard-sources-services --clusterrole=callboard-sources-services --serviceaccount=callboard:callboard-sources --dry-run=client -o yaml | kubectl apply -f -",
        ),
        (
            "callboard-apps list apps.workshop.kratix.io",
            "rights of callboard-apps: may not list apps.workshop.kratix.io",
            SOURCES,
        ),
        (
            "callboard-sources watch apps.workshop.kratix.io",
            "rights of callboard-sources: may not watch apps.workshop.kratix.io",
            SOURCES,
        ),
    ] {
        let world = World::new();
        world.kubernetes.deny(right);
        assert_eq!(world.one_wrong().await, (finding.to_owned(), fix.to_owned()));
    }
}

#[tokio::test]
async fn kinds_that_lack_the_same_verbs_are_one_finding() {
    let world = World::new();
    for kind in ["promises.platform", "customresourcedefinitions"] {
        world.kubernetes.deny(&format!("callboard-resync get {kind}"));
        world.kubernetes.deny(&format!("callboard-resync list {kind}"));
    }
    let kinds = "customresourcedefinitions.apiextensions.k8s.io, promises.platform.kratix.io";
    assert_eq!(world.one_wrong().await.0, format!("rights of callboard-resync: may not get,list {kinds}"));
}

#[tokio::test]
async fn where_namespaces_are_chosen_rights_in_each_are_needed() {
    let mut world = World::new();
    world.install.namespaces = vec!["shop".into(), "team-a".into()];
    world.kubernetes.deny("callboard-apps get apps.workshop.kratix.io in team-a");
    let finding = "rights of callboard-apps: may not get apps.workshop.kratix.io in team-a";
    let sources = "callboard sources --namespaces shop,team-a | kubectl apply -f -";
    assert_eq!(world.one_wrong().await, (finding.to_owned(), sources.to_owned()));
}

#[tokio::test]
async fn so_many_namespaces_are_asked_for_and_no_more() {
    let mut world = World::new();
    world.install.namespaces = (0..30).map(|n| format!("team-{n:02}")).collect();
    let found = world.found().await;
    let finding = found.iter().find(|it| it.subject == "rights in namespaces").unwrap();
    assert_eq!(
        (finding.state, finding.detail.as_str()),
        (State::Unknown, "asked for in the first 20 of 30 namespaces")
    );
    assert!(!world.kubernetes.requests().iter().any(|it| it.starts_with("may ") && it.ends_with("team-20")));
}

#[tokio::test]
async fn a_line_names_the_cluster_the_broker_and_the_accounts_that_doctor_was_given() {
    let mut world = World::new();
    world.install.cluster = "--context it".into();
    world.install.namespaces = vec!["shop".into()];
    world.change("services.serving.knative.dev", "apps", |it| {
        it["spec"]["template"]["spec"]["serviceAccountName"] = "others".into();
    });
    world.kubernetes.deny("callboard-resync list promises");
    world.lose("apiserversources.sources.knative.dev", "workshop-kratix-io");
    let found = world.found().await;
    let fixes: Vec<_> = found.iter().filter_map(|it| it.fix.as_deref()).collect();
    let sources = "callboard sources --context it --namespaces shop --functions callboard-resync,others | kubectl --context it apply -f -";
    assert!(fixes.contains(&sources), "{fixes:#?}");
    assert!(fixes.iter().all(|it| it.matches("kubectl").count() == it.matches("kubectl --context it").count()));
}

#[tokio::test]
async fn a_kind_whose_group_is_not_served_loses_only_its_own_rows() {
    let world = World::new();
    world.kubernetes.break_off("discover flows.knative.dev", Fault::Status(500), usize::MAX);
    let found = world.found().await;
    assert!(found.iter().any(|it| it.subject == "rights for sequence" && it.state == State::Unknown), "{found:#?}");
    assert!(found.iter().any(|it| it.subject == "rights of callboard-mesh" && it.state == State::Ok), "{found:#?}");
}

#[tokio::test]
async fn a_bucket_that_no_cluster_has_filled_is_unknown() {
    let found = World { store: Faulty::default(), ..World::new() }.found().await;
    let finding = found.iter().find(|it| it.subject == "whose bucket").unwrap();
    assert_eq!((finding.state, finding.fix.as_deref()), (State::Unknown, Some("callboard resync")));
}

/// What doctor takes a function to need is what deploy/ grants, and the other way round.
#[tokio::test]
async fn the_table_of_rights_is_that_of_deploy() {
    let world = World::new();
    world.found().await;
    let asked: BTreeSet<_> = world.kubernetes.requests().into_iter().filter(|it| it.starts_with("may ")).collect();
    let granted = granted();
    let ours = |it: &&String| !it.contains("apps.workshop.kratix.io");
    let ungranted: Vec<_> = asked.iter().filter(ours).filter(|it| !granted.contains(*it)).collect();
    assert!(asked.len() > 50 && ungranted.is_empty(), "{ungranted:#?}");
    // Of the mesh and the sources those are asked for that are installed.
    let of_functions =
        |it: &&String| ["apps", "promises", "resync"].iter().any(|f| it.starts_with(&format!("may callboard-{f} ")));
    let unasked: Vec<_> = granted.iter().filter(of_functions).filter(|it| !asked.contains(*it)).collect();
    assert!(unasked.is_empty(), "{unasked:#?}");
}

/// The rights of deploy/base, as the fake has questions.
fn granted() -> BTreeSet<String> {
    let objects = manifests::of("base");
    let is_of = |role: &Value, reference: &Value| {
        let label = reference["name"].as_str().unwrap().replace("callboard-", "callboard.dev/aggregate-to-");
        let is_it = role["kind"] == reference["kind"] && role["metadata"]["name"] == reference["name"];
        is_it || role["metadata"]["labels"][&label] == "true"
    };
    let mut granted = BTreeSet::new();
    for binding in objects.iter().filter(|it| it["kind"].as_str().unwrap().ends_with("RoleBinding")) {
        let within = if binding["kind"] == "RoleBinding" { " in callboard" } else { "" };
        for rule in objects.iter().filter(|it| is_of(it, &binding["roleRef"])).flat_map(|it| rows(&it["rules"])) {
            let named = rule["resourceNames"][0].as_str().map(|it| format!(" named {it}")).unwrap_or_default();
            for (subject, verb) in rows(&binding["subjects"])
                .into_iter()
                .flat_map(|it| rows(&rule["verbs"]).into_iter().map(move |verb| (it.clone(), verb)))
            {
                for resource in rows(&rule["resources"]) {
                    let [account, verb, resource, group] =
                        [&subject["name"], &verb, &resource, &rule["apiGroups"][0]].map(|it| it.as_str().unwrap());
                    let kind = format!("{resource}.{group}");
                    granted.insert(format!("may {account} {verb} {}{within}{named}", kind.trim_end_matches('.')));
                }
            }
        }
    }
    granted
}

fn rows(value: &Value) -> Vec<Value> {
    value.as_array().cloned().unwrap_or_default()
}

#[tokio::test]
async fn rights_that_may_not_be_asked_for_are_unknown() {
    let world = World::new();
    world.kubernetes.break_off("may ", Fault::Status(403), usize::MAX);
    let found = world.found().await;
    let unknown: Vec<_> = found.iter().filter(|it| it.state == State::Unknown).collect();
    assert!(matches!(unknown[..], [Finding { subject, .. }] if subject == "rights"), "{unknown:#?}");
    assert!(found.iter().all(|it| it.state != State::Wrong && !it.subject.starts_with("rights of")), "{found:#?}");
}

/// A second install by kustomize's `namespace:` alone has the names of the first one.
#[tokio::test]
async fn an_install_that_takes_over_the_bindings_of_another_one_is_named() {
    let world = World::new();
    let component = "components: [../../components/namespace]   # the last one in the overlay of the install in";
    for name in ["callboard-mesh", "callboard-promises"] {
        world.change("clusterrolebindings.rbac.authorization.k8s.io", name, |it| {
            for subject in it["subjects"].as_array_mut().unwrap() {
                subject["namespace"] = "other".into();
            }
        });
    }
    let (finding, fix) = world.one_wrong().await;
    let taken = "an install in other has taken over callboard-mesh, callboard-promises";
    assert_eq!(finding, format!("clusterrolebindings: {taken}"));
    assert_eq!(fix, format!("{component} other\nkubectl apply -k .   # in the folder of your overlay"));
}

#[tokio::test]
async fn bindings_that_another_install_could_take_over_are_named() {
    let mut world = World::new();
    world.install.namespace = "callboard-two".into();
    let named = |name: &str, namespace: &str| {
        json!({
            "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding",
            "metadata": {"name": name, "labels": {"app.kubernetes.io/part-of": "callboard"}},
            "subjects": [{"kind": "ServiceAccount", "name": "callboard-mesh", "namespace": namespace}],
        })
    };
    let found = async |world: &World| {
        let found = world.found().await;
        found.into_iter().find(|it| it.subject == "clusterrolebindings").unwrap()
    };
    world.kubernetes.apply(named("callboard-two-mesh", "callboard-two"));
    assert_eq!(found(&world).await.state, State::Ok);
    // Each doctor knows its own from those of an install whose namespace begins the same.
    world.install.namespace = "callboard".into();
    assert_eq!(found(&world).await.state, State::Ok);
    world.install.namespace = "other".into();
    world.kubernetes.apply(named("callboard-mesh", "other"));
    let finding = found(&world).await;
    assert_eq!(finding.detail, "not named after other, so another install can take them over: callboard-mesh");
    assert!(finding.state == State::Wrong && finding.fix.unwrap().ends_with("of the install in other"));
}

#[tokio::test]
async fn a_right_that_doctor_grants_is_named_after_its_install() {
    let mut world = World::new();
    world.install.namespace = "other".into();
    world.kubernetes.deny("callboard-mesh list triggers");
    let found = world.found().await;
    let fix = found.iter().find(|it| it.subject == "rights of callboard-mesh").and_then(|it| it.fix.as_deref());
    assert!(fix.unwrap().starts_with("kubectl create clusterrole other-mesh-triggers "), "{fix:?}");
}

#[tokio::test]
async fn a_kind_that_no_source_reports_gets_one() {
    let world = World::new();
    world.lose("apiserversources.sources.knative.dev", "workshop-kratix-io");
    let (finding, fix) = world.one_wrong().await;
    assert!(finding.starts_with("kind app.workshop.kratix.io: no ApiServerSource names it"), "{finding}");
    assert_eq!(fix, SOURCES);
}

#[tokio::test]
async fn a_third_party_source_is_found_by_the_periodic_resync() {
    let world = World::new();
    let label = "duck.knative.dev/source";
    world.kubernetes.apply(labelled("sources.knative.dev", ("IntegrationSource", "integrationsources"), label));
    let found = world.found().await;
    let finding = found.iter().find(|it| it.subject == "kind integrationsource.sources.knative.dev").unwrap();
    assert_eq!(finding.detail, format!("found by the periodic resync. For immediate updates: {SOURCES}"));
    assert!(found.iter().all(|it| it.state == State::Ok), "{found:#?}");
}

#[tokio::test]
async fn works_report_a_kind_with_an_irregular_plural() {
    let world = World::new();
    let jenkins = definition("example.org", ("Jenkins", "jenkins"), &["v1"], "Namespaced");
    world.kubernetes.install(promise("jenkins", jenkins));
    assert!(world.found().await.iter().all(|it| it.state != State::Wrong));
    world.lose("apiserversources.sources.knative.dev", "works");
    world.lose("apiserversources.sources.knative.dev", "resource-bindings");
    let (finding, fix) = world.one_wrong().await;
    assert!(finding.starts_with("kind jenkins.example.org: ApiServerSource cannot guess"), "{finding}");
    assert!(fix.starts_with("kubectl apply -k ."), "{fix}");
}

#[tokio::test]
async fn an_api_server_that_does_not_answer_ends_only_what_asks_it() {
    let world = World::new();
    world.kubernetes.break_off("get namespaces kube-system", Fault::Status(500), usize::MAX);
    let found = world.found().await;
    let wrong: Vec<_> = found.iter().filter(|it| it.state == State::Wrong).map(|it| it.subject.as_str()).collect();
    assert_eq!(wrong, ["API server"]);
    assert!(found.iter().any(|it| it.subject == "locations"), "{found:#?}");
}

#[tokio::test(start_paused = true)]
async fn a_kind_that_hangs_is_named() {
    let world = World::new();
    world.kubernetes.break_off(
        "list apps.workshop.kratix.io",
        Fault::Slow(std::time::Duration::from_secs(3600)),
        usize::MAX,
    );
    let (finding, fix) = world.one_wrong().await;
    assert!(finding.starts_with("answer for app.workshop.kratix.io: the API server did not answer"), "{finding}");
    assert!(fix.starts_with("kubectl get app.workshop.kratix.io "), "{fix}");
}

/// Which no Promise offers. Its conversion webhook may hang in the version that the source names alone.
#[tokio::test]
async fn a_kind_that_only_a_source_names_and_that_hangs_is_named() {
    let world = World::new();
    world.kubernetes.apply(definition("slow.example.org", ("Slow", "slows"), &["v1"], "Namespaced"));
    world.kubernetes.apply(json!({
        "apiVersion": "sources.knative.dev/v1",
        "kind": "ApiServerSource",
        "metadata": {"name": "slow", "namespace": "callboard"},
        "spec": {
            "resources": [{"apiVersion": "slow.example.org/v1", "kind": "Slow"}],
            "ceOverrides": {"extensions": {"callboard": "apps"}},
        },
        "status": {"conditions": [{"type": "Ready", "status": "True"}]},
    }));
    world.kubernetes.break_off("list slows", Fault::Slow(std::time::Duration::from_secs(3600)), usize::MAX);
    let found = world.found().await;
    let named = "answer for slow.slow.example.org";
    assert!(found.iter().any(|it| format!("{it:?}").contains(named)), "{found:?}");
}
