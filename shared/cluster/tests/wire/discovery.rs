//! Which kinds there are.

use crate::api::{Answer, Asked, app, cluster, discovery, page, stored};
use cluster::{Cluster, Error, Kind};
use serde_json::{Value, json};
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use tokio::time::advance;

const FRESH: Duration = Duration::from_secs(5);
const CRDS: &str = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";

/// A cluster whose group appears, or disappears, at the switch.
fn switched(is_there: bool) -> (Cluster, Asked, Arc<AtomicBool>) {
    let switch = Arc::new(AtomicBool::new(is_there));
    let state = switch.clone();
    let (cluster, asked) = cluster(move |path| match path {
        _ if path.starts_with(CRDS) => page(&[], ""),
        _ if !state.load(Ordering::SeqCst) => Answer::no_path(),
        _ => discovery(path).unwrap_or_else(|| page(&["todoer"], "")),
    });
    (cluster, asked, switch)
}

/// A cluster that serves nothing and has these definitions, each of a name and a kind.
fn defining(definitions: &'static [(&str, &str)]) -> (Cluster, Asked) {
    cluster(move |path| match path.strip_prefix(CRDS) {
        None => Answer::no_path(),
        Some(rest) if rest.starts_with('?') => {
            let items: Vec<Value> = definitions.iter().map(|(name, _)| json!({"metadata": {"name": name}})).collect();
            json!({"metadata": {"resourceVersion": "42"}, "items": items}).into()
        }
        Some(name) => {
            let (name, kind) = definitions.iter().find(|(it, _)| *it == &name[1..]).unwrap();
            json!({"metadata": {"name": name}, "spec": {"names": {"kind": kind}}}).into()
        }
    })
}

#[tokio::test]
async fn a_kind_is_found_in_any_case_and_in_the_preferred_version() {
    let (cluster, asked) = cluster(|path| discovery(path).unwrap_or_else(Answer::no_path));
    for name in ["App", "app", "APP"] {
        let kind = cluster.kind("example.org", name).await.unwrap().unwrap();
        assert_eq!((kind.version(), kind.kind(), kind.plural(), kind.is_namespaced()), ("v1", "App", "apps", true));
    }
    let service = cluster.kind("", "service").await.unwrap().unwrap();
    assert_eq!((service.api_version().as_str(), service.plural()), ("v1", "services"));
    assert_eq!(asked.take().len(), 4, "each group is asked for once");
}

#[tokio::test]
async fn a_plural_is_read_not_guessed() {
    let (cluster, _) = cluster(|path| discovery(path).unwrap_or_else(Answer::no_path));
    let kind = cluster.kind("example.org", "jenkins").await.unwrap().unwrap();
    assert_eq!((kind.version(), kind.plural(), kind.is_namespaced()), ("v1beta1", "jenkins", false));
}

#[tokio::test(start_paused = true)]
async fn a_flood_of_unknown_kinds_asks_once_in_a_while() {
    let (cluster, asked) = cluster(|path| discovery(path).unwrap_or_else(Answer::no_path));
    for n in 0..100 {
        assert_eq!(cluster.kind("example.org", &format!("kind{n}")).await, Ok(None));
    }
    assert_eq!(asked.take().len(), 3);
    advance(FRESH).await;
    assert_eq!(cluster.kind("example.org", "kind0").await, Ok(None));
    assert_eq!(asked.take().len(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_kind_that_comes_later_is_found() {
    let (cluster, _, switch) = switched(false);
    assert_eq!(cluster.kind("example.org", "app").await, Ok(None));
    switch.store(true, Ordering::SeqCst);
    advance(FRESH).await;
    assert!(cluster.kind("example.org", "app").await.unwrap().is_some());
}

#[tokio::test(start_paused = true)]
async fn a_kind_that_is_deleted_later_is_unserved() {
    let (cluster, _, switch) = switched(true);
    let kind = cluster.kind("example.org", "app").await.unwrap().unwrap();
    switch.store(false, Ordering::SeqCst);
    advance(FRESH).await;
    assert!(matches!(cluster.page(&kind, None, None).await, Err(Error::Unserved { .. })));
    assert_eq!(cluster.kind("example.org", "app").await, Ok(None));
}

#[tokio::test(start_paused = true)]
async fn an_object_is_read_from_where_its_kind_is_now() {
    let moved = Arc::new(AtomicBool::new(false));
    let state = moved.clone();
    let (cluster, _) = cluster(move |path| match (state.load(Ordering::SeqCst), path) {
        (true, "/apis/example.org") => json!({"versions": [{"version": "v2"}]}).into(),
        (true, "/apis/example.org/v2") => {
            let app = json!({"name": "apps", "kind": "App", "namespaced": true, "verbs": ["get"]});
            json!({"resources": [app]}).into()
        }
        (true, "/apis/example.org/v2/namespaces/shop/apps/todoer") => stored("todoer").into(),
        (true, _) => Answer::no_path(),
        (false, _) => discovery(path).unwrap_or_else(|| stored("todoer").into()),
    });
    assert_eq!(cluster.get(&app("todoer")).await.unwrap().unwrap().reference().version(), "v1");
    moved.store(true, Ordering::SeqCst);
    advance(FRESH).await;
    assert_eq!(cluster.get(&app("todoer")).await.unwrap().unwrap().reference().version(), "v2");
}

#[tokio::test]
async fn a_group_is_asked_for_once_at_a_time() {
    let (cluster, asked) =
        cluster(|path| discovery(path).unwrap_or_else(|| stored("todoer").into()).after(Duration::from_millis(5)));
    let app = app("todoer");
    let all = futures::future::join_all((0..20).map(|_| cluster.get(&app))).await;
    assert!(all.iter().all(Result::is_ok));
    assert_eq!(asked.take().iter().filter(|path| discovery(path).is_some()).count(), 3);
}

#[tokio::test]
async fn a_missing_group_is_deleted_only_where_definitions_say_so() {
    let (none, _) = defining(&[("apps.other.org", "App")]);
    assert_eq!(none.kind("example.org", "app").await, Ok(None));
    let (defined, _) = defining(&[("apps.example.org", "App")]);
    assert!(matches!(defined.kind("example.org", "app").await, Err(Error::Unserved { .. })));
    let (forbidden, _) =
        cluster(|path| if path.starts_with(CRDS) { Answer::refusal(403, "no") } else { Answer::no_path() });
    assert!(matches!(forbidden.kind("example.org", "app").await, Err(Error::Forbidden { .. })));
}

#[tokio::test]
async fn a_group_that_does_not_answer_is_not_one_that_has_no_kinds() {
    let (cluster, _) = cluster(|path| match path {
        "/apis/example.org/v1beta1" => Answer::refusal(503, "the aggregated API is away"),
        path => discovery(path).unwrap_or_else(Answer::no_path),
    });
    let error = cluster.kind("example.org", "jenkins").await.unwrap_err();
    assert!(error.to_string().starts_with("failed to discover the kinds of example.org: "), "{error}");
}

#[tokio::test]
async fn a_definition_is_found_by_group_and_kind() {
    let (cluster, asked) = defining(&[("apps.sub.example.org", "App"), ("jenkins.example.org", "Jenkins")]);
    assert_eq!(cluster.defined("example.org", "jenkins").await, Ok(true));
    assert_eq!(asked.take().len(), 2, "only definitions of the group are read");
    assert_eq!(cluster.defined("example.org", "app").await, Ok(false));
    assert_eq!(cluster.defined("org", "app").await, Ok(false));
}

#[tokio::test]
async fn what_is_well_known_needs_no_discovery() {
    let (cluster, asked) = cluster(|_| page(&[], ""));
    cluster.page(&Kind::api_server_source(), Some(cluster.namespace()), None).await.unwrap();
    assert_eq!(asked.take(), ["/apis/sources.knative.dev/v1/namespaces/callboard/apiserversources?limit=500"]);
}
