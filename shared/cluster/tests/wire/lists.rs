//! Pages.

use crate::api::{Answer, app, cluster, discovery, page, stored};
use bytes::Bytes;
use cluster::{Cluster, Error, Kind, Page};
use serde_json::json;
use std::io;

const APPS: &str = "/apis/example.org/v1/apps?limit=500";

async fn app_kind(cluster: &Cluster) -> Kind {
    cluster.kind("example.org", "app").await.unwrap().unwrap()
}

async fn first_page(answer: impl Fn() -> Answer + Send + Sync + 'static) -> Result<Page, Error> {
    let (cluster, _) = cluster(move |path| discovery(path).unwrap_or_else(&answer));
    cluster.page(&app_kind(&cluster).await, None, None).await
}

#[tokio::test]
async fn a_list_is_read_page_by_page() {
    let (cluster, asked) = cluster(|path| match path {
        APPS => page(&["a", "b"], "x/1=="),
        "/apis/example.org/v1/apps?limit=500&continue=x%2F1%3D%3D" => page(&["c"], "x2"),
        "/apis/example.org/v1/apps?limit=500&continue=x2" => page(&["d"], ""),
        path => discovery(path).unwrap_or_else(Answer::no_path),
    });
    let kind = app_kind(&cluster).await;
    asked.take();
    let (mut names, mut from) = (Vec::new(), None);
    loop {
        let page = cluster.page(&kind, None, from.as_deref()).await.unwrap();
        names.extend(page.valid().map(|object| object.reference().clone()));
        assert_eq!(page.resource_version, "42");
        from = page.next;
        if from.is_none() {
            break;
        }
    }
    assert_eq!(names, ["a", "b", "c", "d"].map(app), "items without a kind have that of the list");
    assert_eq!(asked.take().len(), 3);
}

#[tokio::test]
async fn a_list_of_one_namespace_asks_for_no_other() {
    let (cluster, asked) = cluster(|path| discovery(path).unwrap_or_else(|| page(&[], "")));
    cluster.page(&app_kind(&cluster).await, Some("shop"), None).await.unwrap();
    assert_eq!(asked.take().last().unwrap(), "/apis/example.org/v1/namespaces/shop/apps?limit=500");
    cluster.page(&Kind::promise(), Some("shop"), None).await.unwrap();
    assert_eq!(asked.take(), ["/apis/platform.kratix.io/v1alpha1/promises?limit=500"]);
}

#[tokio::test]
async fn definitions_are_asked_for_by_their_label_a_few_at_a_time() {
    let (cluster, asked) = cluster(|_| page(&["foos.example.org"], "x"));
    let page = cluster.definitions("duck.knative.dev/source", None).await.unwrap();
    assert_eq!(page.valid().next().unwrap().reference().kind(), "CustomResourceDefinition");
    cluster.definitions("duck.knative.dev/source", page.next.as_deref()).await.unwrap();
    let first = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions?labelSelector=duck.knative.dev%2Fsource%3Dtrue&limit=50";
    assert_eq!(asked.take(), [first.to_owned(), format!("{first}&continue=x")]);
}

#[tokio::test]
async fn a_forbidden_list_says_who_may_not_do_what() {
    let said = r#"apps.example.org is forbidden: User "x" cannot list resource "apps""#;
    let error = first_page(move || Answer::refusal(403, said)).await.unwrap_err();
    assert!(matches!(error, Error::Forbidden { .. }));
    assert!(error.to_string().contains(said) && error.to_string().contains("RBAC"), "{error}");
}

#[tokio::test]
async fn an_expired_continuation_and_a_server_error_are_distinguished() {
    let expired = first_page(|| Answer::refusal(410, "too old")).await.unwrap_err();
    assert_eq!(expired, Error::Expired { what: "list apps.example.org".into() });
    let failed = first_page(|| Answer::refusal(500, "etcd is away")).await.unwrap_err();
    let expected = "failed to list apps.example.org: the API server answered 500 Internal Server Error: etcd is away";
    assert_eq!(failed.to_string(), expected);
    let unauthorized = first_page(|| Answer::refusal(401, "Unauthorized")).await.unwrap_err();
    assert!(unauthorized.to_string().contains("not accepted"), "{unauthorized}");
}

#[tokio::test]
async fn half_a_page_is_no_page() {
    let whole = json!({"metadata": {"resourceVersion": "42"}, "items": [stored("a"), stored("b")]}).to_string();
    let half = whole[..whole.len() - 20].to_owned();
    let ended = first_page(move || Answer::text(half.clone())).await.unwrap_err();
    assert!(ended.to_string().contains("not a valid list"), "{ended}");
    let broken = first_page(move || {
        let reset = io::Error::new(io::ErrorKind::ConnectionReset, "connection reset");
        Answer::pieces([Ok(Bytes::from(whole.clone())), Err(reset)].into_iter())
    });
    let broken = broken.await.unwrap_err();
    assert!(broken.to_string().contains("the answer broke off: ") && broken.to_string().contains("reset"), "{broken}");
}

/// How many objects a path asks for.
fn limit(path: &str) -> usize {
    path.split_once("limit=").unwrap().1.split('&').next().unwrap().parse().unwrap()
}

#[tokio::test]
async fn a_page_that_is_too_long_is_asked_for_again_with_fewer_objects() {
    let filler = "x".repeat(60 << 10);
    let (cluster, asked) = cluster(move |path| {
        discovery(path).unwrap_or_else(|| {
            let large = |n: usize| {
                let mut object = stored(&format!("a{n}"));
                object["spec"] = json!({"filler": filler});
                object
            };
            let items: Vec<_> = (0..limit(path)).map(large).collect();
            json!({"metadata": {"resourceVersion": "42", "continue": "x"}, "items": items}).into()
        })
    });
    let kind = app_kind(&cluster).await;
    asked.take();
    assert_eq!(cluster.page(&kind, None, Some("y")).await.unwrap().len(), 31);
    let limits: Vec<_> = asked.take().iter().map(|path| limit(path)).collect();
    assert_eq!(limits, [500, 125, 31]);
    // The next page is not tried in vain.
    assert_eq!(cluster.page(&kind, None, Some("x")).await.unwrap().len(), 34, "half of what fits");
    assert_eq!(asked.take().len(), 1);
}

#[tokio::test]
async fn one_object_that_is_too_long_fails_its_list() {
    let endless = || {
        let piece = Bytes::from(vec![b' '; 1 << 20]);
        Answer::pieces(std::iter::repeat_with(move || Ok(piece.clone())))
    };
    let (cluster, asked) = cluster(move |path| discovery(path).unwrap_or_else(endless));
    let kind = app_kind(&cluster).await;
    asked.take();
    let error = cluster.page(&kind, None, None).await.unwrap_err().to_string();
    assert_eq!(error, "failed to list apps.example.org: the answer is longer than 4194304 bytes");
    assert_eq!(asked.take().len(), 5);
}

#[tokio::test]
async fn what_is_no_object_does_not_fail_its_page() {
    let items = json!([stored("a"), {"metadata": {"name": "b%2f"}}]);
    let answer = json!({"metadata": {"resourceVersion": "42"}, "items": items});
    let page = first_page(move || answer.clone().into()).await.unwrap();
    assert_eq!(*page.valid().next().unwrap().reference(), app("a"));
    assert_eq!(page.objects().find_map(Result::err).unwrap().name, "b%2f");
}
