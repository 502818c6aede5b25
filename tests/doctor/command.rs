//! The command at a terminal.

use super::*;
use crate::{
    binary::{NEEDED, callboard, told},
    s3::endpoint,
};
use ::bucket::{S3, Versioning};
use axum::{Router, routing::get};
use callboard::dev::endpoint::Endpoint;

/// How the command ends, and what it prints.
async fn run(arguments: &[&str], kubernetes: &Kubernetes, store: &Endpoint) -> (bool, String) {
    told(&[&["doctor"], arguments].concat(), kubernetes, store).await
}

#[tokio::test(flavor = "multi_thread")]
async fn it_exits_with_0_if_nothing_is_wrong_and_with_1_if_something_is() {
    let (kubernetes, store) = (cluster(), endpoint().await);
    let (is_well, told) = run(&[], &kubernetes, &store).await;
    assert!(is_well && told.contains(" 0 wrong, ") && told.contains("unknown  backstage"), "{told}");
    kubernetes.delete(&kubernetes.find("triggers.eventing.knative.dev", "mesh").unwrap());
    let (is_well, told) = run(&[], &kubernetes, &store).await;
    assert!(!is_well && told.contains("wrong    eventing   service mesh"), "{told}");
    assert!(told.contains("\n         kubectl apply -k ."), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn json_has_each_check() {
    let (kubernetes, store) = (cluster(), endpoint().await);
    kubernetes.delete(&kubernetes.find("brokers.eventing.knative.dev", "callboard").unwrap());
    let (is_well, told) = run(&["--output", "json"], &kubernetes, &store).await;
    let told: Value = serde_json::from_str(&told).unwrap();
    let checks = told["checks"].as_array().unwrap();
    let broker = checks.iter().find(|it| it["subject"] == "broker callboard").unwrap();
    let wanted = json!({
        "area": "eventing", "state": "wrong", "subject": "broker callboard",
        "detail": "it does not exist. To name another one, use --broker [NAMESPACE/]NAME",
        "fix": "kubectl apply -k .   # in the folder of your overlay",
    });
    assert_eq!((is_well, broker, &told["wrong"]), (false, &wanted, &json!(1)));
    assert!(checks.iter().any(|it| it["subject"] == "versioning"), "{told:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_cluster_the_bucket_is_checked_nevertheless() {
    let store = endpoint().await;
    let keys = store.credentials();
    let variables = [
        ("AWS_ENDPOINT_URL_S3", store.url()),
        ("AWS_ACCESS_KEY_ID", &keys.access_key),
        ("AWS_SECRET_ACCESS_KEY", &keys.secret_key),
        ("HOME", "/nowhere"),
    ];
    let mut command = callboard(&[&NEEDED[..], &variables[..]].concat());
    command.arg("doctor");
    let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    let told = String::from_utf8(output.stdout).unwrap();
    assert!(!output.status.success() && told.contains("ok       bucket     rights on catalog"), "{told}");
    assert!(told.contains("wrong    cluster    API server") && told.contains("export KUBECONFIG="), "{told}");
}

#[tokio::test]
async fn whether_the_bucket_keeps_versions_is_what_the_store_says() {
    for (answer, wanted) in [
        ("<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>", Versioning::On),
        ("<VersioningConfiguration><Status>Suspended</Status></VersioningConfiguration>", Versioning::Off),
        ("<VersioningConfiguration/>", Versioning::Off),
    ] {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new()
            .route("/catalog/", get(move || async move { answer }))
            .route("/catalog", get(move || async move { answer }));
        tokio::spawn(async { axum::serve(listener, router).await });
        let args = ::bucket::Args {
            bucket: "catalog".into(),
            endpoint: Some(url),
            path_style: None,
            ca_bundle: None,
            unconditional: false,
        };
        assert_eq!(S3::with_credentials(args, "key", "secret").versioning().await, Ok(wanted));
    }
}
