//! What is wrong with the cluster.

use super::*;
use crate::kubernetes::Fault;
use ::bucket::Condition;

const SOURCES: &str = "callboard sources | kubectl apply -f -";

#[tokio::test]
async fn a_bucket_of_another_cluster_is_taken_over_by_its_uid() {
    let world = World::new();
    let settings = settings();
    let bucket = Bucket::new(world.store.clone(), settings.layout, Honours::Conditions);
    bucket.put_state("cluster.json", br#"{"uid":"another"}"#.to_vec(), Condition::Always).await.unwrap();
    let uid = world.kubernetes.cluster().uid().await.unwrap();
    let (told, mend) = world.ill().await;
    assert!(told.starts_with("whose bucket: of another cluster"), "{told}");
    assert_eq!(mend, format!("callboard resync --accept-cluster {uid}"));
}

#[tokio::test]
async fn a_right_that_is_missing_is_granted_by_a_line() {
    for (right, told, mend) in [
        (
            "callboard-mesh list triggers.eventing.knative.dev",
            "rights of callboard-mesh: may not list triggers.eventing.knative.dev",
            "kubectl create clusterrole callboard-mesh-triggers --verb=list --resource=triggers.eventing.knative.dev && \
             kubectl create clusterrolebinding callboard-mesh-triggers --clusterrole=callboard-mesh-triggers --serviceaccount=callboard:callboard-mesh",
        ),
        (
            "callboard-resync get namespaces named kube-system",
            "rights of callboard-resync: may not get namespaces",
            "kubectl create clusterrole callboard-resync-namespaces --verb=get --resource=namespaces --resource-name=kube-system && \
             kubectl create clusterrolebinding callboard-resync-namespaces --clusterrole=callboard-resync-namespaces --serviceaccount=callboard:callboard-resync",
        ),
        (
            "callboard-resync list apiserversources.sources.knative.dev in callboard",
            "rights of callboard-resync: may not list apiserversources.sources.knative.dev in callboard",
            "kubectl -n callboard create role callboard-resync-apiserversources --verb=list --resource=apiserversources.sources.knative.dev && \
             kubectl -n callboard create rolebinding callboard-resync-apiserversources --role=callboard-resync-apiserversources --serviceaccount=callboard:callboard-resync",
        ),
        (
            "callboard-sources watch services.serving.knative.dev",
            "rights of callboard-sources: may not watch services.serving.knative.dev",
            "kubectl create clusterrole callboard-sources-services --verb=watch --resource=services.serving.knative.dev && \
             kubectl create clusterrolebinding callboard-sources-services --clusterrole=callboard-sources-services --serviceaccount=callboard:callboard-sources",
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
        assert_eq!(world.ill().await, (told.to_owned(), mend.to_owned()));
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
    assert_eq!(world.ill().await.0, format!("rights of callboard-resync: may not get,list {kinds}"));
}

#[tokio::test]
async fn where_namespaces_are_chosen_rights_in_each_are_needed() {
    let world = World { namespaces: vec!["shop".into(), "team-a".into()], ..World::new() };
    world.kubernetes.deny("callboard-apps get apps.workshop.kratix.io in team-a");
    let told = "rights of callboard-apps: may not get apps.workshop.kratix.io in team-a";
    assert_eq!(world.ill().await, (told.to_owned(), SOURCES.to_owned()));
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

#[tokio::test]
async fn a_kind_of_which_no_source_tells_gets_one() {
    let world = World::new();
    world.lose("apiserversources.sources.knative.dev", "workshop-kratix-io");
    let (told, mend) = world.ill().await;
    assert!(told.starts_with("kind app.workshop.kratix.io: no ApiServerSource names it"), "{told}");
    assert_eq!(mend, SOURCES);
}

#[tokio::test]
async fn a_source_of_others_of_which_no_source_tells_gets_one() {
    let world = World::new();
    let label = "duck.knative.dev/source";
    world.kubernetes.apply(labelled("sources.example.org", ("FooSource", "foosources"), label));
    let (told, mend) = world.ill().await;
    assert!(told.starts_with("kind foosource.sources.example.org: no ApiServerSource names it"), "{told}");
    assert_eq!(mend, SOURCES);
    world.kubernetes.apply(ready(source("mesh-foo", "mesh", ("sources.example.org/v1", "FooSource"))));
    assert!(world.found().await.iter().all(|it| it.state != State::Wrong));
}

#[tokio::test]
async fn an_irregular_plural_is_told_of_by_its_works() {
    let world = World::new();
    let jenkins = definition("example.org", ("Jenkins", "jenkins"), &["v1"], "Namespaced");
    world.kubernetes.install(promise("jenkins", jenkins));
    assert!(world.found().await.iter().all(|it| it.state != State::Wrong));
    world.lose("apiserversources.sources.knative.dev", "works");
    world.lose("apiserversources.sources.knative.dev", "resource-bindings");
    let (told, mend) = world.ill().await;
    assert!(told.starts_with("kind jenkins.example.org: ApiServerSource cannot guess"), "{told}");
    assert!(mend.starts_with("kubectl apply -k ."), "{mend}");
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
